"""The storage protocol: staged while bytes arrive, then put under a key, immutable from then on."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from aiohttp import web


class Staged(Protocol):
    """Bytes on their way in. Hashes and counts as it writes; discard it or put it, once."""

    @property
    def size_bytes(self) -> int: ...

    async def append(self, piece: bytes) -> None:
        """Raises OutOfSpace where the disk is full or would fall below its floor."""
        ...

    async def finish(self) -> str:
        """Make the bytes durable; returns their SHA-256 in hex. Raises OutOfSpace where the disk refuses."""
        ...

    def descriptor(self) -> int:
        """A descriptor to read the bytes from, open until the bytes are put or discarded."""
        ...

    async def discard(self) -> None:
        """Leave nothing behind. Safe to call again, and after `Storage.put`."""
        ...


class Storage(Protocol):
    """Blobs by key. Keys are made from hashes, never from what people wrote."""

    async def stage(self) -> Staged: ...

    async def put(self, staged: Staged, key: str) -> None:
        """Move finished bytes under `key`: durable when this returns, whole or not at all."""
        ...

    async def put_bytes(self, key: str, content: bytes) -> None: ...

    def open(self, key: str) -> BinaryIO:
        """The blob, open for reading. Raises NotFound. The caller closes it."""
        ...

    async def delete(self, key: str) -> None:
        """Remove a blob; one that is gone is no error."""
        ...

    def check(self) -> None:
        """Raise Unavailable where bytes cannot be read and written."""
        ...


STORAGE: web.AppKey[Storage] = web.AppKey("storage", Storage)


def audio_key(sha256: str) -> str:
    return f"audio/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def cover_key(cover: str, size_px: int) -> str:
    return f"covers/{cover[:2]}/{cover[2:4]}/{cover}-{size_px}"
