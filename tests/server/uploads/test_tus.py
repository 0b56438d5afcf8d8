"""Resumable uploads as tus 1.0.0 has them: offsets, checksums, one sender at a time, and whose they are."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from tests.audio import make_audio
from tests.server.uploads.tus import CHUNK_TYPE, VERSION, Tus, checksum, half_sent, tus_of
from tests.support import RunningServer, errors_of, until, verdict
from tusclient.client import TusClient

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, TrackState

pytestmark = pytest.mark.db

DAY_S = 24 * 3600


@pytest.fixture
async def tus(owner: Client) -> AsyncIterator[Tus]:
    async with tus_of(owner) as speaker:
        yield speaker


@pytest.fixture
async def others_tus(other: Client) -> AsyncIterator[Tus]:
    async with tus_of(other) as speaker:
        yield speaker


@pytest.fixture
def song(tmp_path: Path, request: pytest.FixtureRequest) -> bytes:
    """A FLAC file; each test's has other bytes."""
    pitch_hz = 200 + int(hashlib.sha256(request.node.name.encode()).hexdigest(), 16) % 2000
    return make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=1, frequency_hz=pitch_hz).read_bytes()


def staged(server: RunningServer) -> set[str]:
    return {path.name for path in (server.data / "blobs" / "resumable").iterdir()}


async def test_options_tells_a_stranger_what_is_spoken(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.options("/api/v1/uploads")

    told = {name: answer.headers[name] for name in ("Tus-Version", "Tus-Extension", "Tus-Checksum-Algorithm")}
    assert answer.status_code == 204
    assert told == {
        "Tus-Version": "1.0.0",
        "Tus-Extension": "creation,expiration,checksum,termination",
        "Tus-Checksum-Algorithm": "sha1,sha256",
    }
    assert int(answer.headers["Tus-Max-Size"]) > 0


async def test_a_file_in_pieces_is_the_track_of_its_bytes(tus: Tus, owner: Client, song: bytes) -> None:
    half = len(song) // 2

    path = await tus.begin(len(song), name="Glass Signals.flac")
    first = await tus.patch(path, song[:half], offset=0)
    last = await tus.patch(path, song[half:], offset=half)

    track = await verdict(owner, last.headers["Tonearm-Track"])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, str(half))
    assert (last.status_code, last.headers["Tonearm-New"]) == (204, "true")
    assert (track.state, track.title) == (TrackState.READY, "Glass Signals")
    assert (await tus.http.get(f"/stream/{track.id}")).content == song


async def test_a_new_upload_says_until_when_it_can_be_taken_up(tus: Tus) -> None:
    answer = await tus.create(1000)

    left_s = parsedate_to_datetime(answer.headers["Upload-Expires"]).timestamp() - time.time()
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert DAY_S - 60 < left_s <= DAY_S


async def test_head_tells_where_to_go_on(tus: Tus) -> None:
    path = await tus.begin(1000, name="Ж.flac")
    await tus.patch(path, b"x" * 300, offset=0)

    answer = await tus.head(path)

    told = {name: answer.headers[name] for name in ("Upload-Offset", "Upload-Length", "Cache-Control")}
    assert told == {"Upload-Offset": "300", "Upload-Length": "1000", "Cache-Control": "no-store"}
    assert answer.headers["Upload-Metadata"] == "filename 0JYuZmxhYw=="
    assert "Tonearm-Track" not in answer.headers


async def test_a_lost_last_answer_can_be_asked_for_again(tus: Tus, owner: Client, song: bytes) -> None:
    path = await tus.begin(len(song))
    track_id = (await tus.patch(path, song, offset=0)).headers["Tonearm-Track"]
    await verdict(owner, track_id)

    head = await tus.head(path)
    again = await tus.patch(path, b"", offset=len(song))
    told = (await tus.http.get(path)).json()

    assert (head.headers["Upload-Offset"], head.headers["Tonearm-Track"]) == (str(len(song)), track_id)
    assert (again.status_code, again.headers["Tonearm-Track"]) == (204, track_id)
    assert told == {"state": "ready", "offset": len(song), "track_id": track_id, "reason": None}


async def test_the_same_bytes_again_are_the_same_track(tus: Tus, song: bytes, server: RunningServer) -> None:
    first = await tus.send(song)
    before = staged(server)

    second = await tus.send(song)

    assert second.headers["Tonearm-Track"] == first.headers["Tonearm-Track"]
    assert second.headers["Tonearm-New"] == "false"
    assert staged(server) == before


async def test_what_is_no_audio_is_refused_with_the_last_byte_and_stays_refused(
    tus: Tus, server: RunningServer
) -> None:
    text = b"la la la\n" * 100
    path = await tus.begin(len(text), name="words.mp3")

    answer = await tus.patch(path, text, offset=0)
    again = await tus.patch(path, b"", offset=len(text))
    told = (await tus.http.get(path)).json()

    assert (answer.status_code, answer.json()["code"]) == (415, "unknown_format")
    assert (again.status_code, again.json()["code"]) == (415, "unknown_format")
    assert told == {"state": "rejected", "offset": len(text), "track_id": None, "reason": "unknown_format"}
    assert path.rpartition("/")[2] not in staged(server)


