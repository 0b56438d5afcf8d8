"""What a crash, a day and a full disk do to resumable uploads: nothing acknowledged is lost, nothing stays behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.audio import make_audio
from tests.server.uploads.tus import Tus, checksum, half_sent, tus_of
from tests.support import (
    OTHER_EMAIL,
    OTHER_PASSWORD,
    RunningServer,
    add_user,
    errors_of,
    owner_client,
    start_server,
    until,
    verdict,
)

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat

HUGE = 1 << 55
"""No disk of ours has room for that."""


class House:
    """One data folder, whose server is started again and again."""

    def __init__(self, data: Path) -> None:
        self.server = start_server(data, max_upload_bytes=str(HUGE))

    def restart(self) -> None:
        self.server.stop()
        assert errors_of(self.server) == ""
        self.server = start_server(self.server.data, max_upload_bytes=str(HUGE), port="0")

    def file_of(self, path: str) -> Path:
        return self.server.data / "blobs" / "resumable" / path.rpartition("/")[2]

    def write(self, statement: str, *values: str | int) -> None:
        """Change the database of a server that is stopped."""
        database = sqlite3.connect(self.server.data / "tonearm.db")
        with database:
            database.execute(statement, values)
        database.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house") / "data")
    add_user(house.server, OTHER_EMAIL, OTHER_PASSWORD)
    yield house
    house.server.stop()


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    async with owner_client(house.server) as owner:
        yield owner


@pytest.fixture
def song(tmp_path: Path) -> bytes:
    """Some megabytes: more than is written at once."""
    return make_audio(tmp_path / "x.wav", format=AudioFormat.WAV, seconds=40, frequency_hz=321).read_bytes()


async def test_kill_9_while_bytes_come_loses_nothing_that_was_acknowledged(
    house: House, client: Client, song: bytes
) -> None:
    acknowledged = 100_000
    async with tus_of(client) as tus:
        path = await tus.begin(len(song))
        await tus.patch(path, song[:acknowledged], offset=0)
        async with half_sent(
            house.server, client, path, offset=acknowledged, length=len(song) - acknowledged
        ) as sender:
            await sender.send(song[acknowledged:-1000])
            await until(lambda: _is_longer(house.file_of(path), acknowledged), what="more than that is written")
            house.server.kill()
    house.restart()

    async with owner_client(house.server) as owner, tus_of(owner) as tus:
        offset = await tus.offset(path)
        answer = await tus.patch(path, song[offset:], offset=offset)
        track = await verdict(owner, answer.headers["Tonearm-Track"])
        heard = (await tus.http.get(f"/stream/{track.id}")).content
    assert offset >= acknowledged
    assert heard == song
    assert not house.file_of(path).exists()


@pytest.mark.parametrize("is_put", [False, True], ids=["before its bytes are put", "after its bytes are put"])
async def test_a_crash_between_the_last_byte_and_its_track_is_made_good_at_the_next_start(
    house: House, client: Client, tmp_path: Path, is_put: bool
) -> None:
    pitch_hz = 500 + is_put
    whole = make_audio(tmp_path / "y.flac", format=AudioFormat.FLAC, frequency_hz=pitch_hz).read_bytes()
    async with tus_of(client) as tus:
        path = await tus.begin(len(whole))
        await tus.patch(path, whole[:-1], offset=0)
    house.server.stop()
    with house.file_of(path).open("ab") as file:
        file.write(whole[-1:])
    house.write("UPDATE upload SET offset_bytes = length_bytes WHERE id = ?", house.file_of(path).name)
    if is_put:
        (house.server.data / "blobs" / "audio" / "put").hardlink_to(house.file_of(path))
        house.file_of(path).chmod(0o400)
    house.restart()

    async with owner_client(house.server) as owner, tus_of(owner) as tus:

        async def settled() -> str | None:
            told = (await tus.http.get(path)).json()
            return None if told["state"] in {"receiving", "verifying"} else str(told["track_id"])

        track_id = await until(settled, what="the upload becomes a track")
        head = await tus.head(path)
        heard = (await tus.http.get(f"/stream/{track_id}")).content
    assert head.headers["Tonearm-Track"] == track_id
    assert heard == whole
    assert not house.file_of(path).exists()


async def test_an_upload_whose_bytes_are_gone_is_404_so_that_it_is_begun_anew(house: House, client: Client) -> None:
    async with tus_of(client) as tus:
        path = await tus.begin(1000)
        await tus.patch(path, b"x" * 300, offset=0)
        house.file_of(path).unlink()

        answer = await tus.patch(path, b"x" * 300, offset=300)
        after = await tus.head(path)

    assert (answer.status_code, after.status_code) == (404, 404)


async def test_what_is_unfinished_for_a_day_is_forgotten_and_strays_are_collected(house: House, client: Client) -> None:
    async with tus_of(client) as tus:
        old, young = await tus.begin(1000), await tus.begin(1000)
        for path in (old, young):
            await tus.patch(path, b"x" * 300, offset=0)
    house.server.stop()
    stray, fresh_stray = house.file_of("/stray"), house.file_of("/freshstray")
    for file in (stray, fresh_stray):
        file.write_bytes(b"x")
    two_days_ago = time.time() - 2 * 24 * 3600
    for file in (stray, house.file_of(young)):
        os.utime(file, (two_days_ago, two_days_ago))
    house.write("UPDATE upload SET expires_at_ms = 1 WHERE id = ?", house.file_of(old).name)
    house.restart()

    async def collected() -> bool:
        return not (stray.exists() or house.file_of(old).exists())

    await until(collected, what="the expired upload and the stray are deleted")
    async with owner_client(house.server) as owner, tus_of(owner) as tus:
        assert (await tus.head(old)).status_code == 404
        assert await tus.offset(young) == 300
    assert fresh_stray.exists()


async def test_what_is_promised_to_one_is_not_promised_to_another(house: House, client: Client) -> None:
    room = os.statvfs(house.server.data)
    most, much = (int(room.f_bavail * room.f_frsize * share) for share in (0.6, 0.45))
    async with tus_of(client) as tus, others_tus_of(house.server) as others_tus:
        too_much = await tus.create(HUGE)
        first, second = await others_tus.create(most), await tus.create(much)
        await others_tus.end(first.headers["Location"])
        third = await tus.create(much)
        await tus.end(third.headers["Location"])

    assert (too_much.status_code, too_much.json()["code"]) == (507, "out_of_space")
    assert [first.status_code, second.status_code, third.status_code] == [201, 507, 201]


async def test_one_person_cannot_promise_all_room_to_herself(house: House, client: Client) -> None:
    room = os.statvfs(house.server.data)
    much = int(room.f_bavail * room.f_frsize * 0.4)
    async with tus_of(client) as tus, others_tus_of(house.server) as others_tus:
        first, second, others = await tus.create(much), await tus.create(much), await others_tus.create(much)
        await others_tus.end(others.headers["Location"])
        await tus.end(first.headers["Location"])

    assert (first.status_code, second.status_code, others.status_code) == (201, 409, 201)
    assert second.json()["code"] == "too_many_uploads"


async def test_a_disk_that_is_full_midway_keeps_what_came_and_takes_the_rest_later(
    house: House, client: Client
) -> None:
    content = os.urandom(6_000_000)
    async with tus_of(client) as tus:
        path = await tus.begin(len(content))
        with full_beyond(2_500_000, house.server):
            answer = await tus.patch(path, content, offset=0)
            kept = await tus.offset(path)
            checked = await tus.patch(path, content[kept:], offset=kept, upload_checksum=checksum(content[kept:]))
            unchanged = await tus.offset(path)
        last = await tus.patch(path, content[kept:-1], offset=kept)

        assert (answer.status_code, checked.status_code) == (507, 507)
        assert 0 < kept == unchanged <= 2_500_000
        assert (last.status_code, await tus.offset(path)) == (204, len(content) - 1)
        assert await asyncio.to_thread(house.file_of(path).read_bytes) == content[:-1]
        await tus.end(path)
    assert errors_of(house.server) == ""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace fills the disk: apt-get install strace")
async def test_a_disk_without_room_for_a_folder_is_507_and_the_track_is_made_later(tmp_path: Path, song: bytes) -> None:
    data = tmp_path / "full"
    folder = data / "blobs" / "audio"
    inject = ("-P", str(folder), "-e", "trace=/^mkdir", "-e", "inject=/^mkdir:error=ENOSPC")
    server = start_server(data, under=("strace", "-D", "-f", "-qq", "-o", "/dev/null", *inject))
    try:
        async with owner_client(server) as owner, tus_of(owner) as tus:
            path = await tus.begin(len(song))
            full = await tus.patch(path, song, offset=0)
            folder.mkdir(mode=0o700)
            later = await tus.patch(path, b"", offset=len(song))
    finally:
        server.stop()

    assert (full.status_code, full.json()["code"]) == (507, "out_of_space")
    assert (later.status_code, "Tonearm-Track" in later.headers) == (204, True)
    assert errors_of(server) == ""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace breaks the disk: apt-get install strace")
async def test_a_sync_that_fails_acknowledges_nothing_and_the_bytes_can_be_sent_again(
    house: House, client: Client, song: bytes
) -> None:
    half = len(song) // 2
    async with tus_of(client) as tus:
        path = await tus.begin(len(song))
        await tus.patch(path, song[:half], offset=0)
    inject = ("-P", str(house.file_of(path)), "-e", "trace=fsync", "-e", "inject=fsync:error=EIO")
    house.server.stop()
    house.server = start_server(house.server.data, under=("strace", "-D", "-f", "-qq", "-o", "/dev/null", *inject))

    async with owner_client(house.server) as owner, tus_of(owner) as tus:
        refused = await tus.patch(path, song[half:], offset=half)
        kept = await tus.offset(path)
    house.server.stop()
    said = errors_of(house.server)
    house.server = start_server(house.server.data, max_upload_bytes=str(HUGE))

    async with owner_client(house.server) as owner, tus_of(owner) as tus:
        answer = await tus.patch(path, song[half:], offset=half)
        heard = (await tus.http.get(f"/stream/{answer.headers['Tonearm-Track']}")).content
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert "the disk does not take" in said
    assert (kept, heard) == (half, song)


async def test_a_server_without_a_file_to_spare_says_so_and_goes_on_when_it_has_one(
    house: House, client: Client, song: bytes
) -> None:
    async with tus_of(client) as tus:
        path = await tus.begin(len(song))
        with limited(house.server, resource.RLIMIT_NOFILE, 4):
            refused = [
                await tus.patch(path, song, offset=0),
                await tus.http.post("/api/v1/tracks", files={"file": ("x.wav", song)}),
            ]
        answer = await tus.patch(path, song, offset=0)

    assert [(503, "unavailable", "5")] * 2 == [
        (each.status_code, each.json()["code"], each.headers["Retry-After"]) for each in refused
    ]
    assert "Tonearm-Track" in answer.headers
    assert errors_of(house.server) == ""


async def test_a_sender_that_fell_silent_loses_the_upload_and_none_of_its_bytes(
    house: House, client: Client, song: bytes
) -> None:
    async with tus_of(client) as tus:
        path = await tus.begin(len(song))

        async def taken_over() -> int | None:
            """Asked for bytes that it has long had, the upload tells where it stands."""
            answer = await tus.patch(path, song[:10], offset=0)
            return None if answer.status_code == 423 else int(answer.headers["Upload-Offset"])

        async with half_sent(house.server, client, path, offset=0, length=len(song)) as silent:
            await silent.send(song[:-10])
            await until(lambda: _is_longer(house.file_of(path), 1_000_000), what="some of it is written")
            kept = await until(taken_over, what="the upload is taken over")
            told = await silent.answer()
        answer = await tus.patch(path, song[kept:], offset=kept)
        heard = (await tus.http.get(f"/stream/{answer.headers['Tonearm-Track']}")).content

    assert told.startswith(b"HTTP/1.1 408")
    assert (kept, heard) == (len(song) - 10, song)


async def test_the_last_thousand_finished_uploads_of_a_person_are_kept(house: House, client: Client) -> None:
    house.server.stop()
    house.write(
        "WITH RECURSIVE n (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM n WHERE number < 1001)"
        " INSERT INTO upload (id, owner_id, filename, length_bytes, offset_bytes, expires_at_ms, reason)"
        " SELECT printf('finished%04d', number), id, '', 1, 1, ? + number, 'empty_file' FROM n, user_account"
        " WHERE email = ?",
        1 << 50,
        OTHER_EMAIL,
    )
    house.restart()

    async def status_of(tus: Tus, number: int) -> int:
        return (await tus.http.get(f"/api/v1/uploads/finished{number:04}")).status_code

    async with others_tus_of(house.server) as tus:

        async def are_few() -> bool:
            return await status_of(tus, 0) == 404

        await until(are_few, what="the oldest are forgotten")
        assert [404, 200, 200] == [await status_of(tus, number) for number in (1, 2, 1001)]


async def test_one_upload_that_cannot_be_put_in_order_keeps_no_other_from_it(house: House, client: Client) -> None:
    async with tus_of(client) as tus:
        bad, old = [house.file_of(await tus.begin(1000)) for _ in range(2)]
        await tus.patch(f"/api/v1/uploads/{old.name}", b"x" * 300, offset=0)
    house.server.stop()
    stray = house.file_of("/stray")
    stray.write_bytes(b"x")
    os.utime(stray, (1, 1))
    bad.mkdir()
    for expires_at_ms, file in enumerate((bad, old), 1):
        house.write("UPDATE upload SET expires_at_ms = ? WHERE id = ?", expires_at_ms, file.name)
    house.restart()

    async def collected() -> bool:
        return not (old.exists() or stray.exists())

    await until(collected, what="the expired upload and the stray are deleted")
    assert errors_of(house.server) == ""


@contextlib.asynccontextmanager
async def others_tus_of(server: RunningServer) -> AsyncIterator[Tus]:
    async with Client(server.url) as other:
        await other.log_in(email=OTHER_EMAIL, password=OTHER_PASSWORD)
        async with tus_of(other) as tus:
            yield tus


@contextlib.contextmanager
def full_beyond(size_bytes: int, server: RunningServer) -> Iterator[None]:
    """No file of the server's grows beyond that: what is written is cut short, then refused (EFBIG)."""
    with limited(server, resource.RLIMIT_FSIZE, size_bytes):
        yield


@contextlib.contextmanager
def limited(server: RunningServer, limit: int, value: int) -> Iterator[None]:
    """Under another soft limit for as long as the block lasts."""
    before = resource.prlimit(server.process.pid, limit)
    resource.prlimit(server.process.pid, limit, (value, before[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, limit, before)


async def _is_longer(file: Path, size_bytes: int) -> bool:
    return await asyncio.to_thread(lambda: file.stat().st_size > size_bytes)
