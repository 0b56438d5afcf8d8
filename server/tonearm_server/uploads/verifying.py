"""The job after an upload: decode the whole file, draw its waveform and covers, say ready or rejected.

Idempotent: it may run again after a crash at any point.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import BinaryIO

from tonearm_api.errors import NotFound, RefusedFile
from tonearm_api.library import CoverSize, TrackState
from tonearm_server.audio.sandbox import Sandbox
from tonearm_server.audio.types import Analysis
from tonearm_server.jobs.queue import JobQueue
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import transaction
from tonearm_server.library.blobs import Blobs
from tonearm_server.library.models import AudioAnalysis, Track
from tonearm_server.storage.base import Storage, audio_key, cover_key
from tonearm_server.uploads.intake import VERIFY

log = logging.getLogger(__name__)

_KEPT_MS = 30 * 24 * 3600 * 1000
"""How long a rejected upload's row tells its owner why (`interface.md`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verifier:
    """Does `VERIFY` jobs."""

    storage: Storage
    sandbox: Sandbox
    blobs: Blobs

    async def verify(self, track_id: str) -> None:
        track = await Track.get_or_none(id=track_id, state=TrackState.VERIFYING.value)
        if track is None:
            return
        try:
            file = self.storage.open(audio_key(track.sha256))
        except NotFound:
            log.exception("the bytes of track %s are gone from storage", track.id)
            await self._reject(track, reason="missing_bytes")
            return
        with file:
            try:
                analysis = await self._analyse(file)
            except RefusedFile as refusal:
                await self._reject(track, reason=refusal.code)
                return
            pictures = await self._render_covers(file)
        await self._keep(track, analysis, pictures)

    async def _analyse(self, file: BinaryIO) -> Analysis:
        header = await self.sandbox.read_header(file.fileno())
        return await self.sandbox.analyse(file.fileno(), header=header)

    async def _render_covers(self, file: BinaryIO) -> dict[int, bytes]:
        """Covers by their size in pixels; none where the picture is none that can be shown."""
        try:
            return await self.sandbox.render_covers(file.fileno())
        except RefusedFile:
            return {}

    async def _keep(self, track: Track, analysis: Analysis, pictures: dict[int, bytes]) -> None:
        """Store the covers under the hash of the largest and name them, under one lock: nobody collects in between."""
        if not pictures:
            await self._accept(track, analysis, cover=None)
            return
        cover = hashlib.sha256(pictures[CoverSize.PX1024]).hexdigest()
        async with self.blobs.locked(cover):
            for size_px, content in pictures.items():
                await self.storage.put_bytes(cover_key(cover, size_px), content)
            is_kept = await self._accept(track, analysis, cover=cover)
        if not is_kept:
            await self.blobs.release_cover(cover)

    async def _accept(self, track: Track, analysis: Analysis, *, cover: str | None) -> bool:
        """Make the track ready; False where its owner has deleted it meanwhile, and nothing is kept."""
        async with self.blobs.locked(track.sha256), transaction() as connection:
            found = (
                await Track.filter(id=track.id, state=TrackState.VERIFYING.value)
                .using_db(connection)
                .update(state=TrackState.READY.value, duration_ms=analysis.duration_ms, cover=cover)
            )
            if not found:
                return False
            await AudioAnalysis.update_or_create(
                using_db=connection,
                sha256=track.sha256,
                defaults={
                    "waveform": analysis.waveform,
                    "loudness_lufs": analysis.loudness_lufs,
                    "true_peak_dbtp": analysis.true_peak_dbtp,
                    "fingerprint": analysis.fingerprint,
                },
            )
        log.info("track %s is ready", track.id)
        return True

    async def _reject(self, track: Track, *, reason: str) -> None:
        async with self.blobs.locked(track.sha256):
            await Track.filter(id=track.id).update(state=TrackState.REJECTED.value, reason=reason)
            await self.blobs.release_audio(track.sha256)
        log.info("track %s is rejected: %s", track.id, reason)


async def resume_unfinished(jobs: JobQueue) -> None:
    """Queue every track that is still verifying, whatever an engine lost."""
    async with transaction() as connection:
        unfinished = Track.filter(state=TrackState.VERIFYING.value).using_db(connection)
        for track in await unfinished.only("row_id", "id"):
            await jobs.add_missing(VERIFY, track.id, connection=connection)
    jobs.wake()


async def forget_old_rejections(clock: Clock) -> None:
    """Delete rows that said "rejected" for thirty days."""
    before_ms = clock.now_ms() - _KEPT_MS
    await Track.filter(state=TrackState.REJECTED.value, uploaded_at_ms__lt=before_ms).delete()
