"""Makes tag text fit to store: one line, NFC, no control characters, bounded; mends Cyrillic read as Western."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MOST_CHARACTERS: Final = 500
MOST_ENTRIES: Final = 50

_DROPPED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Cn"})
_UNSEEN_CATEGORIES: Final = frozenset({"Cf", "Zs"})
_MISREAD_CYRILLIC = re.compile("[\u00c0-\u00ff\u00a8\u00b8]{3}")  # no Western word has three accented letters in a row
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)|(?<!\d)(\d{4})(?=\d{4}(?!\d))")
_NUMBER = re.compile(r"\s*(\d{1,6})")


def clean(raw: str) -> str:
    """`raw` as one bounded line; empty where there would be nothing to see."""
    spaced = re.sub(r"\s+", " ", raw[: 8 * MOST_CHARACTERS])
    kept = "".join(c for c in spaced if unicodedata.category(c) not in _DROPPED_CATEGORIES)
    line = unicodedata.normalize("NFC", kept).strip()[:MOST_CHARACTERS].strip()
    return line if any(unicodedata.category(c) not in _UNSEEN_CATEGORIES for c in line) else ""


def clean_all(raws: Iterable[str]) -> list[str]:
    """Every non-empty text once, in order; NUL separates entries (ID3v2.4, and v2.3 taggers that do the same)."""
    cleaned = (clean(part) for raw in raws for part in raw.split("\x00"))
    return list(dict.fromkeys(text for text in cleaned if text))[:MOST_ENTRIES]


def mend_cyrillic(raw: str) -> str:
    """Text that was stored in Windows-1251 and read as Latin-1; anything else is returned as it is."""
    if not _MISREAD_CYRILLIC.search(raw):
        return raw
    try:
        return raw.encode("latin-1").decode("cp1251")
    except UnicodeError:
        return raw


def find_year(raw: str) -> int | None:
    """The first year in a date: `2003`, `2003-05-01`, `20030501`, `01.05.2003`."""
    match = _YEAR.search(raw)
    return (int(match[1] or match[2]) or None) if match else None


def find_number(raw: str, *, most: int) -> int | None:
    """The number in `3` or `3/12`; None unless from 1 to `most`."""
    match = _NUMBER.match(raw)
    number = int(match[1]) if match else 0
    return number if 1 <= number <= most else None