@pytest.mark.parametrize(
    ("length", "more", "status", "code"),
    [
        ("", {}, 400, "bad_request"),
        ("-1", {}, 400, "bad_request"),
        ("ten", {}, 400, "bad_request"),
        ("9" * 30, {}, 400, "bad_request"),
        ("10", {"upload_defer_length": "1"}, 400, "bad_request"),
        ("10", {"upload_metadata": "filename ***"}, 400, "bad_request"),
        ("0", {}, 422, "empty_file"),
        ("9" * 15, {}, 413, "too_large"),
    ],
)
async def test_an_upload_that_cannot_be_is_refused_at_once(
    tus: Tus, length: str, more: dict[str, str], status: int, code: str
) -> None:
    answer = await tus.create(length, **more)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Tus-Resumable"] == "1.0.0"


@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
@pytest.mark.parametrize("version", [{}, {"Tus-Resumable": "0.2.2"}])
async def test_another_version_is_412_and_learns_ours(tus: Tus, method: str, version: dict[str, str]) -> None:
    path = await tus.begin(10)

    answer = await tus.http.request(method, "/api/v1/uploads" if method == "POST" else path, headers=version)

    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


async def test_a_wrong_offset_is_409_and_changes_nothing(tus: Tus) -> None:
    path = await tus.begin(1000)
    await tus.patch(path, b"x" * 300, offset=0)

    answer = await tus.patch(path, b"y" * 300, offset=200)

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_offset")
    assert answer.headers["Upload-Offset"] == "300"
    assert await tus.offset(path) == 300


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "audio/flac"}, {"Content-Encoding": "gzip"}, {"Content-Type": "text/plain"}]
)
async def test_other_bodies_are_415(tus: Tus, headers: dict[str, str]) -> None:
    path = await tus.begin(1000)

    answer = await tus.http.patch(
        path, content=b"x" * 10, headers={**VERSION, **CHUNK_TYPE, "Upload-Offset": "0", **headers}
    )

    assert answer.status_code == 415
    assert await tus.offset(path) == 0


@pytest.mark.parametrize("is_announced", [True, False])
async def test_bytes_beyond_the_length_are_413(tus: Tus, is_announced: bool) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        yield b"x" * 300

    path = await tus.begin(200)
    headers = {**VERSION, **CHUNK_TYPE, "Upload-Offset": "0"}

    answer = await tus.http.patch(path, content=b"x" * 300 if is_announced else unannounced(), headers=headers)

    assert answer.status_code == 413
    assert await tus.offset(path) == 0


async def test_bytes_beyond_a_finished_upload_are_413(tus: Tus, song: bytes) -> None:
    async def some(*pieces: bytes) -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    path = await tus.begin(len(song))
    await tus.patch(path, song, offset=0)
    headers = {**VERSION, **CHUNK_TYPE, "Upload-Offset": str(len(song))}

    more = await tus.http.patch(path, content=some(b"x"), headers=headers)
    none = await tus.http.patch(path, content=some(), headers=headers)

    assert (more.status_code, none.status_code) == (413, 204)
    assert "Tonearm-Track" in none.headers


@pytest.mark.parametrize("upload_id", ["a", "NOT-ONE!", "%00", "x" * 64])
async def test_what_is_no_id_is_404_like_an_unknown_one(tus: Tus, upload_id: str) -> None:
    path = f"/api/v1/uploads/{upload_id}"

    answers = [await tus.http.get(path), await tus.head(path), await tus.patch(path, b"x", offset=0)]
    answers.append(await tus.end(path))

    assert [404] * 4 == [answer.status_code for answer in answers]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_checksum_keeps_its_bytes_out_unless_it_fits(tus: Tus, algorithm: str) -> None:
    path = await tus.begin(1000)

    wrong = await tus.patch(path, b"x" * 300, offset=0, upload_checksum=checksum(b"y", algorithm))
    offset_after_wrong = await tus.offset(path)
    right = await tus.patch(path, b"x" * 300, offset=0, upload_checksum=checksum(b"x" * 300, algorithm))

    assert (wrong.status_code, wrong.json()["code"], offset_after_wrong) == (460, "wrong_checksum", 0)
    assert (right.status_code, right.headers["Upload-Offset"]) == (204, "300")


