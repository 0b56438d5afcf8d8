"""A line between the command line and its server that counts, and that can be held at an exact byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Line:
    """Passes bytes on. The server behind it may come and go."""

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.port = 0
        self.sent_bytes = 0
        """From the clients, headers and all."""
        self._hold_at: int | None = None
        self._held = asyncio.Event()
        self._released = asyncio.Event()

    def hold_at(self, sent_bytes: int) -> None:
        """Pass nothing on once that many bytes came, until `release`."""
        self._hold_at = sent_bytes
        self._held.clear()
        self._released.clear()

    async def held(self) -> None:
        await asyncio.wait_for(self._held.wait(), timeout=60)

    def release(self) -> None:
        self._hold_at = None
        self._released.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            to_server, at_server = None, None
            try:
                to_server, at_server = await asyncio.open_connection("127.0.0.1", self.server_port)
                there = asyncio.create_task(self._pass_on(reader, at_server))
                back = asyncio.create_task(_copy(to_server, writer))
                await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
                for task in (there, back):
                    task.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
            finally:
                for end in (writer, at_server):
                    if end is not None:
                        end.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            self.sent_bytes += len(piece)
            if self._hold_at is not None and self.sent_bytes >= self._hold_at:
                self._held.set()
                await self._released.wait()
            writer.write(piece)
            await writer.drain()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()


@contextlib.asynccontextmanager
async def line_to(server_port: int) -> AsyncIterator[Line]:
    line = Line(server_port)
    listener = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = listener.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        listener.close()
