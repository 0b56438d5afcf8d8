"""docs/tui.md says what the key table says."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tonearm_api.keymap import ACTIONS

PAGE = Path(__file__).parents[2] / "docs" / "tui.md"


def key_table() -> str:
    """The keys as Markdown, one table a group."""
    tables = []
    for group, actions in groupby(ACTIONS, key=lambda action: action.group):
        rows = [f"| `{action.shown}` | {action.title} | `{action.id}` |" for action in actions]
        tables.append("\n".join([f"### {group}", "", "| key | does | id |", "|---|---|---|", *rows]))
    return "\n\n".join(tables)


def test_the_page_shows_the_key_table_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert key_table() in page
