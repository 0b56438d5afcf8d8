"""What people type to what a text index reads."""

from __future__ import annotations

import re

from tonearm_server.kit.db import Dialect
from tonearm_server.library.names import name_key
from tonearm_server.library.visible import Clause

TRIGRAM = 3

_WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
_MAX_WORDS = 12
"""A title has fewer; each word is one more list to intersect."""

_HAS_WORDS = {
    "sqlite": "t.row_id IN (SELECT f.rowid FROM track_words f WHERE track_words MATCH ?)",
    "postgres": "t.row_id IN (SELECT f.row_id FROM track_search f WHERE f.words @@ tonearm_query(?))",
}


def words_of(text: str) -> list[str]:
    """The words of `text`, at most twelve: everything that is neither letter nor digit separates."""
    return _WORD.findall(text)[:_MAX_WORDS]


def has_words(text: str, *, dialect: Dialect) -> Clause:
    """Tracks that have every word of `text`, the last one as a beginning; none where there is no word."""
    words = words_of(text)
    if not words:
        return Clause("FALSE")
    return Clause(_HAS_WORDS[dialect], (fts5_query(words) if dialect == "sqlite" else " ".join(words),))


def fts5_query(words: list[str]) -> str:
    """An FTS5 query that wants every word, the last one as a beginning.

    Words are quoted: to FTS5 a bare `AND`, `*` or `a-b` means something else.
    """
    return " ".join(f'"{word}"' for word in words) + "*"


def trigrams(word: str) -> set[str]:
    """Every three characters in a row, without case and accents."""
    folded = name_key(word)
    return {folded[i : i + TRIGRAM] for i in range(len(folded) - TRIGRAM + 1)}
