"""The steps of the Dockerfile, where no container engine runs: in an empty folder they make a server that works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.support import clean_environment, start_server

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def build_context(folder: Path) -> None:
    """What `.dockerignore` lets through, and nothing else."""
    for name in re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE):
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy)


def build_steps(*, target: Path) -> list[str]:
    """The RUN lines of the build stage, for another folder and this Python."""
    build_stage = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[0]
    steps = re.findall(r"^RUN ((?:.*\\\n)*.*)$", build_stage, re.MULTILINE)
    here = [step.replace("\\\n", " ").replace("/opt/tonearm", str(target)) for step in steps]
    return [re.sub(r"^python ", f"{sys.executable} ", step) for step in here]


def test_the_image_holds_a_server_that_answers_and_nothing_that_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "src", tmp_path / "tonearm"
    build_context(source)

    for step in build_steps(target=target):
        ran = subprocess.run(
            ["sh", "-euc", step], cwd=source, capture_output=True, text=True, check=False, env=clean_environment()
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    shutil.rmtree(source)

    monkeypatch.setattr("tests.support.TONEARM", str(target / "bin" / "tonearm"))
    server = start_server(tmp_path / "data")
    try:
        ready = httpx.get(f"{server.url}/readyz", timeout=60)
        pages = [httpx.get(f"{server.url}{path}", timeout=60).status_code for path in ("/login", "/api/docs")]
    finally:
        stopped = server.stop()
    assert (ready.status_code, pages, stopped) == (200, [200, 200], 0)
    assert [name for name in ("pip", "hatchling", "pytest", "ruff") if (target / "bin" / name).exists()] == []
