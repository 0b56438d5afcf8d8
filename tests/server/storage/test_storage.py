"""What every storage promises: whole or not at all, immutable, nothing left behind."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from tonearm_api.errors import NotFound, OutOfSpace, Unavailable
from tonearm_server.storage.base import Storage, audio_key, cover_key
from tonearm_server.storage.local import LocalStorage

CONTENT = os.urandom(300_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
KEY = audio_key(DIGEST)


@pytest.fixture(params=["local"])
def storage(tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path / "blobs", min_free_bytes=0)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_bytes_come_back_as_they_went_in(storage: Storage) -> None:
    staged = await storage.stage()
    for start in range(0, len(CONTENT), 70_000):
        await staged.append(CONTENT[start : start + 70_000])

    assert await staged.finish() == DIGEST
    assert staged.size_bytes == len(CONTENT)
    await storage.put(staged, KEY)
    await staged.discard()

    with storage.open(KEY) as file:
        assert file.read() == CONTENT


async def test_staged_bytes_can_be_read_before_they_are_put(storage: Storage) -> None:
    staged = await storage.stage()
    await staged.append(CONTENT)
    await staged.finish()

    assert os.pread(staged.descriptor(), 10, 100) == CONTENT[100:110]
    await staged.discard()


async def test_what_is_discarded_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    staged = await storage.stage()
    await staged.append(CONTENT)

    await staged.discard()
    await staged.discard()

    assert files(tmp_path) == []
    with pytest.raises(NotFound):
        storage.open(KEY)


async def test_putting_the_same_key_again_is_no_error(storage: Storage) -> None:
    for _ in range(2):
        await storage.put_bytes(cover_key(DIGEST, 64), b"picture")

    with storage.open(cover_key(DIGEST, 64)) as file:
        assert file.read() == b"picture"


async def test_deleting_twice_is_no_error(storage: Storage) -> None:
    await storage.put_bytes(KEY, CONTENT)

    await storage.delete(KEY)
    await storage.delete(KEY)

    with pytest.raises(NotFound):
        storage.open(KEY)


async def test_an_open_blob_outlives_its_deletion(storage: Storage) -> None:
    await storage.put_bytes(KEY, CONTENT)

    with storage.open(KEY) as file:
        await storage.delete(KEY)

        assert file.read() == CONTENT


async def test_the_floor_of_free_space_is_kept(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "blobs", min_free_bytes=2**62)
    staged = await storage.stage()

    with pytest.raises(OutOfSpace):
        await staged.append(b"x")
    await staged.discard()


async def test_a_start_clears_what_was_half_written(tmp_path: Path) -> None:
    abandoned = await LocalStorage(tmp_path / "blobs", min_free_bytes=0).stage()
    await abandoned.append(CONTENT)

    LocalStorage(tmp_path / "blobs", min_free_bytes=0)

    assert files(tmp_path) == []
    await abandoned.discard()


async def test_blobs_cannot_be_written_by_anyone(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "blobs", min_free_bytes=0)
    await storage.put_bytes(KEY, CONTENT)

    assert (tmp_path / "blobs" / KEY).stat().st_mode & 0o777 == 0o400


async def test_a_disk_that_fails_is_unavailable_and_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    storage = LocalStorage(tmp_path / "blobs", min_free_bytes=0)
    monkeypatch.setattr("io.FileIO", fail)

    with pytest.raises(Unavailable):
        storage.open(KEY)
    assert f"the disk did not give {KEY}" in caplog.text
