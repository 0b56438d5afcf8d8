"""docs/cli.md names what the command line has, and its documents have the shape that it promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.console import tonearm

from tonearm_cli import problems
from tonearm_cli.files import AUDIO_SUFFIXES
from tonearm_cli.parts import EXTRAS, OWN, find_command

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


@pytest.mark.parametrize("name", OWN)
def test_every_option_is_documented(name: str) -> None:
    command = find_command(name)

    assert command is not None
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    options = {option for parameter in shown for option in parameter.opts if option.startswith("--")} - {"--wait"}
    assert {option for option in options if f"`{option}" not in PAGE and f" {option}" not in PAGE} == set()


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
