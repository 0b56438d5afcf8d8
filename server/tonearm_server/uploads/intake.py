"""The finalise step that every way of uploading ends in: durable bytes first, rows last.

A crash in between leaves bytes without a row, which nobody sees; never a row without sound.
"""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from aiohttp import web
from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_api.errors import EmptyFile
from tonearm_api.library import Track, TrackState, Visibility
from tonearm_server.audio.sandbox import Sandbox
from tonearm_server.audio.types import AudioHeader
from tonearm_server.jobs.queue import JobQueue
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import Database, transaction
from tonearm_server.kit.ids import new_id
from tonearm_server.library.blobs import Blobs
from tonearm_server.library.models import Track as TrackRow
from tonearm_server.library.recording import Description, describe
from tonearm_server.library.service import get_track
from tonearm_server.storage.base import Staged, Storage, audio_key

log = logging.getLogger(__name__)

VERIFY = "verify"
"""The job that decodes a new track; its subject is the track's id."""

_MAX_TITLE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """What finalising needs, wired once for each server."""

    storage: Storage
    sandbox: Sandbox
    blobs: Blobs
    jobs: JobQueue
    database: Database
    clock: Clock

    async def take(self, staged: Staged, *, filename: str, owner_id: str) -> tuple[Track, bool]:
        """The track of these bytes, and whether it is new. Raises the RefusedFile that says what is wrong.

        The caller discards `staged` in any case.
        """
        if staged.size_bytes == 0:
            raise EmptyFile
        sha256 = await staged.finish()
        existing = await self._find(owner_id, sha256)
        if existing is not None:
            return await self._wire(existing, owner_id), False
        header = await self.sandbox.read_header(staged.descriptor())
        async with self.blobs.locked(sha256):
            row, is_new = await self._record(staged, sha256, header, filename=filename, owner_id=owner_id)
        self.jobs.wake()
        return await self._wire(row, owner_id), is_new

    async def _record(
        self, staged: Staged, sha256: str, header: AudioHeader, *, filename: str, owner_id: str
    ) -> tuple[TrackRow, bool]:
        existing = await self._find(owner_id, sha256)
        if existing is not None:
            return existing, False
        size_bytes = staged.size_bytes
        row = self._new_row(sha256, size_bytes, header, owner_id)
        await self.storage.put(staged, audio_key(sha256))
        try:
            async with transaction(alone=True) as connection:
                await TrackRow.filter(owner_id=owner_id, sha256=sha256).using_db(connection).delete()
                await _save(row, describe_header(header, filename=filename), connection=connection)
                await self.jobs.add(VERIFY, row.id, connection=connection)
        except BaseException:
            await self.blobs.release_audio(sha256)
            raise
        log.info("track %s uploaded by %s: %s, %d bytes", row.id, owner_id, row.format, size_bytes)
        return row, True

    async def _find(self, owner_id: str, sha256: str) -> TrackRow | None:
        """This person's track of these bytes; a rejected one does not count, the bytes get another chance."""
        return await TrackRow.filter(owner_id=owner_id, sha256=sha256).exclude(state=TrackState.REJECTED).first()

    def _new_row(self, sha256: str, size_bytes: int, header: AudioHeader, owner_id: str) -> TrackRow:
        return TrackRow(
            id=new_id(),
            owner_id=owner_id,
            sha256=sha256,
            state=TrackState.VERIFYING.value,
            visibility=Visibility.MEMBERS.value,
            uploaded_at_ms=self.clock.now_ms(),
            format=header.format.value,
            size_bytes=size_bytes,
            duration_ms=header.duration_ms,
            bitrate_bps=header.bitrate_bps,
            sample_rate_hz=header.sample_rate_hz,
            channels=header.channels,
        )

    async def _wire(self, row: TrackRow, owner_id: str) -> Track:
        return await get_track(row.id, viewer_id=owner_id, database=self.database)


INTAKE: web.AppKey[Intake] = web.AppKey("intake", Intake)

MAX_UPLOAD_BYTES: web.AppKey[int] = web.AppKey("max_upload_bytes", int)


def describe_header(header: AudioHeader, *, filename: str) -> Description:
    """What the tags say, and the file's name where they say no title."""
    tags = header.tags
    return Description(
        title=tags.title or title_from_filename(filename),
        artists=tags.artists,
        album=tags.album,
        album_artist=tags.album_artist,
        genres=tags.genres,
        year=tags.year,
        track_number=tags.track_number,
        disc_number=tags.disc_number,
    )


def title_from_filename(filename: str) -> str:
    """A title from what the uploader's machine called the file; never used as a path."""
    stem = PurePosixPath(unicodedata.normalize("NFC", filename).replace("\\", "/")).stem
    visible = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in stem)
    return " ".join(visible.replace("_", " ").split())[:_MAX_TITLE] or "Untitled"


async def _save(row: TrackRow, description: Description, *, connection: BaseDBAsyncClient) -> None:
    row.title = row.artist = row.genre = row.title_sort = row.artist_sort = ""
    row.artists = row.genres = "[]"
    row.album_id = None
    await row.save(using_db=connection)
    await describe(row, description, connection=connection)
