"""docs/licences.md against what is installed."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_licence_page_lists_what_the_lock_files_install() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "licences.py"))

    expected = tool["page"]()

    assert expected == (ROOT / "docs" / "licences.md").read_text(encoding="utf-8"), "run tools/licences.py"
    assert "not stated" not in expected
