"""The papers name what the program has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonearm_server.config import Config

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(Config.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    page = (DOCS / "configure.md").read_text()
    description = Config.model_fields[name].description

    assert f"| `TONEARM_{name.upper()}` | `{name}` |" in page
    assert description is not None
    assert description in page
