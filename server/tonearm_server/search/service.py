"""One capped query a kind, quickest first; typos only when nothing was found. Never sees a request.

Ranking every hit of a one-letter prefix costs a second at a million tracks; so the first few hundred visible
candidates are taken as the index gives them and the most played of those come first (measured 2026-08).
"""

from __future__ import annotations

from collections.abc import Sequence

from tonearm_api.library import Album, Artist
from tonearm_api.search import Search, SearchResult
from tonearm_server.kit.db import Database, Row
from tonearm_server.library.reading import TRACK_COLUMNS, TRACK_TABLES, track_from_row
from tonearm_server.library.visible import Clause, visible_to
from tonearm_server.library.words import TRIGRAM, trigrams, words_of
from tonearm_server.search.candidates import TEXT_INDEXES, TextIndex

_CANDIDATES = 400
_MIN_SHARED = 2
"""One shared trigram says nothing."""

_MIN_LIKENESS = 0.4
"""One wrong letter in a word of seven spoils three of its five trigrams."""

_TRACKS = """
    SELECT {columns} FROM {tables} WHERE t.row_id IN ({candidates} LIMIT ?)
    ORDER BY t.plays DESC, t.likes DESC, t.row_id DESC LIMIT ?
"""
_ALIKE = """
    SELECT {columns} FROM {tables} JOIN ({candidates} LIMIT ?) AS near ON near.found = t.row_id ORDER BY near.distance
"""
_ALBUMS = """
    SELECT b.title, b.artist, max(t.year) AS year, count(*) AS tracks,
        min(CASE WHEN t.cover IS NOT NULL THEN t.id END) AS cover
    FROM album b JOIN track t ON t.album_id = b.row_id
    WHERE b.row_id IN ({candidates} LIMIT ?) AND {visible}
    GROUP BY b.row_id ORDER BY sum(t.plays) DESC, b.title_key LIMIT ?
"""
_ARTISTS = """
    SELECT a.name, count(*) AS tracks
    FROM artist a JOIN track_artist c ON c.artist_id = a.row_id JOIN track t ON t.row_id = c.track_id
    WHERE a.row_id IN ({candidates} LIMIT ?) AND {visible}
    GROUP BY a.row_id ORDER BY sum(t.plays) DESC, a.name_key LIMIT ?
"""


async def search(wanted: Search, *, viewer_id: str, database: Database) -> SearchResult:
    """What this person may hear of what they typed; empty for text without a word."""
    words = words_of(wanted.q)
    if not words:
        return SearchResult(tracks=[], albums=[], artists=[])
    index = TEXT_INDEXES[database.dialect]
    visible = visible_to(viewer_id)
    tracks = await _tracks(wanted, words, viewer_id, database)
    albums = await _groups(_ALBUMS, index.albums(words, visible=visible), visible, wanted.limit, database)
    artists = await _groups(_ARTISTS, index.artists(words, visible=visible), visible, wanted.limit, database)
    return SearchResult(
        tracks=[track_from_row(row) for row in tracks],
        albums=[_album(row) for row in albums],
        artists=[Artist(name=row["name"], tracks=row["tracks"]) for row in artists],
    )


async def _groups(statement: str, candidates: Clause, visible: Clause, limit: int, database: Database) -> Sequence[Row]:
    values = (*candidates.values, _CANDIDATES, *visible.values, limit)
    return await database.scan(statement.format(candidates=candidates.sql, visible=visible.sql), values)


async def _tracks(wanted: Search, words: list[str], viewer_id: str, database: Database) -> Sequence[Row]:
    """Whole words first, then parts of words, then likeness: each only where the one before found nothing."""
    index, visible = TEXT_INDEXES[database.dialect], visible_to(viewer_id)

    async def most_played(candidates: Clause) -> Sequence[Row]:
        statement = _TRACKS.format(columns=TRACK_COLUMNS, tables=TRACK_TABLES, candidates=candidates.sql)
        return await database.scan(statement, (viewer_id, *candidates.values, _CANDIDATES, wanted.limit))

    rows = await most_played(index.tracks(words, visible=visible))
    if not rows and all(len(word) >= TRIGRAM for word in words):
        rows = await most_played(index.parts(words, visible=visible))
    if not rows and not wanted.q.isascii():
        # In Chinese or Japanese one or two characters are a word, to a trigram index they are none.
        rows = await most_played(index.characters(words, visible=visible))
    return rows or await _by_likeness(words, index, wanted.limit, viewer_id=viewer_id, database=database)


async def _by_likeness(
    words: list[str], index: TextIndex, limit: int, *, viewer_id: str, database: Database
) -> Sequence[Row]:
    """Text that shares most of the trigrams: how a typo is forgiven."""
    wanted = {piece for word in words for piece in trigrams(word)}
    if len(wanted) < _MIN_SHARED:
        return []
    candidates = index.alike(words, visible=visible_to(viewer_id))
    statement = _ALIKE.format(columns=TRACK_COLUMNS, tables=TRACK_TABLES, candidates=candidates.sql)
    rows = await database.scan(statement, (viewer_id, *candidates.values, _CANDIDATES))
    return [row for row in rows if _likeness(wanted, row) >= _MIN_LIKENESS][:limit]


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
