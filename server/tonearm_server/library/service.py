"""Browse and change tracks: one track, its likes, its covers and waveform, edits, deletion. Never sees a request."""

from __future__ import annotations

from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_api.errors import Forbidden, NotFound, Unauthenticated
from tonearm_api.library import CoverSize, EditTrack, Track
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import Database, Dialect, Row, dialect_of, execute, fetch, transaction
from tonearm_server.library.blobs import Blobs
from tonearm_server.library.models import Track as TrackRow
from tonearm_server.library.models import TrackLike
from tonearm_server.library.reading import TRACK_COLUMNS, TRACK_TABLES, track_from_row
from tonearm_server.library.recording import forget_unused, names_of, write_edit
from tonearm_server.library.visible import Clause, openable_by
from tonearm_server.storage.base import cover_key

_NOT_HERE = "There is no such track, or it is not yours to hear"
_LIKE = "INSERT INTO track_like (user_id, track_id, liked_at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_HOLD: dict[Dialect, str] = {
    "sqlite": "SELECT 1 FROM track WHERE row_id = ?",  # it has one writer at a time
    "postgres": "SELECT 1 FROM track WHERE row_id = ? FOR NO KEY UPDATE",
}


async def get_track(track_id: str, *, viewer_id: str | None, database: Database) -> Track:
    """One track as this person sees it. Raises NotFound, or Unauthenticated for a stranger."""
    where = openable_by(viewer_id)
    statement = f"SELECT {TRACK_COLUMNS} FROM {TRACK_TABLES} WHERE t.id = ? AND {where.sql}"
    row = await database.row(statement, (viewer_id, track_id, *where.values))
    return track_from_row(_present(row, viewer_id))


async def get_openable(
    columns: str, track_id: str, *, viewer_id: str | None, database: Database, must_be_ready: bool = False
) -> Row:
    """Some columns of a track that this person may open. Raises NotFound, or Unauthenticated for a stranger."""
    where = openable_by(viewer_id)
    if must_be_ready:
        where = where & Clause("t.state = 'ready'")
    row = await database.row(f"SELECT {columns} FROM track t WHERE t.id = ? AND {where.sql}", (track_id, *where.values))
    return _present(row, viewer_id)


async def get_waveform(track_id: str, *, viewer_id: str | None, database: Database) -> bytes:
    """800 bars of one byte. Raises NotFound while the track is not decoded."""
    track = await get_openable("t.sha256", track_id, viewer_id=viewer_id, database=database)
    row = await database.row("SELECT waveform FROM audio_analysis WHERE sha256 = ?", (track["sha256"],))
    if row is None:
        raise NotFound("There is no waveform yet")
    return bytes(row["waveform"])


async def get_cover_key(track_id: str, size: CoverSize, *, viewer_id: str | None, database: Database) -> str:
    """The storage key of a cover. Raises NotFound where the track has none."""
    track = await get_openable("t.cover", track_id, viewer_id=viewer_id, database=database)
    if track["cover"] is None:
        raise NotFound("This track has no cover")
    return cover_key(track["cover"], size.value)


async def like(track_id: str, *, viewer_id: str, database: Database, clock: Clock) -> None:
    """Like a track. The count changes with the row, in one transaction, by what the database says was new."""
    row_id = (await get_openable("t.row_id", track_id, viewer_id=viewer_id, database=database))["row_id"]
    async with transaction() as connection:
        await hold_track(row_id, connection=connection)
        if await execute(connection, _LIKE, [viewer_id, row_id, clock.now_ms()]):
            await execute(connection, "UPDATE track SET likes = likes + 1 WHERE row_id = ?", [row_id])


async def unlike(track_id: str, *, viewer_id: str, database: Database) -> None:
    row_id = (await get_openable("t.row_id", track_id, viewer_id=viewer_id, database=database))["row_id"]
    async with transaction() as connection:
        await hold_track(row_id, connection=connection)
        removed = await TrackLike.filter(user_id=viewer_id, track_id=row_id).using_db(connection).delete()
        if removed:
            await execute(connection, "UPDATE track SET likes = likes - 1 WHERE row_id = ?", [row_id])


async def hold_track(row_id: int, *, connection: BaseDBAsyncClient) -> None:
    """Keep others from changing or deleting a track until the transaction ends. Raises NotFound where it is gone.

    The first step of whoever counts: a deletion takes the track and then what points at it, and two that take
    the same rows in different orders wait for each other (PostgreSQL then ends one of them).
    """
    if not await fetch(connection, _HOLD[dialect_of(connection)], [row_id]):
        raise NotFound(_NOT_HERE)


async def edit_track(wanted: EditTrack, *, viewer_id: str, database: Database) -> Track:
    """Change what a track is called and who may hear it. Raises NotFound or Forbidden."""
    await _refuse_others(wanted.id, viewer_id=viewer_id, database=database)
    async with transaction(alone=True) as connection:
        row = await _get_row(wanted.id, connection=connection)
        await write_edit(row, wanted, connection=connection)
    return await get_track(wanted.id, viewer_id=viewer_id, database=database)


async def delete_track(track_id: str, *, viewer_id: str, database: Database, blobs: Blobs) -> None:
    """Delete a track, and its bytes where no other track has them. Raises NotFound or Forbidden."""
    sha256 = await _refuse_others(track_id, viewer_id=viewer_id, database=database)
    async with blobs.locked(sha256):
        async with transaction(alone=True) as connection:
            row = await _get_row(track_id, connection=connection)
            names = await names_of(row, connection=connection)
            await row.delete(using_db=connection)
            await forget_unused(names, connection=connection)
        await blobs.release_audio(sha256)
    if row.cover is not None:
        await blobs.release_cover(row.cover)


async def _refuse_others(track_id: str, *, viewer_id: str, database: Database) -> str:
    """Raise Forbidden unless the track is this person's own, NotFound where there is none; returns its hash."""
    track = await get_openable("t.owner_id, t.sha256", track_id, viewer_id=viewer_id, database=database)
    if track["owner_id"] != viewer_id:
        raise Forbidden("Only the person who uploaded a track may change it")
    return str(track["sha256"])


async def _get_row(track_id: str, *, connection: BaseDBAsyncClient) -> TrackRow:
    """The row as it is inside the transaction: what was read before may have changed since."""
    row = await TrackRow.get_or_none(id=track_id, using_db=connection)
    if row is None:
        raise NotFound(_NOT_HERE)
    return row


def _present(row: Row | None, viewer_id: str | None) -> Row:
    if row is None:
        raise Unauthenticated if viewer_id is None else NotFound(_NOT_HERE)
    return row
