"""Text to the words that an index holds and a search asks for: one folding, for both and for either database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tonearm_server.kit.db import Dialect
from tonearm_server.library.visible import Clause

Kind = Literal["track", "album", "artist"]
"""What has an index."""

_MAX_WORDS = 12
"""A title has fewer; each word is one more list to intersect."""

_MAX_LETTERS = 200
"""A lexeme of PostgreSQL has room for 2,046 bytes."""

_PLAIN = re.compile(r"[^a-z0-9]+")
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ı": "i"}
)
"""Letters that Unicode takes for letters of their own, as they are typed on keyboards that lack them."""

_BELONGS_TO_LETTER = frozenset({0, 7, 8, 9, *range(84, 133)})
"""Classes of marks that change what a letter is: vowel signs, nukta, kana voicing, virama, and the vowels of
Telugu, Thai, Lao and Tibetan (Unicode 4.3). The others are accents and points, which people leave out."""

_MATCHING: dict[Dialect, str] = {
    "sqlite": "SELECT f.rowid AS row_id FROM {kind}_words f WHERE {kind}_words MATCH ?",
    "postgres": "SELECT f.row_id FROM {kind}_search f WHERE f.words @@ CAST(CAST(? AS TEXT) AS TSQUERY)",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What to look for: each group stands for one typed word, and any word of it will do.

    `last_is_beginning` is said of the very last word.
    """

    groups: tuple[tuple[str, ...], ...]
    last_is_beginning: bool = False


def fold(text: str) -> str:
    """The words of `text` with single spaces between them, without case, accents and punctuation.

    Compatible characters become one (NFKD), so that `ﬁ` is `fi` and `²` is `2`; composed again where a mark
    belongs to its letter. Every word is of letters, digits and such marks only.
    """
    if text.isascii():
        plain = _PLAIN.sub(" ", text.lower())
    else:
        decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        letters = "".join(map(_letter, decomposed)).translate(_UNDECOMPOSED)
        plain = unicodedata.normalize("NFKC", letters)
    return " ".join(word[:_MAX_LETTERS] for word in plain.split())


def _letter(character: str) -> str:
    """The character where it is part of a word, nothing where it only changes how one looks, else a space."""
    match unicodedata.category(character)[0]:
        case "L" | "N":
            return character
        case "M":
            return character if unicodedata.combining(character) in _BELONGS_TO_LETTER else ""
    return "" if unicodedata.category(character) == "Cf" else " "


def words_of(text: str) -> list[str]:
    """The first twelve words of `text`, folded."""
    return fold(text).split()[:_MAX_WORDS]


def as_typed(words: Sequence[str]) -> Terms:
    """Every word, the last one as a beginning."""
    return Terms(tuple((word,) for word in words), last_is_beginning=True)


def matching(kind: Kind, terms: Terms, *, dialect: Dialect) -> Clause:
    """A SELECT of the `row_id`s whose text has a word of every group; `terms` has one group at least."""
    query = fts5_query(terms) if dialect == "sqlite" else ts_query(terms)
    return Clause(_MATCHING[dialect].format(kind=kind), (query,))


def has_words(text: str, *, dialect: Dialect) -> Clause:
    """Tracks that have every word of `text`, the last one as a beginning; none where there is no word."""
    words = words_of(text)
    if not words:
        return Clause("FALSE")
    found = matching("track", as_typed(words), dialect=dialect)
    return Clause(f"t.row_id IN ({found.sql})", found.values)


def fts5_query(terms: Terms) -> str:
    """The terms for SQLite. Words are quoted: to FTS5 a bare `and` or `near` may mean something else."""
    return _joined(terms, quote='"', any_of=" OR ", all_of=" AND ", beginning=" *")


def ts_query(terms: Terms) -> str:
    """The terms for PostgreSQL. Words hold no quote of either kind (`fold`)."""
    return _joined(terms, quote="'", any_of=" | ", all_of=" & ", beginning=":*")


def _joined(terms: Terms, *, quote: str, any_of: str, all_of: str, beginning: str) -> str:
    groups = [any_of.join(f"{quote}{word}{quote}" for word in group) for group in terms.groups]
    if terms.last_is_beginning:
        groups[-1] += beginning
    return all_of.join(f"({group})" for group in groups)
