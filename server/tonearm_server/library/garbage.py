"""Blobs that no row names: what a crash between a row and its bytes leaves behind, and when it may go."""

from __future__ import annotations

import logging

from tonearm_server.kit.clock import Clock
from tonearm_server.library.blobs import Blobs
from tonearm_server.library.models import Track
from tonearm_server.storage.base import AUDIO, COVERS, Storage, StoredBlob, hash_of

log = logging.getLogger(__name__)

GRACE_S = 24 * 3600
"""Bytes come before the row that names them, and verifying a long recording takes a while (invariant I4)."""


async def find_unnamed(storage: Storage) -> list[StoredBlob]:
    """Every blob that no track names now, also those whose row is only on its way. Lists the whole storage."""
    unnamed = []
    for kind, names in ((AUDIO, _audio_names()), (COVERS, _cover_names())):
        blobs = await storage.list_blobs(kind)  # before the names: what is stored meanwhile is not in the list
        named = await names
        unnamed += [blob for blob in blobs if hash_of(blob.key) not in named]
    return unnamed


def is_garbage(blob: StoredBlob, *, clock: Clock) -> bool:
    """Whether an unnamed blob has waited longer than any upload takes to name it."""
    return blob.stored_at_s < clock.now_ms() / 1000 - GRACE_S


async def collect_garbage(storage: Storage, *, blobs: Blobs, clock: Clock) -> None:
    """Delete blobs that nobody has named for a day."""
    for blob in await find_unnamed(storage):
        if is_garbage(blob, clock=clock):
            await _release(blob, blobs)
            log.info("garbage collected: %s, %d bytes", blob.key, blob.size_bytes)


async def _release(blob: StoredBlob, blobs: Blobs) -> None:
    """Asks again, under the lock: the same bytes may have been uploaded since."""
    content_hash = hash_of(blob.key)
    if blob.key.startswith(COVERS):
        await blobs.release_cover(content_hash)
        return
    async with blobs.locked(content_hash):
        await blobs.release_audio(content_hash)


async def _audio_names() -> set[str]:
    return set(await Track.exclude(state="rejected").distinct().values_list("sha256", flat=True))  # type: ignore[arg-type]  # Tortoise types flat lists as tuples


async def _cover_names() -> set[str]:
    return set(await Track.exclude(cover=None).distinct().values_list("cover", flat=True))  # type: ignore[arg-type]  # Tortoise types flat lists as tuples
