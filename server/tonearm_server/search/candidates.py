"""Which rows may be meant: the first ones that the text index gives and the viewer may see. Knows no ranking.

Every function returns a SELECT without a limit, and its values: of `row_id`s, and for tracks what ranks them.
"""

from __future__ import annotations

from tonearm_server.kit.db import Dialect
from tonearm_server.library.visible import Clause
from tonearm_server.library.words import Terms, matching

# `+ 0` says what is looked at first: SQLite would ask the index once for every track (2 s of 20,000, 2026-11).
_TRACKS = """
    SELECT t.row_id, t.plays, t.likes FROM ({found}) AS found JOIN track t ON t.row_id = found.row_id + 0
    WHERE {visible}
"""
_ALBUMS = """
    SELECT found.row_id FROM ({found}) AS found
    WHERE EXISTS (SELECT 1 FROM track t WHERE t.album_id = found.row_id AND {visible})
"""
_ARTISTS = """
    SELECT found.row_id FROM ({found}) AS found WHERE EXISTS (
        SELECT 1 FROM track_artist o JOIN track t ON t.row_id = o.track_id
        WHERE o.artist_id = found.row_id AND {visible}
    )
"""


def tracks(terms: Terms, *, visible: Clause, dialect: Dialect) -> Clause:
    found = matching("track", terms, dialect=dialect)
    return Clause(_TRACKS.format(found=found.sql, visible=visible.sql), found.values + visible.values)


def albums(terms: Terms, *, visible: Clause, dialect: Dialect) -> Clause:
    found = matching("album", terms, dialect=dialect)
    return Clause(_ALBUMS.format(found=found.sql, visible=visible.sql), found.values + visible.values)


def artists(terms: Terms, *, visible: Clause, dialect: Dialect) -> Clause:
    found = matching("artist", terms, dialect=dialect)
    return Clause(_ARTISTS.format(found=found.sql, visible=visible.sql), found.values + visible.values)
