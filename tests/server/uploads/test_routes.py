"""Uploads through the front door: what is taken, what is refused and why, and that nothing stays behind."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.audio import make_audio, png_cover
from tests.support import (
    OWNER_EMAIL,
    OWNER_NAME,
    OWNER_PASSWORD,
    RunningServer,
    errors_of,
    raw,
    running_server,
    start_server,
    until,
    upload,
    verdict,
)

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, CoverSize, ListTracks, TrackState
from tonearm_server.audio.types import AudioTags

pytestmark = pytest.mark.db

TAGS = AudioTags(
    title="Glass Signals",
    artists=["Кобальт", "静かな部屋"],
    album="Rooms",
    album_artist="Кобальт",
    genres=["Ambient", "Jazz"],
    year=2026,
    track_number=3,
    disc_number=1,
)


@pytest.fixture
async def http(owner: Client) -> AsyncIterator[httpx.AsyncClient]:
    async with raw(owner) as client:
        yield client


def blobs(server: RunningServer) -> set[Path]:
    return {path for path in (server.data / "blobs").rglob("*") if path.is_file()}


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


async def post_file(http: httpx.AsyncClient, content: bytes, name: str = "x.mp3") -> httpx.Response:
    return await http.post("/api/v1/tracks", files={"file": (name, content)})


@pytest.mark.parametrize("audio_format", list(AudioFormat))
async def test_each_format_is_taken_with_its_tags_and_becomes_ready(
    owner: Client, tmp_path: Path, audio_format: AudioFormat
) -> None:
    path = make_audio(tmp_path / "x.bin", format=audio_format, seconds=1.5, tags=TAGS)

    track = await upload(owner, path)

    assert (track.state, track.reason, track.format) == (TrackState.READY, None, audio_format)
    assert track.title == "Glass Signals"
    assert track.artists == ["Кобальт", "静かな部屋"]
    assert (track.album, track.year, track.track_number) == ("Rooms", 2026, 3)
    assert track.duration_ms is not None
    assert abs(track.duration_ms - 1500) < 150
    assert track.size_bytes == path.stat().st_size
    assert len(await owner.waveform(track.id)) == 800


async def test_a_file_without_tags_is_called_by_its_name(owner: Client, tmp_path: Path) -> None:
    track = await owner.upload_track(make_audio(tmp_path / "My_Song.flac", format=AudioFormat.FLAC, seconds=0.9))

    assert (track.title, track.artists, track.album) == ("My Song", [], None)


async def test_the_cover_is_rendered_in_each_size(owner: Client, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=1, cover=png_cover(700, "#F5A524"))

    track = await upload(owner, path)

    assert track.has_cover
    for size in CoverSize:
        assert (await owner.cover(track.id, size=size))[8:12] == b"WEBP"


async def test_the_same_bytes_again_are_the_same_track(http: httpx.AsyncClient, tmp_path: Path) -> None:
    content = make_audio(tmp_path / "x.mp3", format=AudioFormat.MP3, seconds=1.1).read_bytes()

    first, second = await post_file(http, content), await post_file(http, content, "other name.mp3")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


async def test_parallel_uploads_of_the_same_bytes_are_one_track(http: httpx.AsyncClient, tmp_path: Path) -> None:
    content = make_audio(tmp_path / "x.mp3", format=AudioFormat.MP3, seconds=1.2).read_bytes()

    answers = await asyncio.gather(*(post_file(http, content) for _ in range(8)))

    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]


async def test_two_people_with_the_same_bytes_share_the_blob(
    server: RunningServer, owner: Client, other: Client, tmp_path: Path
) -> None:
    path = make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=1.3)
    mine, theirs = await upload(owner, path), await upload(other, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()

    assert mine.id != theirs.id
    assert [digest] == [blob.name for blob in blobs(server) if blob.name == digest]
    await owner.delete_track(mine.id)
    assert digest in {blob.name for blob in blobs(server)}
    await other.delete_track(theirs.id)
    assert digest not in {blob.name for blob in blobs(server)}


HLS = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1/secret.ts\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "empty_file"),
        (b"just some text, not audio\n" * 100, 415, "unknown_format"),
        (HLS, 415, "playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", 415, "playlist"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), 415, "unknown_format"),
        (b"PK\x03\x04" + bytes(200), 415, "unknown_format"),
    ],
)
async def test_what_is_no_audio_is_refused_by_name_and_leaves_nothing(
    server: RunningServer, http: httpx.AsyncClient, content: bytes, status: int, code: str
) -> None:
    before = blobs(server)

    answer = await post_file(http, content)

    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert before == blobs(server)


async def test_a_flac_cut_in_half_is_refused_and_leaves_nothing(
    server: RunningServer, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    content = make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=4).read_bytes()
    before = blobs(server)

    answer = await post_file(http, content[: len(content) // 2], "x.flac")

    assert (answer.status_code, answer.json()["code"]) == (422, "truncated")
    assert before == blobs(server)


async def test_what_only_decoding_finds_is_rejected_with_a_reason_and_its_bytes_freed(
    server: RunningServer, owner: Client, tmp_path: Path
) -> None:
    path = make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=5)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = os.urandom(4000)
    path.chmod(0o600)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()

    track = await upload(owner, path)

    assert track.state is TrackState.REJECTED
    assert track.reason in {"undecodable", "truncated"}

    async def are_gone() -> bool:
        return digest not in {blob.name for blob in blobs(server)}

    await until(are_gone, what="the bytes to be freed after the verdict")
    mine = await owner.list_tracks(ListTracks(mine=True))
    everyones = await owner.list_tracks(ListTracks())
    assert track.id in {item.id for item in mine.items}
    assert track.id not in {item.id for item in everyones.items}


async def test_memory_does_not_grow_with_the_file(server: RunningServer, http: httpx.AsyncClient) -> None:
    pid = server.process.pid
    await post_file(http, b"x" * 1000)
    before_kib = resident_kib(pid)

    for _ in range(2):
        answer = await post_file(http, b"no audio at all " * (8 * 1024 * 1024))
        assert answer.status_code == 415

    assert resident_kib(pid) - before_kib < 24 * 1024


async def test_a_file_over_the_limit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with running_server(tmp_path / "data", max_upload_bytes="100000") as server:
        async with Client(server.url) as client:
            await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name=OWNER_NAME, token=server.owner_token)
            async with raw(client) as http:
                declared = await post_file(http, bytes(3_000_000))
                just_over = await post_file(http, bytes(100_001))

        assert [(a.status_code, a.json()["code"]) for a in (declared, just_over)] == [(413, "too_large")] * 2
        assert not blobs(server)


async def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with running_server(tmp_path / "data", min_free_bytes=str(2**60)) as server:
        async with Client(server.url) as client:
            await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name=OWNER_NAME, token=server.owner_token)
            async with raw(client) as http:
                answer = await post_file(http, bytes(1000))

        assert (answer.status_code, answer.json()["code"]) == (507, "out_of_space")
        assert not blobs(server)


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Content-Type": "application/octet-stream"}, b"abc", 415),
        ({"Content-Type": "multipart/form-data"}, b"abc", 400),
        ({"Content-Type": "multipart/form-data; boundary=b"}, b"nonsense", 400),
        ({"Content-Type": "multipart/form-data; boundary=b", "Content-Encoding": "gzip"}, b"--b--", 415),
        (
            {"Content-Type": "multipart/form-data; boundary=b"},
            b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nabc\r\n--b--\r\n',
            422,
        ),
    ],
)
async def test_a_body_that_is_no_upload_is_refused(
    http: httpx.AsyncClient, headers: dict[str, str], content: bytes, status: int
) -> None:
    answer = await http.post("/api/v1/tracks", content=content, headers=headers)

    assert status == answer.status_code
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_upload_that_is_cut_off_leaves_nothing(server: RunningServer, owner: Client) -> None:
    before = blobs(server)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    async with raw(owner) as http:
        token = http.headers["Authorization"]
    head = f"POST /api/v1/tracks HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n"
    kind = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n"
    part = '--b\r\nContent-Disposition: form-data; name="file"; filename="x.mp3"\r\n\r\n'
    writer.write((head + kind + part).encode() + bytes(2_000_000))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    del reader

    async def is_clean() -> bool:
        return blobs(server) == before

    await until(is_clean, what="the cut-off upload to be cleared away")
    assert not errors_of(server)


async def test_nobody_uploads_without_signing_in(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        assert (await post_file(http, b"abc")).status_code == 401


@pytest.mark.parametrize("name", ["../../etc/passwd", "-i x;touch pwn.mp3", "\u202egpj.mp3", "x" * 300])
async def test_a_hostile_file_name_is_only_a_title(
    server: RunningServer, http: httpx.AsyncClient, tmp_path: Path, name: str
) -> None:
    seconds = 1 + len(name) / 1000
    content = make_audio(tmp_path / "x.mp3", format=AudioFormat.MP3, seconds=seconds).read_bytes()

    answer = await post_file(http, content, name)

    assert answer.status_code == 201
    assert not any(ord(character) < 32 for character in answer.json()["title"])
    assert all(len(blob.name) >= 64 or "staging" in blob.parts for blob in blobs(server))


async def test_a_file_name_that_breaks_the_headers_is_refused(http: httpx.AsyncClient) -> None:
    answer = await post_file(http, b"abc", "a\x1b[2J.mp3")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_a_track_deleted_while_it_is_verified_leaves_nothing(
    server: RunningServer, owner: Client, tmp_path: Path
) -> None:
    before = blobs(server)
    for number in range(4):
        cover = png_cover(500 + number, "#F5A524")
        path = make_audio(tmp_path / f"{number}.flac", format=AudioFormat.FLAC, seconds=2 + number / 10, cover=cover)
        track = await owner.upload_track(path)
        await asyncio.sleep(number * 0.05)
        await owner.delete_track(track.id)

    async def is_clean() -> bool:
        return blobs(server) == before

    await until(is_clean, what="everything of the deleted tracks to be gone")


async def test_a_track_of_very_many_artists_is_taken(owner: Client, tmp_path: Path) -> None:
    tags = AudioTags(title="Crowd", artists=[f"{n} {'x' * 48}" for n in range(12)], album="Crowded")
    track = await upload(owner, make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=0.7, tags=tags))

    assert track.state is TrackState.READY
    assert len(track.artists) == 12


async def test_verification_goes_on_after_kill_9(tmp_path: Path) -> None:
    data = tmp_path / "data"
    path = make_audio(tmp_path / "x.wav", format=AudioFormat.WAV, seconds=60)
    server = start_server(data)
    async with Client(server.url) as client:
        await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name=OWNER_NAME, token=server.owner_token)
        track = await client.upload_track(path)
        server.kill()
    assert track.state is TrackState.VERIFYING

    with running_server(data) as again:
        async with Client(again.url) as client:
            await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
            settled = await verdict(client, track.id)
            async with raw(client) as http:
                streamed = await http.get(f"/stream/{track.id}")

    assert settled.state is TrackState.READY
    assert path.read_bytes() == streamed.content
