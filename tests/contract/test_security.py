"""docs/security/asvs.yml: every promise has tests that exist, or a reason."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TABLE: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docs" / "security" / "asvs.yml").read_text())
ROWS = {str(name): row for part in ("requirements", "threats") for name, row in TABLE[part].items()}


def existing_tests() -> set[str]:
    """The names of all tests that there are."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found.add(node.name)
    return found


@pytest.mark.parametrize("name", ROWS)
def test_a_promise_has_tests_that_exist_or_a_reason(name: str) -> None:
    row = ROWS[name]

    assert row.keys() <= {"about", "tests", "reason", "deviates"}, "a row says what it is about and how it is held"
    assert row["about"]
    assert bool(row.get("tests")) != bool(row.get("reason")), "either tests, or a reason why there are none"
    assert set(row.get("tests", ())) - EXISTING == set(), "these tests are gone: name those that took their place"


EXISTING = existing_tests()
