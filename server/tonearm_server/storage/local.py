"""Blobs as files under one root: written beside, synced, renamed into place, the folder synced.

A crash at any point leaves the old state or the new one, and at most a staged file that the next start
removes. A sync that fails once is final: the kernel may have dropped the pages (ATC 2020, "fsync failures").
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from tonearm_api.errors import NotFound, OutOfSpace, Unavailable
from tonearm_server.storage.base import Staged, StoredBlob

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StagedFile:
    """A staged blob in the storage's own file system, so that putting it is a rename."""

    def __init__(self, folder: Path, *, min_free_bytes: int) -> None:
        descriptor, name = tempfile.mkstemp(dir=folder, prefix="staged-")
        self.path = Path(name)
        self._file = os.fdopen(descriptor, "w+b", buffering=0)
        self._hash = hashlib.sha256()
        self._min_free_bytes = min_free_bytes
        self._size_bytes = 0

    @property
    def size_bytes(self) -> int:
        return self._size_bytes

    async def append(self, piece: bytes) -> None:
        await asyncio.to_thread(self._append, piece)

    async def finish(self) -> str:
        await asyncio.to_thread(self._sync)
        return self._hash.hexdigest()

    def descriptor(self) -> int:
        return self._file.fileno()

    async def discard(self) -> None:
        await asyncio.to_thread(self._discard)

    def _append(self, piece: bytes) -> None:
        free = os.fstatvfs(self._file.fileno())
        if free.f_bavail * free.f_frsize - len(piece) < self._min_free_bytes:
            raise OutOfSpace
        with _space_errors():
            rest = memoryview(piece)
            while rest:
                rest = rest[self._file.write(rest) :]
        self._hash.update(piece)
        self._size_bytes += len(piece)

    def _sync(self) -> None:
        with _space_errors():
            os.fsync(self._file.fileno())
        os.fchmod(self._file.fileno(), 0o400)

    def _discard(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


class LocalStorage:
    """The embedded default."""

    def __init__(self, root: Path, *, min_free_bytes: int) -> None:
        """Make the folders and clear what an earlier process left half-written."""
        self._root = root
        self._staging = root / "staging"
        self._min_free_bytes = min_free_bytes
        self._staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in self._staging.iterdir():
            leftover.unlink()

    async def stage(self) -> StagedFile:
        return await asyncio.to_thread(StagedFile, self._staging, min_free_bytes=self._min_free_bytes)

    async def put(self, staged: Staged, key: str) -> None:
        await asyncio.to_thread(self._put, cast("StagedFile", staged).path, key)

    async def put_bytes(self, key: str, content: bytes) -> None:
        staged = await self.stage()
        try:
            await staged.append(content)
            await staged.finish()
            await self.put(staged, key)
        finally:
            await staged.discard()

    def open(self, key: str) -> BinaryIO:
        try:
            return (self._root / key).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise NotFound from error

    async def delete(self, key: str) -> None:
        await asyncio.to_thread((self._root / key).unlink, missing_ok=True)

    async def list_blobs(self, kind: str) -> list[StoredBlob]:
        return await asyncio.to_thread(self._list, kind)

    def check(self) -> None:
        if not os.access(self._staging, os.R_OK | os.W_OK):
            raise Unavailable("The storage folder cannot be written")

    def _list(self, kind: str) -> list[StoredBlob]:
        found = []
        for folder, _, names in os.walk(self._root / kind):
            for path in (Path(folder) / name for name in names):
                with contextlib.suppress(FileNotFoundError):  # deleted since the folder was read
                    status = path.stat()
                    key = path.relative_to(self._root).as_posix()
                    found.append(StoredBlob(key, status.st_size, status.st_mtime))
        return found

    def _put(self, source: Path, key: str) -> None:
        target = self._root / key
        _make_folders(target.parent, self._root)
        source.replace(target)
        _sync_folder(target.parent)


def _make_folders(folder: Path, root: Path) -> None:
    """Make `folder` below `root`, syncing each parent that gets a new entry."""
    if folder.is_dir():
        return
    if folder != root:
        _make_folders(folder.parent, root)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _space_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise OutOfSpace from error
        raise
