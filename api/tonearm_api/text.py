"""Text that every window shows alike: the one sanitiser for foreign strings, lengths of time, sizes. Knows no screen.

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

_FLAG_A = 0x1F1E6
_FLAG_LETTER = re.compile("[\U0001f1e6-\U0001f1ff]")
_LOOKS = "\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff"
"""Variation selectors, the keycap and skin tones."""

_UNSTEADY = re.compile(f"[\u200d{_LOOKS}\U0001f1e6-\U0001f1ff]")
_JOINED = re.compile(f"\u200d[\u2190-\u2bff\U0001f000-\U0001faff]|[{_LOOKS}]")


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


def steady_text(text: str) -> str:
    """Safe `text` for a line whose cells count: without what some terminals draw as one glyph and others as several.

    A family becomes its first member, skin tones go, ❤ and 1 lose their emoji look, a flag becomes its two letters
    (tmux 3.3 counts 8 cells for a family, kitty 2; seen 2026-11).
    """
    if _UNSTEADY.search(text) is None:
        return text
    text = _JOINED.sub("", text)
    return _FLAG_LETTER.sub(lambda found: chr(ord(found[0]) - _FLAG_A + ord("A")), text)


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


def size_text(size_bytes: int) -> str:
    """Bytes in the decimal units of IEC 80000-13: 4.1 MB."""
    amount = float(size_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 99.95 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


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
