"""What the pages tell people to type works as it stands there, but for the address, the password and the music."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.audio import make_audio
from tests.support import OWNER_PASSWORD, RunningServer, clean_environment

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8337"

RUN_BY_OTHERS = {
    "tonearm serve": "every test that asks for a server",
    "tonearm": "tests/tui, on a terminal",
}
"""Lines of README.md that do not come back, and what runs them."""


def lines(page: str, heading: str) -> list[str]:
    """The commands of the first shell block below a heading, without what is said beside them."""
    block = page.partition(f"## {heading}\n")[2].partition("```sh\n")[2].partition("```")[0]
    return [re.sub(r"\s{2,}#.*", "", line) for line in block.splitlines() if line]


USE_IT = lines(README, "Use it")


def test_the_readme_shows_every_way_in() -> None:
    words = " ".join(USE_IT)

    assert [way for way in ("serve", "login", "upload", "search", "curl") if way not in words] == []


async def test_what_the_readme_says_works_in_that_order(server: RunningServer, owner: Client, tmp_path: Path) -> None:
    """In one shell folder, in the owner's name, against a running server."""
    (tmp_path / "Music").mkdir()
    make_audio(tmp_path / "Music" / "first.mp3", format=AudioFormat.MP3, seconds=1.0)
    make_audio(tmp_path / "song.flac", format=AudioFormat.FLAC, seconds=1.0, frequency_hz=500)
    (tmp_path / "password").write_text(OWNER_PASSWORD + "\n")

    said = {}
    for line in USE_IT:
        if line not in RUN_BY_OTHERS:
            said[line] = _run_in_shell(line, server=server, home=tmp_path)

    searched = next(output for line, output in said.items() if line.endswith("--json"))
    sent = next(output for line, output in said.items() if line.startswith("curl"))
    assert json.loads(searched)["v"] == 1
    assert json.loads(sent)["format"] == "flac"


def _run_in_shell(line: str, *, server: RunningServer, home: Path) -> str:
    """A login for scripts reads the password from stdin, where a person would be asked."""
    typed = line.replace(ADDRESS, server.url).replace("you@example.org", "ada@example.test")
    if " login " in typed:
        typed += " --password-stdin <password"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"HOME": str(home), "PATH": path, "TONEARM_CONFIG_DIR": str(home / "config")}
    ran = subprocess.run(
        ["sh", "-euc", typed],
        cwd=home,
        env=clean_environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ran.returncode == 0, f"README.md says `{line}`: {ran.stdout}{ran.stderr}"
    return ran.stdout


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/install.md", "docs/deploy.md"])
def test_every_make_target_that_is_named_exists(page: str) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)\b", " ".join(_code((ROOT / page).read_text(encoding="utf-8")))))

    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named - targets == set()


def _code(page: str) -> list[str]:
    """Shell blocks, without what is said beside them, and what stands between backticks."""
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [re.sub(r"#.*", "", block) for block in blocks] + re.findall(r"`([^`\n]+)`", page)


def test_the_settings_file_of_the_page_is_taken(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configure.md").read_text(encoding="utf-8")
    file = tmp_path / "tonearm.toml"
    file.write_text(page.partition("```toml\n")[2].partition("```")[0])

    checked = _tonearm("server", "config", "check", TONEARM_CONFIG=str(file))

    assert checked.returncode == 0, checked.stderr
    assert "public_url = https://music.example.org" in checked.stdout


def test_the_service_unit_starts_a_server_with_settings_that_exist() -> None:
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    unit = page.partition("```ini\n")[2].partition("```")[0]
    settings = dict(re.findall(r"^Environment=(TONEARM_\w+)=(.+)$", unit, re.MULTILINE))

    checked = _tonearm("server", "config", "check", **settings)

    assert "bin/tonearm serve\n" in unit
    assert settings
    assert checked.returncode == 0, checked.stderr


def _tonearm(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("tonearm")), *arguments]
    return subprocess.run(
        command, env=clean_environment(**settings), capture_output=True, text=True, check=False, timeout=60
    )
