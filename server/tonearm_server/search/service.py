"""Three capped queries in one go; what nothing begins with is read otherwise, and asked again. Never sees a request.

Ranking every hit of a one-letter prefix costs a second at a million tracks; so the first few hundred visible
candidates are taken as the index gives them and the most played of those come first (measured 2026-08).
"""

from __future__ import annotations

from collections.abc import Sequence

from tonearm_api.library import Album, Artist
from tonearm_api.search import Search, SearchResult
from tonearm_server.kit.db import Database, Question, Row
from tonearm_server.library.reading import TRACK_COLUMNS, TRACK_TABLES, track_from_row
from tonearm_server.library.visible import Clause, visible_to
from tonearm_server.library.words import Terms, as_typed, words_of
from tonearm_server.search import candidates
from tonearm_server.search.spelling import containing, spelt_alike

_CANDIDATES = 400
_GROUP_CANDIDATES = 100
"""Albums and artists, of which all tracks are read: 8 ms for 400 albums, 2 ms for 100 (measured 2026-11)."""

_TRACKS = """
    SELECT {columns} FROM {tables} WHERE t.row_id IN (
        SELECT near.row_id FROM ({candidates} LIMIT ?) AS near
        ORDER BY near.plays DESC, near.likes DESC, near.row_id DESC LIMIT ?
    ) ORDER BY t.plays DESC, t.likes DESC, t.row_id DESC
"""
"""Ranked by three columns before the others are read, of those that are shown only."""

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

_Found = Sequence[Sequence[Row]]
"""Rows of tracks, albums and artists."""


async def search(wanted: Search, *, viewer_id: str, database: Database) -> SearchResult:
    """What this person may hear of what they typed; empty for text without a word."""
    words = words_of(wanted.q)
    tracks, albums, artists = await _find(words, limit=wanted.limit, viewer_id=viewer_id, database=database)
    return SearchResult(
        tracks=[track_from_row(row) for row in tracks],
        albums=[
            Album(title=title, artist=artist, year=year, tracks=count, cover_track_id=cover)
            for title, artist, year, count, cover in albums
        ],
        artists=[Artist(name=name, tracks=count) for name, count in artists],
    )


async def _find(words: Sequence[str], *, limit: int, viewer_id: str, database: Database) -> _Found:
    """Whole words first, then parts of words, then slips: each only where the one before found nothing."""
    if not words:
        return [], [], []
    found = await _ask(as_typed(words), limit=limit, viewer_id=viewer_id, database=database)
    for read_otherwise in (containing, spelt_alike):
        if any(found):
            break
        terms = await read_otherwise(words, database=database)
        if terms is not None:
            found = await _ask(terms, limit=limit, viewer_id=viewer_id, database=database)
    return found


async def _ask(terms: Terms, *, limit: int, viewer_id: str, database: Database) -> _Found:
    visible, dialect = visible_to(viewer_id), database.dialect
    tracks = candidates.tracks(terms, visible=visible, dialect=dialect)
    statement = _TRACKS.format(columns=TRACK_COLUMNS, tables=TRACK_TABLES, candidates=tracks.sql)
    albums = candidates.albums(terms, visible=visible, dialect=dialect)
    artists = candidates.artists(terms, visible=visible, dialect=dialect)
    return await database.scans(
        (statement, (viewer_id, *tracks.values, _CANDIDATES, limit)),
        _groups(_ALBUMS, candidates=albums, visible=visible, limit=limit),
        _groups(_ARTISTS, candidates=artists, visible=visible, limit=limit),
    )


def _groups(statement: str, *, candidates: Clause, visible: Clause, limit: int) -> Question:
    values = (*candidates.values, _GROUP_CANDIDATES, *visible.values, limit)
    return statement.format(candidates=candidates.sql, visible=visible.sql), values
