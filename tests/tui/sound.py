"""A small server of audio that can be told to fail, and what listens to playback in tests."""

from __future__ import annotations

import asyncio
import io
import math
import struct
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tonearm_api.plays import NewPlay

RATE_HZ = 8_000
WAIT_S = 40


def tone(duration_ms: int, *, pitch_hz: float = 220) -> bytes:
    """A WAV file: 8 kHz, 16 bit, mono."""
    frames = (int(8000 * math.sin(2 * math.pi * pitch_hz * i / RATE_HZ)) for i in range(RATE_HZ * duration_ms // 1000))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(b"".join(struct.pack("<h", frame) for frame in frames))
    return file.getvalue()


@dataclass
class SoundServer:
    """Serves `/stream/NAME?ticket=N`. Hands out tickets itself, as the client would.

    `cut_at` (bytes) breaks the first connection there and refuses that ticket from then on, which is what a
    server that restarts in the middle of a track looks like to a player.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cut_at: int | None = None
    url: str = ""
    tickets: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    plays: list[NewPlay] = field(default_factory=list)

    async def stream_url(self, track_id: str) -> str:
        self.tickets.append(track_id)
        return f"{self.url}/stream/{track_id}?ticket={len(self.tickets)}"

    async def report_play(self, request: NewPlay) -> None:
        self.plays.append(request)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name, ticket = request.match_info["name"], request.query["ticket"]
        body = self.files[name]
        self.opened.append(name)
        if self.cut_at is not None and ticket == "1":
            return await self._broken(request, body)
        start = request.http_range.start or 0
        headers = {"Accept-Ranges": "bytes"}
        if not start:
            return web.Response(body=body, headers=headers)
        headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return web.Response(status=206, body=body[start:], headers=headers)

    async def _broken(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if self.opened.count(request.match_info["name"]) > 1:
            return web.Response(status=401)
        response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Accept-Ranges": "bytes"})
        await response.prepare(request)
        await response.write(body[: self.cut_at])
        assert request.transport is not None
        request.transport.abort()
        return response


@asynccontextmanager
async def sound_server(server: SoundServer) -> AsyncIterator[SoundServer]:
    app = web.Application()
    app.router.add_get("/stream/{name}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()


@dataclass
class Watch:
    """playback.Watcher that lets tests wait for what they expect."""

    notices: list[str] = field(default_factory=list)
    ended_sessions: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def playback_changed(self) -> None:
        self._changed.set()

    def position_changed(self) -> None:
        self._changed.set()

    def notice(self, text: str, *, is_error: bool = False) -> None:
        self.notices.append(text)
        self._changed.set()

    def server_lost(self, text: str) -> None:
        self.notice(text, is_error=True)

    def server_found(self) -> None:
        self._changed.set()

    def session_ended(self) -> None:
        self.ended_sessions += 1
        self._changed.set()

    async def until(self, is_so: Callable[[], bool], *, within_s: float = WAIT_S) -> None:
        async with asyncio.timeout(within_s):
            while not is_so():
                await self._changed.wait()
                self._changed.clear()
