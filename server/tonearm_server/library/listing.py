"""Pages of tracks: filters and orders to one keyset query."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from tonearm_api.errors import Fault, Invalid
from tonearm_api.library import ListTracks, Sort, TrackPage
from tonearm_server.kit.db import Database, Dialect, Row, Value
from tonearm_server.library.names import name_key
from tonearm_server.library.reading import TRACK_COLUMNS, TRACK_TABLES, track_from_row
from tonearm_server.library.visible import Clause, owned_by, visible_to
from tonearm_server.library.words import has_words

_LIKES = "JOIN track_like mine ON mine.track_id = t.row_id AND mine.user_id = ?"

_ORDERS: dict[Sort, tuple[str, bool]] = {
    # sort: (expression, descending?)
    Sort.RECENT: ("t.row_id", True),
    Sort.POPULAR: ("t.plays", True),
    Sort.LIKED: ("mine.liked_at_ms", True),
    Sort.TITLE: ("t.title_sort", False),
    Sort.ARTIST: ("t.artist_sort", False),
}
"""`row_id` breaks every tie, in the same direction."""

_NOT_LIKED = "t.row_id NOT IN (SELECT n.track_id FROM track_like n WHERE n.user_id = ?)"
_BY_GENRE = "t.row_id IN (SELECT g.track_id FROM track_genre g WHERE g.name_key = ?)"
_BY_ARTIST = """t.row_id IN (
    SELECT c.track_id FROM track_artist c JOIN artist a ON a.row_id = c.artist_id WHERE a.name_key = ?
)"""
_BY_ALBUM = "t.album_id IN (SELECT b.row_id FROM album b WHERE b.title_key = ?)"

_Cursor = tuple[str, str | int, int]
"""Sort, its key in the last row, that row's id."""


async def list_tracks(wanted: ListTracks, *, viewer_id: str, database: Database) -> TrackPage:
    """A page in the order that was asked for. Raises Invalid for a cursor of another list.

    Plain pages are index walks and run inline; text and genre filters scan, in the database's thread.
    """
    statement, values = _statement(wanted, viewer_id, database.dialect)
    scans = bool(wanted.q or wanted.genre or wanted.artist or wanted.album or wanted.mine or wanted.liked)
    rows = await database.scan(statement, values) if scans else await database.rows(statement, values)
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    return TrackPage(
        items=[track_from_row(row) for row in rows],
        next_cursor=_write_cursor(_order_of(wanted), rows[-1]) if more else None,
    )


def _order_of(wanted: ListTracks) -> Sort:
    """The order that was asked for; else an album's and an artist's own, and of everything the newest first."""
    if wanted.sort is not None:
        return wanted.sort
    return Sort.ARTIST if wanted.album or wanted.artist else Sort.RECENT


def _statement(wanted: ListTracks, viewer_id: str, dialect: Dialect) -> tuple[str, tuple[Value, ...]]:
    sort = _order_of(wanted)
    by_like = sort is Sort.LIKED or bool(wanted.liked)
    where = owned_by(viewer_id) if wanted.mine else visible_to(viewer_id)
    for clause in _filters(wanted, viewer_id, dialect):
        where = where & clause
    expression, descending = _ORDERS[sort]
    direction = "DESC" if descending else "ASC"
    statement = f"""
        SELECT {TRACK_COLUMNS}, {expression} AS place FROM {TRACK_TABLES} {_LIKES if by_like else ""}
        WHERE {where.sql} ORDER BY {expression} {direction}, t.row_id {direction} LIMIT ?
    """
    likes: tuple[Value, ...] = (viewer_id,) if by_like else ()
    return statement, (viewer_id, *likes, *where.values, wanted.limit + 1)


def _filters(wanted: ListTracks, viewer_id: str, dialect: Dialect) -> list[Clause]:
    found = []
    if wanted.mine is False:
        found.append(Clause("t.owner_id <> ?", (viewer_id,)))
    if wanted.liked is False:
        found.append(Clause(_NOT_LIKED, (viewer_id,)))
    if wanted.genre is not None:
        found.append(Clause(_BY_GENRE, (name_key(wanted.genre),)))
    if wanted.artist is not None:
        found.append(Clause(_BY_ARTIST, (name_key(wanted.artist),)))
    if wanted.album is not None:
        found.append(Clause(_BY_ALBUM, (name_key(wanted.album),)))
    if wanted.q:
        found.append(has_words(wanted.q, dialect=dialect))
    if wanted.cursor is not None:
        found.append(_after(wanted.cursor, _order_of(wanted)))
    return found


def _after(cursor: str, sort: Sort) -> Clause:
    key, row_id = _read_cursor(cursor, sort)
    expression, descending = _ORDERS[sort]
    return Clause(f"({expression}, t.row_id) {'<' if descending else '>'} (?, ?)", (key, row_id))


def _write_cursor(sort: Sort, row: Row) -> str:
    content = msgspec.json.encode((sort.value, row["place"], row["row_id"]))
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _read_cursor(cursor: str, sort: Sort) -> tuple[str | int, int]:
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        of_sort, key, row_id = msgspec.json.decode(content, type=_Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise _wrong_cursor() from error
    if of_sort != sort.value or not _fits(key, sort) or abs(row_id) >= 2**63:
        raise _wrong_cursor()
    return key, row_id


def _fits(key: Any, sort: Sort) -> bool:  # Any: what a stranger's cursor held
    if sort in (Sort.TITLE, Sort.ARTIST):
        return isinstance(key, str)
    return isinstance(key, int) and abs(key) < 2**63


def _wrong_cursor() -> Invalid:
    message = "This cursor belongs to another list: begin again without one"
    return Invalid(message, faults=(Fault(place="query", pointer="/cursor", code="wrong_form", message=message),))
