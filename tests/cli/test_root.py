"""The root command: help, names, parts that are not installed, and one way out for every error."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.cli.console import on_terminal, tonearm

from tonearm_api import __version__
from tonearm_cli.parts import EXTRAS, OWN

WITHOUT = "import sys; sys.modules[{module!r}] = None; sys.argv[0] = 'tonearm'; from tonearm_cli.main import run; run()"
"""Runs the command line where `module` cannot be imported, as when its extra is not installed."""


def run_without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", WITHOUT.format(module=module), *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)


async def test_without_a_terminal_nothing_to_do_is_help_on_stderr() -> None:
    ran = await tonearm()

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Usage: tonearm")


async def test_version_is_one_line() -> None:
    ran = await tonearm("--version")

    assert (0, f"tonearm {__version__}\n", "") == (ran.code, ran.stdout, ran.stderr)


async def test_help_names_every_command() -> None:
    ran = await tonearm("--help")

    named = {line.split()[0] for line in ran.stdout.splitlines() if line.startswith("  ")}
    assert {*OWN, *EXTRAS} <= named


async def test_a_misspelt_command_gets_a_guess() -> None:
    ran = await tonearm("serch", "x")

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == "tonearm: There is no command serch\n  try: tonearm search\n"


async def test_an_unknown_command_that_is_like_none_proposes_the_help() -> None:
    ran = await tonearm("foo")

    assert (ran.code, ran.stderr) == (2, "tonearm: There is no command foo\n  try: tonearm --help\n")


async def test_an_unknown_option_is_exit_2_and_names_the_help() -> None:
    ran = await tonearm("ls", "--colour")

    assert ran.code == 2
    assert "No such option: --colour" in ran.stderr
    assert ran.stderr.endswith("try: tonearm ls --help\n")


async def test_errors_are_a_document_with_json() -> None:
    ran = await tonearm("ls", "--limit", "0", "--json")

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.error["code"] == "usage"
    assert ran.error["retryable"] is False


async def test_a_group_without_a_command_is_exit_2() -> None:
    ran = await tonearm("auth")

    assert (ran.code, ran.stdout) == (2, "")
    assert "tonearm auth --help" in ran.stderr


@pytest.mark.parametrize(("name", "module", "extra"), [("serve", "aiohttp", "server"), ("tui", "textual", "tui")])
def test_a_part_that_is_not_installed_says_how_to_install_it(name: str, module: str, extra: str) -> None:
    done = run_without(module, name)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"pip install 'tonearm[{extra}]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_marks_a_part_that_is_not_installed() -> None:
    done = run_without("textual", "--help")

    assert "  tui       (not installed) pip install 'tonearm[tui]'\n" in done.stdout


def test_a_client_command_needs_no_part() -> None:
    done = run_without("aiohttp", "keys")

    assert done.returncode == 0


def test_a_reader_that_goes_away_is_no_crash() -> None:
    program = f"{sys.executable} -m tonearm_cli keys | head -n 1"

    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


async def test_keys_are_grouped_on_a_terminal() -> None:
    code, lines = await on_terminal("keys")

    assert code == 0
    assert lines[0] == "Playing"
    assert any(line.split() == ["space", "Play", "or", "pause"] for line in lines)
