"""The bond between tracks and stored bytes: who else has these bytes, and when they may go."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from weakref import WeakValueDictionary

from aiohttp import web

from tonearm_api.library import CoverSize
from tonearm_server.library.models import AudioAnalysis, Track
from tonearm_server.storage.base import Storage, audio_key, cover_key


class Blobs:
    """One for each server. The lock keeps a deletion from passing an upload of the same bytes."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def locked(self, content_hash: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(content_hash, asyncio.Lock())
        async with lock:
            yield

    async def release_audio(self, sha256: str) -> None:
        """Delete the bytes unless a track that was not rejected has them. Hold the lock."""
        if await Track.filter(sha256=sha256).exclude(state="rejected").exists():
            return
        await AudioAnalysis.filter(sha256=sha256).delete()
        await self._storage.delete(audio_key(sha256))

    async def release_cover(self, cover: str) -> None:
        """Delete a cover's pictures unless a track shows them."""
        async with self.locked(cover):
            if await Track.filter(cover=cover).exists():
                return
            for size in CoverSize:
                await self._storage.delete(cover_key(cover, size.value))


BLOBS: web.AppKey[Blobs] = web.AppKey("blobs", Blobs)
