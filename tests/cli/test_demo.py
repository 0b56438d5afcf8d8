"""The demo of `make run`, without a terminal: every step, twice, and nothing left running."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "demo.py"


def run_demo(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(home)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


@pytest.mark.timeout(400)
def test_the_demo_plays_and_a_second_run_finds_everything_there(tmp_path: Path) -> None:
    home = tmp_path / "demo"

    first = run_demo(home)
    second = run_demo(home)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "signed up" in first.stdout
    assert "uploaded 3\n" in first.stdout
    assert "signed up" not in second.stdout
    assert "uploaded 0, 3 there already\n" in second.stdout
    for ran in (first, second):
        assert len(re.findall(r"^position ", ran.stdout, re.MULTILINE)) >= 2
    assert (home / "password").stat().st_mode & 0o077 == 0
    assert not (home / "server.pid").exists()


def test_a_server_that_an_earlier_run_left_is_named(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    command = [sys.executable, "-m", "tonearm_cli", "serve", "--port", "0", "--data", str(home / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as left:
        assert left.stdout is not None
        while not left.stdout.readline().startswith("listening"):
            assert left.poll() is None
        (home / "server.pid").write_text(str(left.pid))

        ran = run_demo(home)
        left.terminate()

    assert ran.returncode == 1
    assert f"kill {left.pid}" in ran.stderr
