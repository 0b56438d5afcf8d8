"""The papers name what the program has, and nothing that it does not have. A failure says what to write where."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tonearm_api.errors import TonearmError, all_errors
from tonearm_server.config import Config, secret_fields
from tonearm_server.kit import decoding

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PACKAGES = ("api/tonearm_api", "server/tonearm_server", "cli/tonearm_cli", "tui/tonearm_tui")

CLIENT_SETTINGS = {"TONEARM_SERVER", "TONEARM_PROFILE", "TONEARM_TOKEN_FILE", "TONEARM_CONFIG_DIR"}
FILE_SETTING = "TONEARM_CONFIG"


@pytest.mark.parametrize("name", sorted(Config.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    page = (DOCS / "configure.md").read_text()
    description = Config.model_fields[name].description

    assert description is not None, f"{name} needs a Field(description=…)"
    row = f"| `TONEARM_{name.upper()}` | `{name}` | DEFAULT | {description} |"
    assert row.split(" DEFAULT ", maxsplit=1)[0] in page, f"docs/configure.md needs the row: {row}"
    assert description in page, f"docs/configure.md describes {name} in other words than: {description}"


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_no_page_names_a_setting_that_does_not_exist(page: Path) -> None:
    named = set(re.findall(r"\bTONEARM_[A-Z_]+\b", page.read_text()))

    known = {f"TONEARM_{name.upper()}" for name in Config.model_fields} | CLIENT_SETTINGS | {FILE_SETTING}
    known |= {f"TONEARM_{name.upper()}_FILE" for name in secret_fields()}
    assert named - known == set(), f"there are no such settings; correct docs/{page.name}"


def problem_rows() -> set[str]:
    """What docs/errors.md says of each error that travels: code, status, title."""
    return {f"| `{kind.code}` | {kind.status} | {kind.title} |" for kind in all_errors() if kind is not TonearmError}


def test_every_error_is_documented_as_it_is_and_no_other() -> None:
    section = _section("Problems")
    written = {line.strip() for line in section if line.startswith("| `")}

    missing, stale = sorted(problem_rows() - written), sorted(written - problem_rows())
    assert (missing, stale) == ([], []), "docs/errors.md, “Problems”: add the missing rows, remove the stale ones"


def test_every_code_of_a_faulty_field_is_documented_and_no_other() -> None:
    missing, stale = _compare(_documented("Faulty fields"), set(_fault_codes()))

    assert (missing, stale) == ([], []), "docs/errors.md, “Faulty fields”: add the missing codes, remove the stale ones"


def test_every_error_of_the_programs_is_documented_and_no_other() -> None:
    missing, stale = _compare(_documented("Errors of the programs themselves"), set(_own_codes()))

    assert (missing, stale) == ([], []), "docs/errors.md, last table: add the missing codes, remove the stale ones"


def _section(title: str) -> list[str]:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    return page.partition(f"## {title}\n")[2].partition("\n## ")[0].splitlines()


def _documented(title: str) -> set[str]:
    return {match[1] for line in _section(title) if (match := re.match(r"\| `(\w+)` \|", line))}


def _compare(written: set[str], real: set[str]) -> tuple[list[str], list[str]]:
    assert written, "the table is gone"
    return sorted(real - written), sorted(written - real)


def _modules() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def _fault_codes() -> Iterator[str]:
    """Codes in `Fault(code="…")`, in the decoder's own calls, and those that it reads from messages."""
    yield from decoding._CODES.values()
    for _, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from _code_of_fault(node)


def _code_of_fault(call: ast.Call) -> Iterator[str]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name == "Fault":
        given = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    elif name == "_fault" and len(call.args) == 3:
        given = [call.args[1]]
    else:
        given = []
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def _own_codes() -> Iterator[str]:
    """Classes with a `code` outside the tree that travels."""
    for path, tree in _modules():
        if path.name == "errors.py" and path.parent.name == "tonearm_api":
            continue
        for kind in ast.walk(tree):
            if isinstance(kind, ast.ClassDef):
                yield from _code_attribute(kind)


def _code_attribute(kind: ast.ClassDef) -> Iterator[str]:
    for line in kind.body:
        match line:
            case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                yield code


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_linked_from_the_readme_or_from_one_that_is() -> None:
    found: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page.suffix != ".md" or page in found:
            continue
        found.add(page)
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        waiting += [page.parent / link for link in links if (page.parent / link).is_file()]

    assert [page.name for page in sorted(DOCS.glob("*.md")) if page.resolve() not in found] == []
