"""docs/cli.md names what the command line has, and its documents have the shape that it promises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.console import tonearm

from tonearm_api.sending.files import AUDIO_SUFFIXES
from tonearm_cli import problems
from tonearm_cli.parts import EXTRAS, OWN, AnyCommand, find_command

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()

CODES = [
    problems.OK,
    problems.FAILED,
    problems.USAGE,
    problems.NOT_FOUND,
    problems.LOGIN_NEEDED,
    problems.TEMPORARY,
    problems.PARTIAL,
    problems.CONFLICT,
    problems.LIMIT,
    problems.INTERRUPTED,
]


@pytest.mark.parametrize("name", [*OWN, *EXTRAS])
def test_every_command_is_documented(name: str) -> None:
    assert re.search(rf"`tonearm {name}\b|^\$ tonearm {name}\b", PAGE, re.MULTILINE)


def commands(name: str, command: AnyCommand) -> Iterator[tuple[str, AnyCommand]]:
    """A command, or every one below it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for word, sub in below.items():
        yield from commands(f"{name} {word}", sub)


def everything() -> dict[str, AnyCommand]:
    """Every command that can be typed, by its words."""
    found: dict[str, AnyCommand] = {}
    for name in (*OWN, *EXTRAS):
        command = find_command(name)
        assert command is not None, f"{name} is not installed"
        found |= dict(commands(name, command))
    return found


def options(command: AnyCommand) -> set[str]:
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    both = {option for parameter in shown for option in (*parameter.opts, *parameter.secondary_opts)}
    return {option for option in both if option.startswith("--")} - {"--wait"}


@pytest.mark.parametrize("name", sorted(everything()))
def test_every_option_is_documented(name: str) -> None:
    missing = {option for option in options(everything()[name]) if not re.search(rf"[` ]{option}\b", PAGE)}

    assert missing == set(), f"docs/cli.md has to say what these options of `tonearm {name}` do"
    assert f"tonearm {name}" in PAGE, f"docs/cli.md has to name `tonearm {name}`"


def test_no_option_is_documented_that_does_not_exist() -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE))

    known = {option for command in everything().values() for option in options(command)}
    assert named - known == {"--version", "--install-completion", "--help"}, "correct docs/cli.md"


@pytest.mark.parametrize("code", CODES)
def test_every_exit_code_is_documented(code: int) -> None:
    assert f"\n| {code} | " in PAGE


@pytest.mark.parametrize("suffix", sorted(AUDIO_SUFFIXES))
def test_every_suffix_that_a_folder_is_searched_for_is_documented(suffix: str) -> None:
    assert f"`{suffix}`" in PAGE


async def test_the_error_document_is_the_one_on_the_page() -> None:
    ran = await tonearm("ls", "--json", "--server", "https://music.example.org")

    shown = PAGE.partition("```json\n")[2].partition("```")[0]
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", ran.stderr)


@pytest.mark.parametrize("name", ["keys", "doctor", "logout"])
async def test_documents_have_the_fields_on_the_page(name: str) -> None:
    ran = await tonearm(name, "--json")

    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    assert set(re.findall(r'"(\w+)":', row.split("[")[0])) <= set(ran.document)
    assert isinstance(ran.document["v"], int)
