"""One capped query a kind, quickest first; typos only when nothing was found. Never sees a request.

Ranking every hit of a one-letter prefix costs a second at a million tracks; so the first few hundred visible
candidates are taken as the index gives them and the most played of those come first (measured 2026-08).
"""

from __future__ import annotations

from tonearm_api.library import Album, Artist, Track
from tonearm_api.search import Search, SearchResult
from tonearm_server.kit.db import Database, Row, Value
from tonearm_server.library.names import name_key
from tonearm_server.library.reading import TRACK_COLUMNS, TRACK_TABLES, track_from_row
from tonearm_server.library.visible import Clause, visible_to
from tonearm_server.library.words import words_of, words_query

_CANDIDATES = 400
_TRIGRAM = 3
_MAX_TRIGRAMS = 40
_MIN_SHARED = 2
"""One shared trigram says nothing."""

_MIN_LIKENESS = 0.4
"""One wrong letter in a word of seven spoils three of its five trigrams."""

_TRACKS = """
    SELECT {columns} FROM {tables} WHERE t.row_id IN (
        SELECT f.rowid FROM {index} f JOIN track t ON t.row_id = f.rowid WHERE {index} MATCH ? AND {visible} LIMIT ?
    ) ORDER BY t.plays DESC, t.likes DESC, t.row_id DESC LIMIT ?
"""
_ALIKE = """
    SELECT {columns} FROM {tables} JOIN (
        SELECT f.rowid AS found, f.rank AS distance FROM track_trigrams f JOIN track t ON t.row_id = f.rowid
        WHERE track_trigrams MATCH ? AND {visible} ORDER BY f.rank LIMIT ?
    ) ON found = t.row_id ORDER BY distance
"""
_ALBUMS = """
    SELECT b.title, b.artist, max(t.year) AS year, count(*) AS tracks,
        min(CASE WHEN t.cover IS NOT NULL THEN t.id END) AS cover
    FROM album b JOIN track t ON t.album_id = b.row_id
    WHERE b.row_id IN (
        SELECT f.rowid FROM album_words f WHERE album_words MATCH ?
        AND EXISTS (SELECT 1 FROM track t WHERE t.album_id = f.rowid AND {visible}) LIMIT ?
    ) AND {visible}
    GROUP BY b.row_id ORDER BY sum(t.plays) DESC, b.title_key LIMIT ?
"""
_ARTISTS = """
    SELECT a.name, count(*) AS tracks
    FROM artist a JOIN track_artist c ON c.artist_id = a.row_id JOIN track t ON t.row_id = c.track_id
    WHERE a.row_id IN (
        SELECT f.rowid FROM artist_words f WHERE artist_words MATCH ? AND EXISTS (
            SELECT 1 FROM track_artist o JOIN track t ON t.row_id = o.track_id WHERE o.artist_id = f.rowid AND {visible}
        ) LIMIT ?
    ) AND {visible}
    GROUP BY a.row_id ORDER BY sum(t.plays) DESC, a.name_key LIMIT ?
"""


async def search(wanted: Search, *, viewer_id: str, database: Database) -> SearchResult:
    """What this person may hear of what they typed; empty for text without a word."""
    query = words_query(wanted.q)
    if query is None:
        return SearchResult(tracks=[], albums=[], artists=[])
    visible = visible_to(viewer_id)
    tracks = await _tracks(wanted, query, viewer_id, database)
    values: tuple[Value, ...] = (query, *visible.values, _CANDIDATES, *visible.values, wanted.limit)
    albums = await database.scan(_ALBUMS.format(visible=visible.sql), values)
    artists = await database.scan(_ARTISTS.format(visible=visible.sql), values)
    return SearchResult(
        tracks=tracks,
        albums=[_album(row) for row in albums],
        artists=[Artist(name=row["name"], tracks=row["tracks"]) for row in artists],
    )


async def _tracks(wanted: Search, query: str, viewer_id: str, database: Database) -> list[Track]:
    """Whole words first, then parts of words, then likeness: each only where the one before found nothing."""
    visible = visible_to(viewer_id)
    words = words_of(wanted.q)
    limits = (_CANDIDATES, wanted.limit)
    rows = await database.scan(_inside("track_words", visible), (viewer_id, query, *visible.values, *limits))
    if not rows and all(len(word) >= _TRIGRAM for word in words):
        parts = " ".join(f'"{word}"' for word in words)
        rows = await database.scan(_inside("track_trigrams", visible), (viewer_id, parts, *visible.values, *limits))
    if not rows and not wanted.q.isascii():
        rows = await _by_substring(words, wanted.limit, viewer_id, database)
    if not rows:
        rows = await _by_likeness(words, wanted.limit, viewer_id, database)
    return [track_from_row(row) for row in rows]


def _inside(index: str, visible: Clause) -> str:
    return _TRACKS.format(columns=TRACK_COLUMNS, tables=TRACK_TABLES, index=index, visible=visible.sql)


async def _by_substring(words: list[str], limit: int, viewer_id: str, database: Database) -> list[Row]:
    """One or two characters inside a word: in Chinese or Japanese that is a word, to the index it is none."""
    where = visible_to(viewer_id)
    for word in words:
        where = where & Clause("instr(t.title || ' ' || t.artist || ' ' || ifnull(t.album_title, ''), ?)", (word,))
    statement = (
        f"SELECT {TRACK_COLUMNS} FROM {TRACK_TABLES} WHERE {where.sql} ORDER BY t.plays DESC, t.row_id DESC LIMIT ?"
    )
    return await database.scan(statement, (viewer_id, *where.values, limit))


async def _by_likeness(words: list[str], limit: int, viewer_id: str, database: Database) -> list[Row]:
    """Text that shares most of the trigrams: how a typo is forgiven."""
    wanted = {piece for word in words for piece in trigrams(word)}
    if len(wanted) < _MIN_SHARED:
        return []
    query = " OR ".join(f'"{piece}"' for piece in sorted(wanted)[:_MAX_TRIGRAMS])
    visible = visible_to(viewer_id)
    statement = _ALIKE.format(columns=TRACK_COLUMNS, tables=TRACK_TABLES, visible=visible.sql)
    rows = await database.scan(statement, (viewer_id, query, *visible.values, _CANDIDATES))
    return [row for row in rows if _likeness(wanted, row) >= _MIN_LIKENESS][:limit]


def trigrams(word: str) -> set[str]:
    folded = name_key(word)
    return {folded[i : i + _TRIGRAM] for i in range(len(folded) - _TRIGRAM + 1)}


def _likeness(wanted: set[str], row: Row) -> float:
    """The share of the wanted trigrams that the row's text has, 0.0 to 1.0."""
    text = f"{row['title']} {row['artist']} {row['album_title'] or ''}"
    return len(wanted & {piece for word in words_of(text) for piece in trigrams(word)}) / len(wanted)


def _album(row: Row) -> Album:
    return Album(
        title=row["title"],
        artist=row["artist"],
        year=row["year"],
        tracks=row["tracks"],
        cover_track_id=row["cover"],
    )
