"""What people type to what the full-text index reads."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
_MAX_WORDS = 12
"""A title has fewer; each word is one more list to intersect."""


def words_of(text: str) -> list[str]:
    """The words of `text`, at most twelve: everything that is neither letter nor digit separates."""
    return _WORD.findall(text)[:_MAX_WORDS]


def words_query(text: str) -> str | None:
    """An FTS5 query that wants every word, the last one as a beginning; None where there is no word.

    Words are quoted: to FTS5 a bare `AND`, `*` or `a-b` means something else.
    """
    words = words_of(text)
    if not words:
        return None
    return " ".join(f'"{word}"' for word in words) + "*"