@pytest.mark.parametrize("header", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha256 ***", "sha256"])
async def test_a_checksum_that_cannot_be_checked_is_refused(tus: Tus, header: str) -> None:
    path = await tus.begin(1000)

    answer = await tus.patch(path, b"x" * 10, offset=0, upload_checksum=header)

    assert answer.status_code == (460 if header == "sha256" else 400)
    assert await tus.offset(path) == 0


async def test_another_person_finds_nothing_and_changes_nothing(tus: Tus, others_tus: Tus) -> None:
    path = await tus.begin(1000)

    answers = [
        await others_tus.http.get(path),
        await others_tus.head(path),
        await others_tus.patch(path, b"x" * 10, offset=0),
        await others_tus.end(path),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert await tus.offset(path) == 0


async def test_the_method_stands_in_the_request_line_alone(tus: Tus) -> None:
    path = await tus.begin(1000)

    answer = await tus.http.post(path, headers={**VERSION, "X-HTTP-Method-Override": "DELETE"})

    assert answer.status_code == 405
    assert await tus.offset(path) == 0


async def test_an_ended_upload_is_gone_with_its_bytes(tus: Tus, server: RunningServer) -> None:
    path = await tus.begin(1000)
    await tus.patch(path, b"x" * 300, offset=0)

    answer = await tus.end(path)

    assert answer.status_code == 204
    assert (await tus.head(path)).status_code == 404
    assert path.rpartition("/")[2] not in staged(server)


async def test_ending_a_finished_upload_leaves_its_track(tus: Tus, owner: Client, song: bytes) -> None:
    path = await tus.begin(len(song))
    track_id = (await tus.patch(path, song, offset=0)).headers["Tonearm-Track"]

    await tus.end(path)

    assert (await verdict(owner, track_id)).state is TrackState.READY


async def test_a_person_has_a_hundred_unfinished_uploads_at_most(others_tus: Tus, tus: Tus) -> None:
    paths = [await others_tus.begin(10) for _ in range(100)]

    one_more = await others_tus.create(10)
    of_the_other = await tus.create(10)
    for path in paths:
        await others_tus.end(path)

    assert (one_more.status_code, one_more.json()["code"]) == (409, "too_many_uploads")
    assert of_the_other.status_code == 201


async def test_a_second_sender_is_423_while_the_first_one_sends(tus: Tus, server: RunningServer, owner: Client) -> None:
    path = await tus.begin(1000)

    async def is_locked() -> bool:
        return (await tus.patch(path, b"", offset=0)).status_code == 423

    async with half_sent(server, owner, path, offset=0, length=400) as first:
        await until(lambda: _has_bytes(server, path, 0), what="the first sender came before our question")
        await until(is_locked, what="the first sender holds the upload")
        ended = await tus.end(path)
        await first.send(b"x" * 400)
        answer = await first.answer()

    assert ended.status_code == 423
    assert answer.startswith(b"HTTP/1.1 204")
    assert await tus.offset(path) == 400


async def test_what_came_from_a_sender_that_vanished_is_kept(tus: Tus, server: RunningServer, owner: Client) -> None:
    path = await tus.begin(5_000_000)

    async def kept() -> int | None:
        return await tus.offset(path) or None

    async with half_sent(server, owner, path, offset=0, length=5_000_000) as sender:
        await sender.send(b"x" * 3_000_000)
        await until(lambda: _has_bytes(server, path, 2_000_000), what="most of it is written")
        sender.vanish()
    kept_bytes = await until(kept, what="the offset moves on")
    answer = await tus.patch(path, b"y" * 10, offset=kept_bytes)

    assert kept_bytes >= 2_000_000
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(kept_bytes + 10))


async def test_a_checksum_whose_sender_vanished_keeps_nothing(tus: Tus, server: RunningServer, owner: Client) -> None:
    path = await tus.begin(5_000_000)
    digest = checksum(b"whatever")

    async def is_free() -> bool:
        return (await tus.patch(path, b"", offset=0)).status_code == 204

    async with half_sent(server, owner, path, offset=0, length=5_000_000, upload_checksum=digest) as sender:
        await sender.send(b"x" * 3_000_000)
        await until(lambda: _has_bytes(server, path, 2_000_000), what="most of it is written")
        sender.vanish()

    await until(is_free, what="the lock is free again")
    assert await tus.offset(path) == 0


async def test_a_foreign_client_goes_on_where_its_connection_was_cut(
    server: RunningServer, owner: Client, tmp_path: Path, tus: Tus
) -> None:
    path = make_audio(tmp_path / "long.flac", format=AudioFormat.FLAC, seconds=30, frequency_hz=777)
    login = owner.store.find()
    assert login is not None
    foreign = TusClient(f"{server.url}/api/v1/uploads", headers={"Authorization": f"Bearer {login.access_token}"})

    def send() -> str:
        with path.open("rb") as file:
            first = foreign.uploader(
                file_stream=file, chunk_size=100_000, metadata={"filename": "long.flac"}, upload_checksum=True
            )
            first.upload_chunk()  # type: ignore[no-untyped-call]  # tuspy types half of itself
            again = foreign.uploader(file_stream=file, chunk_size=100_000, url=first.url, upload_checksum=True)
            assert again.offset == 100_000
            again.upload()
            return str(again.url).removeprefix(server.url)

    upload_path = await asyncio.to_thread(send)

    head = await tus.head(upload_path)
    track = await verdict(owner, head.headers["Tonearm-Track"])
    assert (await tus.http.get(f"/stream/{track.id}")).content == await asyncio.to_thread(path.read_bytes)


def test_nothing_of_all_this_was_an_error_of_the_server(server: RunningServer) -> None:
    assert errors_of(server) == ""


async def _has_bytes(server: RunningServer, path: str, count: int) -> bool:
    file = server.data / "blobs" / "resumable" / path.rpartition("/")[2]
    return await asyncio.to_thread(lambda: file.exists() and file.stat().st_size >= count)
