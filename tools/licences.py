"""Write the tables of docs/licences.md from what the locked packages say of themselves: `python tools/licences.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
MARK = "<!-- tools/licences.py writes below -->"

IDENTIFIERS = {
    "apache software license": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only",
    "gplv2+ or lgplv2.1+": "GPL-2.0-or-later OR LGPL-2.1-or-later",
    "isc license": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
}
"""The words of package metadata from before SPDX identifiers, in lower case."""

UNSTATED = {"axe-playwright-python": "MIT (axe-core inside: MPL-2.0)", "trove-classifiers": "Apache-2.0"}
"""Packages whose metadata says nothing usable; read from their files."""


def page() -> str:
    """The page as it should be: its own words, then a table for each lock file."""
    words, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    run = set(_packages("run.txt"))
    only_dev = set(_packages("dev.txt")) - run
    tables = [("## To run Tonearm", run), ("## To develop it, besides", only_dev)]
    return words + MARK + "\n" + "".join(f"\n{title}\n\n{_table(names)}" for title, names in tables)


def _packages(lock: str) -> Iterator[str]:
    """Names in a lock file that this system installs; the others (Windows) cannot be asked here."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    for line in re.findall(r"^[a-z0-9][^\\\n]*", text, re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement.name


def _table(names: set[str]) -> str:
    rows = "".join(f"| {name} | {licence(name)} |\n" for name in sorted(names))
    return "| package | licence |\n|---|---|\n" + rows


def licence(package: str) -> str:
    """The licence of an installed package, as an SPDX expression where its metadata allows."""
    about = metadata.metadata(package)
    classifiers = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier", []) if line.startswith("License")]
    stated = [*about.get_all("License-Expression", []), *about.get_all("License", []), *classifiers[-1:]]
    words = next((text for text in stated if text and "\n" not in text), "")
    return UNSTATED.get(package) or IDENTIFIERS.get(words.lower()) or words or "not stated"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
