"""The one door between the server and untrusted bytes: every parser runs behind it, in a sandboxed child."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web
from tonearm_server.audio.types import Analysis, AudioHeader


class Sandbox:
    """Reads files that anybody may have made. `start` before use; `close` ends every child."""

    def __init__(self, *, ffmpeg: Path | None = None) -> None:
        self._ffmpeg = ffmpeg

    async def start(self) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    async def read_header(self, descriptor: int) -> AudioHeader:
        raise NotImplementedError

    async def render_covers(self, descriptor: int) -> dict[int, bytes]:
        raise NotImplementedError

    async def analyse(self, descriptor: int, *, header: AudioHeader) -> Analysis:
        raise NotImplementedError


SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox", Sandbox)
