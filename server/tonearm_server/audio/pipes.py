"""Descriptors on their way to and from the children; knows neither parsers nor ffmpeg."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from typing import Final

_CHUNK_BYTES: Final = 1 << 16


@contextmanager
def open_anew(descriptor: int) -> Iterator[int]:
    """The file of `descriptor`, opened again to read: its position is apart, whatever a child does to it."""
    again = os.open(f"/dev/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield again
    finally:
        os.close(again)


async def read_pipe(pipe: FileIO, *, most_bytes: int) -> bytes:
    """All that arrives until the pipe ends, or a piece more than `most_bytes`. Closes the pipe."""
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), pipe
    )
    received = bytearray()
    try:
        while len(received) <= most_bytes and (chunk := await stream.read(_CHUNK_BYTES)):
            received += chunk
    finally:
        transport.close()
    return bytes(received)
