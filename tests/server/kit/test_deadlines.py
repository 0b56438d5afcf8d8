"""Slow bodies, slow headers and readers that take nothing: each is cut off, and nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port
from tests.support import until

from tonearm_server.kit.deadlines import BODY_DEADLINE, BodyDeadline, open_listener, watch_body
from tonearm_server.kit.problems import problems

QUICK = BodyDeadline(gap_s=0.2, bytes_s=1_000, window_s=0.4, check_s=0.05)
PATIENCE_S = 20
MEGABYTES = 64


class Reader:
    """A route that reads its body, and tells what came of it."""

    def __init__(self) -> None:
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.received = 0

    async def read(self, request: web.Request) -> web.Response:
        await self.may_read.wait()
        async for piece in request.content.iter_any():
            self.received += len(piece)
        return web.Response(text="whole")


async def send_much(_: web.Request) -> web.Response:
    return web.Response(body=bytes(MEGABYTES << 20))


@pytest.fixture
def reader() -> Reader:
    return Reader()


@asynccontextmanager
async def serving(
    reader: Reader, *, deadline: BodyDeadline, header_s: float = 60, send_gap_s: float = 60
) -> AsyncIterator[int]:
    """Serve on a free port with these limits; yields the port."""
    app = web.Application(middlewares=[problems, watch_body])
    app[BODY_DEADLINE] = deadline
    app.router.add_post("/", reader.read)
    app.router.add_get("/much", send_much)
    runner = web.AppRunner(app, keepalive_timeout=header_s)
    await runner.setup()
    port = unused_port()
    try:
        listener = open_listener("127.0.0.1", port, backlog=8, send_gap_s=send_gap_s)
        await web.SockSite(runner, listener).start()
        yield port
    finally:
        reader.may_read.set()
        await runner.cleanup()


@asynccontextmanager
async def posting(port: int, *, length: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that has announced a body of `length` bytes."""
    answer, body = await asyncio.open_connection("127.0.0.1", port)
    try:
        body.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length)
        yield answer, body
    finally:
        body.close()
        with contextlib.suppress(ConnectionError):
            await body.wait_closed()


async def status_of(answer: asyncio.StreamReader) -> int:
    async with asyncio.timeout(PATIENCE_S):
        line = await answer.readline()
    return int(line.split()[1])


async def test_a_body_that_stops_coming_is_408(reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(reader, deadline=QUICK) as port, posting(port, length=100) as (answer, body):
        body.write(b"x")

        assert await status_of(answer) == 408
        async with asyncio.timeout(PATIENCE_S):
            assert b'"code":"too_slow"' in await answer.read()
    assert "Unhandled" not in caplog.text


async def test_a_body_that_trickles_is_408(reader: Reader) -> None:
    async def trickle(body: asyncio.StreamWriter) -> None:
        while True:
            body.write(b"x")
            await asyncio.sleep(QUICK.gap_s / 10)

    async with serving(reader, deadline=QUICK) as port, posting(port, length=10_000_000) as (answer, body):
        trickling = asyncio.create_task(trickle(body))
        try:
            assert await status_of(answer) == 408
        finally:
            trickling.cancel()


async def test_a_body_that_we_are_slow_to_read_is_not_its_senders_fault(reader: Reader) -> None:
    """The sender is done long before; that nothing comes any more is because nobody reads."""
    reader.may_read.clear()
    length = 3_000_000
    async with serving(reader, deadline=QUICK) as port, posting(port, length=length) as (answer, body):
        body.write(bytes(length))
        await asyncio.sleep(QUICK.window_s * 3)
        reader.may_read.set()

        assert await status_of(answer) == 200
    assert length == reader.received


async def test_a_header_that_never_ends_is_cut_off(reader: Reader) -> None:
    async with serving(reader, deadline=QUICK, header_s=0.2) as port:
        answer, header = await asyncio.open_connection("127.0.0.1", port)
        header.write(b"POST / HTTP/1.1\r\nHost: x\r\nX-")

        async with asyncio.timeout(PATIENCE_S):
            assert await answer.read() == b""
        header.close()


async def test_a_reader_that_takes_nothing_is_cut_off(reader: Reader) -> None:
    loop = asyncio.get_running_loop()
    async with serving(reader, deadline=QUICK, send_gap_s=0.5) as port:
        with socket.socket() as deaf:
            deaf.setblocking(False)
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await loop.sock_connect(deaf, ("127.0.0.1", port))
            await loop.sock_sendall(deaf, b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
            while (await loop.sock_recv(deaf, 1)) != b"\n":
                pass

            await until(lambda: asyncio.to_thread(is_closed, port), what="the connection to end")


def is_closed(port: int) -> bool:
    """Whether the server has no established connection left on `port`: proc(5), /proc/net/tcp, state 01."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return not any(local.endswith(f":{port:04X}") and state == "01" for _, local, _, state, *_ in rows)
