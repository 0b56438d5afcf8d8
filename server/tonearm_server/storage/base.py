"""The storage protocol: staged while bytes arrive, then put under a key, immutable from then on."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple, Protocol

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


class Resumable(Staged, Protocol):
    """Staged bytes that outlive the process. Whoever has them open holds them; the system lets go for the dead."""

    async def sync(self) -> None:
        """Make what was appended durable. Raises OutOfSpace where the disk refuses; the file must then be cut."""
        ...

    async def cut(self, size_bytes: int) -> None:
        """Forget everything beyond `size_bytes`. Raises NotFound where there is less."""
        ...

    async def close(self) -> None:
        """Let go and keep the bytes. Safe after `discard`."""
        ...


class StoredBlob(NamedTuple):
    """A blob as a listing shows it; `stored_at_s` is Unix time, in seconds."""

    key: str
    size_bytes: int
    stored_at_s: float


class Storage(Protocol):
    """Blobs by key. Keys are made from hashes, never from what people wrote."""

    async def stage(self) -> Staged: ...

    async def resume(self, name: str) -> Resumable:
        """The staged file of that name, made where there is none. Raises Locked while somebody holds it.

        Cut it to what is known to be durable before anything else. The caller closes it.
        """
        ...

    async def list_resumable(self) -> list[StoredBlob]:
        """Every file of `resume`, by its name."""
        ...

    def free_bytes(self) -> int:
        """Room for staged bytes, without the floor that is kept free."""
        ...

    async def put(self, staged: Staged, key: str) -> None:
        """Move finished bytes under `key`: durable when this returns, whole or not at all."""
        ...

    async def put_bytes(self, key: str, content: bytes) -> None: ...

    def open(self, key: str) -> BinaryIO:
        """The blob, open for reading. Raises NotFound, or Unavailable for now. The caller closes it."""
        ...

    async def delete(self, key: str) -> None:
        """Remove a blob; one that is gone is no error."""
        ...

    async def list_blobs(self, kind: str) -> list[StoredBlob]:
        """Every blob whose key begins with `kind` and a slash, in no order."""
        ...

    def check(self) -> None:
        """Raise Unavailable where bytes cannot be read and written."""
        ...


STORAGE: web.AppKey[Storage] = web.AppKey("storage", Storage)


AUDIO, COVERS = "audio", "covers"
"""Kinds of blobs: the first part of their keys."""


def audio_key(sha256: str) -> str:
    return f"{AUDIO}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def cover_key(cover: str, size_px: int) -> str:
    return f"{COVERS}/{cover[:2]}/{cover[2:4]}/{cover}-{size_px}"


def hash_of(key: str) -> str:
    """The hash that an audio's or a cover's key is made of."""
    return key.rpartition("/")[2].partition("-")[0]
