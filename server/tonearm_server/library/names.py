"""How names are compared and sorted: without case, accents and leading articles."""

from __future__ import annotations

import unicodedata

_ARTICLES = ("the ", "a ", "an ")
_MAX_KEY = 500
_MAX_JOINED = 500
"""The width of the columns that hold them."""

_MAX_KEY_BYTES = 1000
"""An index of PostgreSQL has room for 2,700 bytes a row, and some hold two keys and two numbers."""


def name_key(name: str) -> str:
    """Equal for names that people take for the same: case and accents do not count (NFKD, casefold)."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    key = " ".join(plain.split())[:_MAX_KEY]
    return key.encode(errors="ignore")[:_MAX_KEY_BYTES].decode(errors="ignore")


def sort_key(name: str) -> str:
    """Where a name stands on the shelf: `The Beatles` under B."""
    key = name_key(name)
    for article in _ARTICLES:
        if key.startswith(article) and len(key) > len(article):
            return key[len(article) :]
    return key


def shelf_key(*, artist: str, album: str | None, disc_number: int | None, track_number: int | None) -> str:
    """Artist, album, disc and number as one string that sorts as a shelf is ordered."""
    album_part = sort_key(album) if album else ""
    return f"{sort_key(artist)}\x1f{album_part}\x1f{disc_number or 0:03d}\x1f{track_number or 0:04d}"


def joined(names: list[str]) -> str:
    """Several names as people read them, cut where no row has room for more."""
    text = ", ".join(names)
    return text if len(text) <= _MAX_JOINED else text[: _MAX_JOINED - 1] + "…"
