"""The stream through the front door: ranges, conditions, tickets, and who may hear what."""

from __future__ import annotations

import asyncio
import hashlib
import resource
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.audio import make_audio
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, RunningServer, errors_of, raw, start_server, upload

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, EditTrack, Visibility

pytestmark = pytest.mark.db

FEW_FILES, MORE_FILES = 256, 4096


@dataclass(frozen=True)
class Uploaded:
    id: str
    content: bytes

    @property
    def path(self) -> str:
        return f"/stream/{self.id}"

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()}"'


@pytest.fixture
async def track(owner: Client, tmp_path: Path) -> Uploaded:
    path = make_audio(tmp_path / "tone.flac", format=AudioFormat.FLAC, seconds=3)
    return Uploaded((await upload(owner, path)).id, path.read_bytes())


@pytest.fixture
async def http(owner: Client) -> AsyncIterator[httpx.AsyncClient]:
    async with raw(owner) as client:
        yield client


async def test_the_whole_file_comes_back_byte_for_byte(http: httpx.AsyncClient, track: Uploaded) -> None:
    answer = await http.get(track.path)

    assert answer.status_code == 200
    assert track.content == answer.content
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["accept-ranges"] == "bytes"
    assert track.etag == answer.headers["etag"]


@pytest.mark.parametrize(
    ("header", "start", "stop"), [("bytes=0-99", 0, 100), ("bytes=100-", 100, None), ("bytes=-50", -50, None)]
)
async def test_a_range_is_206_with_exactly_its_bytes(
    http: httpx.AsyncClient, track: Uploaded, header: str, start: int, stop: int | None
) -> None:
    answer = await http.get(track.path, headers={"Range": header})

    expected = track.content[start:stop]
    first = len(track.content) + start if start < 0 else start
    assert answer.status_code == 206
    assert expected == answer.content
    assert f"bytes {first}-{first + len(expected) - 1}/{len(track.content)}" == answer.headers["content-range"]


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "items=0-5", "bytes=5-2", "nonsense"])
async def test_a_range_that_is_not_understood_is_ignored(http: httpx.AsyncClient, track: Uploaded, header: str) -> None:
    answer = await http.get(track.path, headers={"Range": header})

    assert (answer.status_code, len(answer.content)) == (200, len(track.content))


async def test_a_range_beyond_the_end_is_416(http: httpx.AsyncClient, track: Uploaded) -> None:
    answer = await http.get(track.path, headers={"Range": f"bytes={len(track.content)}-"})

    assert answer.status_code == 416
    assert f"bytes */{len(track.content)}" == answer.headers["content-range"]


async def test_a_stale_if_range_gets_the_whole_file(http: httpx.AsyncClient, track: Uploaded) -> None:
    stale = await http.get(track.path, headers={"Range": "bytes=0-9", "If-Range": '"stale"'})
    fresh = await http.get(track.path, headers={"Range": "bytes=0-9", "If-Range": track.etag})

    assert (stale.status_code, fresh.status_code) == (200, 206)


async def test_a_current_copy_is_304(http: httpx.AsyncClient, track: Uploaded) -> None:
    answer = await http.get(track.path, headers={"If-None-Match": f'"x", {track.etag}'})

    assert (answer.status_code, answer.content) == (304, b"")
    assert track.etag == answer.headers["etag"]


async def test_a_failed_if_match_is_412(http: httpx.AsyncClient, track: Uploaded) -> None:
    assert (await http.get(track.path, headers={"If-Match": '"other"'})).status_code == 412


