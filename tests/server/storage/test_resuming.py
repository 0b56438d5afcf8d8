"""Staged bytes that outlive their process: held by one, cut to what is known, there until they are discarded."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tonearm_api.errors import Locked, NotFound, OutOfSpace
from tonearm_server.storage.base import Storage, audio_key
from tonearm_server.storage.local import LocalStorage

CONTENT = os.urandom(300_000)
KEY = audio_key(hashlib.sha256(CONTENT).hexdigest())


def open_storage(folder: Path) -> LocalStorage:
    return LocalStorage(folder / "blobs", min_free_bytes=0)


@pytest.fixture(params=["local"])
def storage(tmp_path: Path) -> Storage:
    return open_storage(tmp_path)


async def test_a_new_process_goes_on_where_the_old_one_was(storage: Storage, tmp_path: Path) -> None:
    first = await storage.resume("song")
    await first.append(CONTENT[:100_000])
    await first.sync()
    await first.close()

    second = await open_storage(tmp_path).resume("song")
    await second.cut(100_000)
    await second.append(CONTENT[100_000:])

    assert await second.finish() == hashlib.sha256(CONTENT).hexdigest()
    assert second.size_bytes == len(CONTENT)
    await second.discard()


async def test_what_is_beyond_the_cut_is_forgotten(storage: Storage) -> None:
    staged = await storage.resume("song")
    await staged.append(CONTENT[:1000] + b"never acknowledged")
    await staged.cut(1000)
    await staged.append(CONTENT[1000:])

    assert await staged.finish() == hashlib.sha256(CONTENT).hexdigest()
    await staged.discard()


async def test_bytes_that_are_not_there_cannot_be_gone_on_from(storage: Storage) -> None:
    staged = await storage.resume("song")

    with pytest.raises(NotFound):
        await staged.cut(1)
    await staged.discard()


async def test_one_holds_it_at_a_time(storage: Storage, tmp_path: Path) -> None:
    held = await storage.resume("song")

    for other in (storage, open_storage(tmp_path)):
        with pytest.raises(Locked):
            await other.resume("song")
    await held.close()

    again = await storage.resume("song")
    await again.discard()


@pytest.mark.parametrize("has_links", [True, False])
async def test_bytes_that_were_put_can_be_put_again_until_they_are_discarded(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    for _ in range(2):
        staged = await storage.resume("song")
        await staged.cut(0 if staged.size_bytes == 0 else len(CONTENT))
        await staged.append(CONTENT[staged.size_bytes :])
        await staged.finish()
        await storage.put(staged, KEY)
        await staged.close()

    with storage.open(KEY) as file:
        assert file.read() == CONTENT
    assert [blob.key for blob in await storage.list_resumable()] == ["song"]


async def test_a_blob_stays_when_its_staged_bytes_are_discarded_and_cannot_be_written(
    storage: Storage, tmp_path: Path
) -> None:
    staged = await storage.resume("song")
    await staged.append(CONTENT)
    await staged.finish()
    await storage.put(staged, KEY)
    await staged.discard()
    await staged.close()

    with storage.open(KEY) as file:
        assert file.read() == CONTENT
    assert await storage.list_resumable() == []
    assert (tmp_path / "blobs" / KEY).stat().st_mode & 0o777 == 0o400


async def test_the_floor_of_free_space_is_kept(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "blobs", min_free_bytes=2**62)
    staged = await storage.resume("song")

    with pytest.raises(OutOfSpace):
        await staged.append(b"x")
    await staged.discard()
    assert storage.free_bytes() == 0
