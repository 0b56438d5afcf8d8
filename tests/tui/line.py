"""The line between player and server: slow as a phone's, and to be cut, frozen and mended at will."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

_CHUNK_BYTES = 8 * 1024


@dataclass
class Line:
    """Passes TCP on to `target_port`, at most `rate` bytes a second towards the player, and counts these."""

    target_port: int
    rate: int
    port: int = 0
    passed_bytes: int = 0
    _listener: asyncio.Server | None = None
    _passing: set[asyncio.Task[None]] = field(default_factory=set)
    _flows: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def mend(self) -> None:
        """Take connections, on the same port as before."""
        self._flows.set()
        if self._listener is None:
            self._listener = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End every connection and refuse new ones."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        passing = list(self._passing)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    def freeze(self) -> None:
        """Nothing gets through, and nobody is told: what a tunnel does to a train."""
        self._flows.clear()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        there: asyncio.StreamWriter | None = None
        try:
            source, there = await asyncio.open_connection("127.0.0.1", self.target_port)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, there, rate=None))
                both.create_task(self._pump(source, writer, rate=self.rate))
        except* OSError:
            pass  # one end is gone: so is the other
        finally:
            self._passing.discard(task)
            for end in (writer, there):
                if end is not None:
                    end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, rate: int | None) -> None:
        while received := await source.read(_CHUNK_BYTES):
            await self._flows.wait()
            sink.write(received)
            await sink.drain()
            if rate is not None:
                self.passed_bytes += len(received)
                await asyncio.sleep(len(received) / rate)
        raise ConnectionResetError


@contextlib.asynccontextmanager
async def line_to(port: int, *, rate: int) -> AsyncIterator[Line]:
    line = Line(target_port=port, rate=rate)
    await line.mend()
    try:
        yield line
    finally:
        await line.cut()