async def test_head_has_the_headers_and_no_body(http: httpx.AsyncClient, track: Uploaded) -> None:
    answer = await http.head(track.path, headers={"Range": "bytes=0-9"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert str(len(track.content)) == answer.headers["content-length"]


async def test_a_stream_is_no_document(http: httpx.AsyncClient, track: Uploaded) -> None:
    answer = await http.get(track.path, headers={"Sec-Fetch-Dest": "document"})

    assert answer.headers["content-disposition"] == "attachment"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_many_ranges_on_one_connection(http: httpx.AsyncClient, track: Uploaded) -> None:
    for start in range(0, 5000, 500):
        answer = await http.get(track.path, headers={"Range": f"bytes={start}-{start + 499}"})

        assert track.content[start : start + 500] == answer.content


async def test_listeners_who_hang_up_leave_the_server_well(
    server: RunningServer, owner: Client, tmp_path: Path
) -> None:
    path = make_audio(tmp_path / "long.wav", format=AudioFormat.WAV, seconds=60)
    track = await upload(owner, path)
    async with raw(owner) as http:
        for _ in range(20):
            async with http.stream("GET", f"/stream/{track.id}") as answer:
                await anext(answer.aiter_raw(100))
        again = await http.get(f"/stream/{track.id}")

    assert path.read_bytes() == again.content
    assert not errors_of(server)


async def test_a_ticket_opens_one_stream_without_credentials(
    server: RunningServer, owner: Client, track: Uploaded
) -> None:
    url = await owner.stream_url(track.id)
    async with httpx.AsyncClient(timeout=30) as stranger:
        whole = await stranger.get(url)
        part = await stranger.get(url, headers={"Range": "bytes=0-9"})
        head = await stranger.head(url)

    assert track.content == whole.content
    assert (part.status_code, head.status_code) == (206, 200)


async def test_a_ticket_opens_nothing_else(server: RunningServer, owner: Client, track: Uploaded) -> None:
    ticket = (await owner.ticket(track.id)).url.partition("?ticket=")[2]
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        answers = [
            await stranger.get(f"/stream/other?ticket={ticket}"),
            await stranger.get(f"{track.path}?ticket={ticket}x"),
            await stranger.get(f"{track.path}?ticket={ticket.replace('.', '.9', 1)}"),
            await stranger.get(f"/api/v1/me?ticket={ticket}"),
            await stranger.get("/api/v1/me", headers={"Authorization": f"Bearer {ticket}"}),
        ]

    assert [answer.status_code for answer in answers] == [401] * 5


async def test_a_ticket_ends_with_its_session(server: RunningServer, owner: Client, track: Uploaded) -> None:
    async with Client(server.url) as second:
        await second.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
        url = await second.stream_url(track.id)
        await second.log_out()
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.get(url)).status_code == 401


async def test_a_ticket_is_never_logged(server: RunningServer, owner: Client, track: Uploaded) -> None:
    url = await owner.stream_url(track.id)
    async with httpx.AsyncClient() as stranger:
        await stranger.get(url)

    assert url.partition("?ticket=")[2] not in "".join(server.log)


async def listen_slowly(answer: httpx.Response) -> None:
    async with asyncio.timeout(60):
        async for _ in answer.aiter_raw(4096):
            await asyncio.sleep(0.02)


async def test_a_running_stream_is_cut_when_its_session_ends(
    server: RunningServer, owner: Client, tmp_path: Path
) -> None:
    track = await upload(owner, make_audio(tmp_path / "long.wav", format=AudioFormat.WAV, seconds=120))
    async with Client(server.url) as second:
        await second.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
        url = await second.stream_url(track.id)
        async with httpx.AsyncClient(timeout=30) as stranger, stranger.stream("GET", url) as answer:
            await second.log_out()

            with pytest.raises(httpx.RemoteProtocolError):
                await listen_slowly(answer)


async def test_a_private_track_is_not_there_for_others(
    server: RunningServer, owner: Client, other: Client, track: Uploaded
) -> None:
    await owner.edit_track(EditTrack(id=track.id, visibility=Visibility.PRIVATE))
    async with raw(other) as http:
        private, missing = await http.get(track.path), await http.get("/stream/missing")
    await owner.edit_track(EditTrack(id=track.id, visibility=Visibility.MEMBERS))

    assert [private.status_code, missing.status_code] == [404, 404]
    assert {**private.json(), "instance": ""} == {**missing.json(), "instance": ""}


async def test_strangers_hear_public_tracks_only(server: RunningServer, owner: Client, track: Uploaded) -> None:
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        before = await stranger.get(track.path)
        await owner.edit_track(EditTrack(id=track.id, visibility=Visibility.PUBLIC))
        opened = await stranger.get(track.path)
        listed = await stranger.get("/api/v1/tracks")
    await owner.edit_track(EditTrack(id=track.id, visibility=Visibility.MEMBERS))

    assert (before.status_code, opened.status_code, listed.status_code) == (401, 200, 401)


async def test_too_many_open_files_are_503_until_some_are_closed(
    server: RunningServer, http: httpx.AsyncClient, track: Uploaded
) -> None:
    await http.get("/healthz")  # the connection is open; it needs no further file
    before = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (4, before[1]))
    try:
        refused = await http.get(track.path)
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, before)
    served = await http.get(track.path)

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert track.content == served.content


def test_a_server_may_open_as_many_files_as_the_system_allows(tmp_path: Path) -> None:
    few = ("prlimit", f"--nofile={FEW_FILES}:{MORE_FILES}")
    server = start_server(tmp_path / "data", under=few)
    try:
        assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE) == (MORE_FILES, MORE_FILES)
    finally:
        server.stop()


async def test_streaming_counts_no_play(owner: Client, http: httpx.AsyncClient, track: Uploaded) -> None:
    await http.get(track.path)

    assert (await owner.get_track(track.id)).plays == 0
