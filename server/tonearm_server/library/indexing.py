"""What searches read, kept beside tracks, albums and artists: their folded words, and the vocabulary of all tracks.

Each database makes its own index of the words when they are written (migration 0004). The vocabulary and its
pieces tell what a mistyped word may have been. Runs inside the caller's transaction, which is alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_server.kit.db import Value, dialect_of, execute, execute_many, fetch
from tonearm_server.library.words import Kind, Terms, fold, matching

_WRITE = """
    INSERT INTO {kind}_search (row_id, folded) VALUES (?, ?)
    ON CONFLICT (row_id) DO UPDATE SET folded = excluded.folded
"""
_KNOWN = "SELECT word FROM search_word WHERE word IN ({places})"
_LEARN = "INSERT INTO search_word (word) VALUES (?) ON CONFLICT DO NOTHING"
_ADD_PIECE = "INSERT INTO search_piece (piece, word) VALUES (?, ?) ON CONFLICT DO NOTHING"
_FORGET = "DELETE FROM search_word WHERE word = ? AND NOT EXISTS ({others})"
_FORGET_PIECES = "DELETE FROM search_piece WHERE word = ? AND piece IN ({places})"
_FOLDED = "SELECT folded FROM track_search WHERE row_id = ?"

PIECE = 3
_MAX_SPELT = 32
"""Nobody mistypes a longer word: what is longer is a sentence of a script without spaces."""

_AT_ONCE = 500
"""Words of one question; SQLite before 3.32 takes 999 values."""


def track_text(title: str, artist: str, album: str | None) -> str:
    """What a track is found by."""
    return f"{title} {artist} {album or ''}"


def album_text(title: str, artist: str) -> str:
    return f"{title} {artist}"


async def index(kind: Kind, texts: Iterable[tuple[int, str]], *, connection: BaseDBAsyncClient) -> None:
    """Write what some rows, by their `row_id`, are found by; a row's earlier text is replaced."""
    folded = [(row_id, fold(text)) for row_id, text in texts]
    await execute_many(connection, _WRITE.format(kind=kind), folded)
    if kind == "track":
        await _learn({word for _, text in folded for word in text.split()}, connection=connection)


async def words_of_track(row_id: int, *, connection: BaseDBAsyncClient) -> set[str]:
    """The words that a track is found by now."""
    rows = await fetch(connection, _FOLDED, [row_id])
    return {word for row in rows for word in row["folded"].split()}


async def forget_words(words: Iterable[str], *, connection: BaseDBAsyncClient) -> None:
    """Take those out of the vocabulary that no track has any more: a title is gone with its track."""
    for word in sorted(words):
        others = matching("track", Terms(((word,),)), dialect=dialect_of(connection))
        if await execute(connection, _FORGET.format(others=others.sql), [word, *others.values]):
            pieces = sorted(pieces_of(word))
            if pieces:
                await execute(connection, _FORGET_PIECES.format(places=_places(pieces)), [word, *pieces])


def pieces_of(word: str, *, is_beginning: bool = False) -> set[str]:
    """Every three characters in a row, with the word's beginning and end; none of a word that is too long.

    The end is left out where the word is a beginning only.
    """
    if len(word) > _MAX_SPELT:
        return set()
    padded = f"  {word}" if is_beginning else f"  {word} "
    return {padded[i : i + PIECE] for i in range(len(padded) - PIECE + 1)}


async def _learn(words: set[str], *, connection: BaseDBAsyncClient) -> None:
    ordered = sorted(words)
    for start in range(0, len(ordered), _AT_ONCE):
        asked = ordered[start : start + _AT_ONCE]
        known = await fetch(connection, _KNOWN.format(places=_places(asked)), asked)
        new = sorted(set(asked) - {row["word"] for row in known})
        await execute_many(connection, _LEARN, [(word,) for word in new])
        await execute_many(connection, _ADD_PIECE, [(p, word) for word in new for p in sorted(pieces_of(word))])


def _places(values: Sequence[Value]) -> str:
    return ", ".join("?" * len(values))
