"""What must hold at any moment, also after a crash at any moment: invariants I3 to I8 of the design.

Looks while others write: whatever seems wrong is looked at again under the lock that its writers hold.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import BinaryIO

from tonearm_api.errors import NotFound
from tonearm_api.library import CoverSize
from tonearm_server.doctor.findings import Finding, counted
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import Database
from tonearm_server.library.blobs import Blobs
from tonearm_server.library.garbage import find_unnamed, is_garbage
from tonearm_server.library.models import Track
from tonearm_server.storage.base import AUDIO, COVERS, Storage, audio_key, cover_key

_PIECE = 1024 * 1024
_RESTORE = "restore these files from your backup, or delete the tracks and upload them again"

_UNDECODED = """
    SELECT t.id FROM track t WHERE t.state = 'ready'
    AND NOT EXISTS (SELECT 1 FROM audio_analysis a WHERE a.sha256 = t.sha256)
"""
_STRANDED = """
    SELECT t.id FROM track t WHERE t.state = 'verifying'
    AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'verify' AND j.subject = t.id)
"""
_UNFINISHED = "SELECT u.id, u.offset_bytes FROM upload u WHERE u.track_id IS NULL AND u.reason IS NULL"
_UNKNOWN_STATE = "SELECT t.id FROM track t WHERE t.state NOT IN ('verifying', 'ready', 'rejected')"
_UNSEARCHED = "SELECT t.id FROM track t WHERE NOT EXISTS (SELECT 1 FROM track_search s WHERE s.row_id = t.row_id)"
_DEAD_JOBS = "SELECT j.kind, j.subject, j.last_error FROM job j WHERE j.is_dead ORDER BY j.row_id"
_MISCOUNTED = {
    "likes": """
        SELECT t.id FROM track t WHERE t.likes <> (SELECT count(*) FROM track_like l WHERE l.track_id = t.row_id)
    """,
    "plays": """
        SELECT t.id FROM track t
        WHERE t.plays <> (SELECT count(*) FROM play p WHERE p.track_id = t.row_id AND p.counted)
    """,
}


async def examine_storage(
    *, database: Database, storage: Storage, blobs: Blobs, clock: Clock, deep: bool
) -> AsyncIterator[Finding]:
    """Every row has its bytes (I2, I3), every byte has its row (I4). `deep` hashes all audio: minutes per 10 GB."""
    sizes = {blob.key: blob.size_bytes for blob in await storage.list_blobs(AUDIO)}
    rows = await database.scan("SELECT DISTINCT t.sha256, t.size_bytes FROM track t WHERE t.state <> 'rejected'")
    suspects = [row["sha256"] for row in rows if sizes.get(audio_key(row["sha256"])) != row["size_bytes"]]
    missing = [sha256 for sha256 in suspects if await _is_without_bytes(sha256, storage=storage, blobs=blobs)]
    yield counted("audio", missing, well=f"{len(rows)} files are there", ill="files miss or are cut", hint=_RESTORE)
    if deep:
        wrong = [row["sha256"] for row in rows if not await _is_whole(row["sha256"], storage)]
        hint = f"the disk returns other bytes than were written: replace it, and {_RESTORE}"
        yield counted("hashes", wrong, well="every byte is as it was uploaded", ill="files are damaged", hint=hint)
    yield await _covers(database, storage)
    yield await _unnamed(storage, clock)
    yield await _uploads(database, storage)


async def examine_rows(*, database: Database) -> AsyncIterator[Finding]:
    """No track stands between two states (I5, I6), and every count is that of its rows (I8)."""
    hint = "the next start of the server queues them again"
    yield counted("states", await _ids(database, _UNKNOWN_STATE), well="known", ill="tracks in none", hint=hint)
    yield counted("verifying", await _ids(database, _STRANDED), well="queued", ill="tracks wait for nobody", hint=hint)
    yield counted(
        "analysis",
        await _ids(database, _UNDECODED),
        well="every ready track has its waveform",
        ill="ready tracks have no waveform",
        hint="delete these tracks and upload them again",
    )
    dead = [f"{row['kind']} {row['subject']} ({row['last_error']})" for row in await database.scan(_DEAD_JOBS)]
    hint = "look into the log for why; the owner can upload the file again"
    yield counted("jobs", dead, well="none is given up", ill="jobs are given up", hint=hint, state="warning")
    hint = "this is a mistake of Tonearm's: report it, please"
    yield counted(
        "search", await _ids(database, _UNSEARCHED), well="finds every track", ill="are in no index", hint=hint
    )
    for name, statement in _MISCOUNTED.items():
        yield counted(name, await _ids(database, statement), well="add up", ill="tracks are miscounted", hint=hint)


async def _ids(database: Database, statement: str) -> list[str]:
    return [row["id"] for row in await database.scan(statement)]


async def _is_without_bytes(sha256: str, *, storage: Storage, blobs: Blobs) -> bool:
    """Asked under the lock: a track that was deleted or uploaded since the listing is no fault."""
    async with blobs.locked(sha256):
        track = await Track.filter(sha256=sha256).exclude(state="rejected").first()
        if track is None:
            return False
        try:
            with storage.open(audio_key(sha256)) as file:
                return bool(file.seek(0, 2) != track.size_bytes)
        except NotFound:
            return True


async def _is_whole(sha256: str, storage: Storage) -> bool:
    """Whether the bytes have their hash; bytes that are not there are told elsewhere."""
    try:
        with storage.open(audio_key(sha256)) as file:
            return await asyncio.to_thread(_hash, file) == sha256
    except NotFound:
        return True


def _hash(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


async def _covers(database: Database, storage: Storage) -> Finding:
    there = {blob.key for blob in await storage.list_blobs(COVERS)}
    rows = await database.scan("SELECT t.id, t.cover FROM track t WHERE t.cover IS NOT NULL")
    without = [row["id"] for row in rows if not there >= {cover_key(row["cover"], size.value) for size in CoverSize}]
    hint = "upload these tracks again, after deleting them"
    return counted("covers", without, well="every cover is there", ill="tracks miss their cover", hint=hint)


async def _unnamed(storage: Storage, clock: Clock) -> Finding:
    unnamed = await find_unnamed(storage)
    garbage = [blob.key for blob in unnamed if is_garbage(blob, clock=clock)]
    well = f"{len(unnamed)} files are on their way" if unnamed else "no file is without a track"
    hint = "a running server deletes them within a day"
    return counted("garbage", garbage, well=well, ill="files belong to no track", hint=hint, state="warning")


async def _uploads(database: Database, storage: Storage) -> Finding:
    """Rows are read before and after the files are listed: one that ends meanwhile is no fault."""
    before = {row["id"]: row["offset_bytes"] for row in await database.scan(_UNFINISHED)}
    sizes = {file.key: file.size_bytes for file in await storage.list_resumable()}
    after = {row["id"] for row in await database.scan(_UNFINISHED)}
    short = [id_ for id_, offset_bytes in before.items() if id_ in after and sizes.get(id_, 0) < offset_bytes]
    hint = "upload these files again: the server has less of them than it said"
    return counted("uploads", short, well=f"{len(before)} are unfinished", ill="lack bytes", hint=hint)
