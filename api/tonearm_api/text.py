"""Text that every window shows alike: the one sanitiser for foreign strings, and lengths of time. Knows no screen.

Terminals obey control characters wherever they stand, and bidirectional overrides make one name look
like another, so both are made visible or dropped before a string reaches a client's widgets.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

MAX_CHARACTERS = 1000
"""Longer strings are cut: no honest title is as long, and a row shows at most a few hundred cells."""

_OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,4096}")
"""An id or the cursor of a list: nothing in it needs care, and cut short it would be worthless."""

_MAX_MARKS = 4
"""Combining marks kept in a row; Vietnamese and Hebrew need up to three."""

_ESCAPE = "\u241b"
_REPLACEMENT = "\ufffd"
_JOINERS = "\u200c\u200d"

# Any character outside these ranges needs a closer look: printable ASCII, Latin to Latin Extended-B, kana,
# CJK and Hangul hold nothing that a terminal obeys.
_SUSPECT = re.compile(r"[^\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_MARK = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20f0]"
_MARKS = re.compile(rf"({_MARK}{{{_MAX_MARKS}}}){_MARK}+")


def safe_text(text: str) -> str:
    """`text` without anything that a terminal obeys or that reorders what stands around it.

    Control characters become visible stand-ins, line ends and tabs become spaces, invisible format
    characters go (joiners between letters and in emoji stay), unassigned and private ones are replaced.
    """
    if len(text) > MAX_CHARACTERS:
        text = text[: MAX_CHARACTERS - 1] + "…"
    if _SUSPECT.search(text) is None:
        return text
    text = unicodedata.normalize("NFC", text)
    return _MARKS.sub(r"\1", "".join(map(_safe_character, text)))


def _safe_character(character: str) -> str:
    category = unicodedata.category(character)
    match category:
        case "Cc" if character in "\t\n\r\x0b\x0c\x85":
            return " "
        case "Cc":
            return _ESCAPE if character in "\x1b\x9b" else _REPLACEMENT
        case "Zl" | "Zp":
            return " "
        case "Cf":
            return character if character in _JOINERS else ""
        case "Cs" | "Co" | "Cn":
            return _REPLACEMENT
        case _:
            return character


def clock_text(duration_ms: int | None, *, unknown: str) -> str:
    """`3:07`, `1:02:03`, rounded down as players do; `unknown` stands in for a length that is not known."""
    if duration_ms is None:
        return unknown
    minutes, seconds = divmod(max(duration_ms, 0) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def safe_tree(value: Any) -> Any:  # Any: decoded JSON of whatever shape
    """Decoded JSON with every string, keys included, made safe."""
    match value:
        case str():
            return value if _OPAQUE.fullmatch(value) else safe_text(value)
        case list():
            return [safe_tree(item) for item in value]
        case dict():
            return {safe_text(key): safe_tree(item) for key, item in value.items()}
        case _:
            return value
