"""Bytes on their way: who is slow, who is gone, what the disk refuses, and what a seek may cost."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from weakref import WeakSet

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port
from tests.audio import make_audio
from tests.support import OWNER_EMAIL, OWNER_NAME, OWNER_PASSWORD, raw, upload

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat
from tonearm_server.app import create_app
from tonearm_server.auth.links import new_owner_link
from tonearm_server.config import Config
from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.ranges import ByteRange
from tonearm_server.streaming.blobresponse import BlobResponse
from tonearm_server.streaming.sending import FastReaders, Patience

QUICK = Patience(check_s=0.05, window_s=0.2, least_bytes=1024)
PATIENCE_S = 20
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SIZE = 4_000_000
CONTENT = os.urandom(SIZE)


async def yes() -> bool:
    return True


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "blob"
    path.write_bytes(CONTENT)
    return path


class Sender:
    """A route that sends a file, and tells how it ended."""

    def __init__(self, path: Path, *, patience: Patience, may_go_on: Callable[[], Awaitable[bool]]) -> None:
        self.path = path
        self.patience = patience
        self.may_go_on = may_go_on
        self.fast_readers: FastReaders = WeakSet()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def send(self, request: web.Request) -> web.StreamResponse:
        with self.path.open("rb", buffering=0) as file:
            response = BlobResponse(
                file,
                ByteRange(0, SIZE),
                status=200,
                may_go_on=self.may_go_on,
                headers={},
                fast_readers=self.fast_readers,
                patience=self.patience,
            )
            try:
                await response.prepare(request)
            except ConnectionError as error:
                self.ended.set_result(str(error))
                raise
            return response

    async def why(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            return await self.ended


@asynccontextmanager
async def asking(
    path: Path, *, patience: Patience = QUICK, may_go_on: Callable[[], Awaitable[bool]] = yes, requests: int = 1
) -> AsyncIterator[tuple[Sender, socket.socket]]:
    """A connection with a small window that has asked for the file and taken nothing yet."""
    sender = Sender(path, patience=patience, may_go_on=may_go_on)
    app = web.Application()
    app.router.add_get("/", sender.send)
    runner = web.AppRunner(app)
    await runner.setup()
    port = unused_port()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        with socket.socket() as reader:
            reader.setblocking(False)
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(reader, ("127.0.0.1", port))
            await loop.sock_sendall(reader, REQUEST * requests)
            yield sender, reader
    finally:
        await runner.cleanup()


async def take(reader: socket.socket, *, answers: int = 1, begun: bytes = b"") -> list[bytes]:
    """The bodies of that many answers; `begun` was taken before."""
    received, bodies = bytearray(begun), []
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(answers):
            while b"\r\n\r\n" not in received:
                received += await piece_of(reader)
            del received[: received.index(b"\r\n\r\n") + 4]
            while len(received) < SIZE:
                received += await piece_of(reader)
            bodies.append(bytes(received[:SIZE]))
            del received[:SIZE]
    return bodies


async def piece_of(reader: socket.socket) -> bytes:
    piece = await asyncio.get_running_loop().sock_recv(reader, 1 << 20)
    assert piece, "the connection ended early"
    return piece


async def test_a_reader_who_takes_nothing_is_cut_off(file: Path) -> None:
    async with asking(file) as (sender, _):
        assert await sender.why() == "the listener takes nothing any more"


async def test_a_reader_who_goes_on_in_time_gets_everything(file: Path) -> None:
    looks = asyncio.Semaphore(0)

    async def count() -> bool:
        looks.release()
        return True

    async with asking(file, patience=Patience(check_s=0.01), may_go_on=count) as (_, reader):
        for _ in range(3):
            await looks.acquire()

        assert await take(reader) == [CONTENT]


async def test_whoever_may_not_go_on_is_cut_off(file: Path) -> None:
    async def no() -> bool:
        return False

    async with asking(file, may_go_on=no) as (sender, _):
        assert await sender.why() == "the listener may not go on"


async def test_a_reader_who_hangs_up_ends_the_answer(file: Path) -> None:
    async with asking(file, patience=Patience()) as (sender, reader):
        await asyncio.get_running_loop().sock_recv(reader, 1)
        reader.close()

        assert await sender.why() == "the connection was lost"


async def test_whoever_has_said_everything_still_listens(file: Path) -> None:
    async with asking(file) as (_, reader):
        begun = await asyncio.get_running_loop().sock_recv(reader, 1)
        reader.shutdown(socket.SHUT_WR)

        assert await take(reader, begun=begun) == [CONTENT]


async def test_answers_to_requests_sent_at_once_do_not_mix(file: Path) -> None:
    async with asking(file, patience=Patience(), requests=3) as (_, reader):
        assert await take(reader, answers=3) == [CONTENT] * 3


async def test_a_disk_that_does_not_give_the_file_is_named_and_logged(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with patch("os.sendfile", side_effect=OSError(errno.EIO, "Input/output error")):
        async with asking(file) as (sender, _):
            assert await sender.why() == "the disk did not give all of the file"

    assert "the disk did not give all of" in caplog.text


async def test_too_many_open_files_end_the_answer_and_are_logged(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with patch("os.dup", side_effect=OSError(errno.EMFILE, "Too many open files")):
        async with asking(file) as (sender, _):
            assert await sender.why() == "too many files are open"

    assert "raise the limit" in caplog.text


async def test_a_file_that_is_too_short_ends_the_answer(file: Path) -> None:
    os.truncate(file, SIZE - 1)
    async with asking(file, patience=Patience()) as (sender, reader):
        with contextlib.suppress(AssertionError, ConnectionError):
            await take(reader)

        assert await sender.why() == "the file is shorter than its row says"


async def test_a_seek_costs_two_reads_one_sendfile_and_no_thread(tmp_path: Path) -> None:
    """What a range request costs, counted where it cannot depend on the machine (performance.md, point 2)."""
    app = create_app(Config(data=tmp_path / "data"))
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        port = unused_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        async with Client(f"http://127.0.0.1:{port}") as client:
            token = await new_owner_link(clock=app[CLOCK])
            await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name=OWNER_NAME, token=token)
            track = await upload(client, make_audio(tmp_path / "tone.flac", format=AudioFormat.FLAC, seconds=1))
            async with raw(client) as http:
                with counting(app) as counted:
                    answer = await http.get(f"/stream/{track.id}", headers={"Range": "bytes=0-999"})
    finally:
        await runner.cleanup()

    assert answer.status_code == 206
    assert counted == {"reads": 2, "scans": 0, "sendfile": 1, "dup": 0, "threads": 0}


@contextlib.contextmanager
def counting(app: web.Application) -> Any:  # Any: a context manager of a dict
    """Calls of what costs: by name, while this is open."""
    counted = dict.fromkeys(("reads", "scans", "sendfile", "dup", "threads"), 0)

    def count(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            counted[name] += 1
            return real(*arguments, **named)

        return call

    loop, database = asyncio.get_running_loop(), app[DATABASE]
    places = [
        (database, "row", "reads"),
        (database, "rows", "reads"),
        (database, "scan", "scans"),
        (os, "sendfile", "sendfile"),
        (os, "dup", "dup"),
        (loop, "run_in_executor", "threads"),
    ]
    with contextlib.ExitStack() as patches:
        for owner, attribute, name in places:
            patches.enter_context(patch.object(owner, attribute, count(name, getattr(owner, attribute))))
        yield counted
