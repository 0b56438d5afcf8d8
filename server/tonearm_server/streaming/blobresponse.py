"""A response that sends a span of an open file with sendfile, in slices, as long as it is allowed to.

Slices adapt to the listener, so that one lasts a second or so: permission is asked again between slices, a
stalled connection is found, and a fast link still gets 4 MiB at a time. Measured against aiohttp's
FileResponse, which hops into threads several times a request: half the CPU for ranges (2026-08).
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import BinaryIO
from weakref import WeakSet

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from tonearm_server.kit.ranges import ByteRange

_MIN_SLICE, _MAX_SLICE = 64 * 1024, 4 * 1024 * 1024
_SHORT_S, _LONG_S = 0.5, 2.0
_STALL_S = 60
_SLOWEST_BYTES_S = 8 * 1024
"""Below 64 kbit/s nobody listens to anything: such a connection is gone (threat T50)."""

_RECHECK_S = 5
_SEND_BUFFER = 64 * 1024
"""Kernel memory for each listener; without the cap a fast link holds over a megabyte (measured 2026-08)."""

_FAST_SEND_BUFFER = 256 * 1024
"""For who takes bytes as quickly as they come: a seek's first bytes in one turn of the loop instead of three."""

_FAST_S = 0.1
"""A first slice taken in that time is a download or a seek on a fast link, no player at its pace."""

FastReaders = WeakSet[asyncio.Transport]
"""Connections whose send buffer is large, for as long as they are open: a seeking player asks on the same one."""

_TLS_PIECE = 256 * 1024


class BlobResponse(web.StreamResponse):
    """`may_go_on` is asked every five seconds; once it says no the connection is cut."""

    def __init__(
        self,
        file: BinaryIO,
        span: ByteRange,
        *,
        status: int,
        may_go_on: Callable[[], Awaitable[bool]],
        headers: dict[str, str],
        fast_readers: FastReaders,
    ) -> None:
        super().__init__(status=status, headers=headers)
        self._file = file
        self._span = span
        self._may_go_on = may_go_on
        self._fast_readers = fast_readers
        self.content_length = span.size_bytes

    def enable_compression(self, *_: object, **__: object) -> None:
        """Audio is compressed already, and sendfile knows no filters."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send headers and bytes. aiohttp calls this; a listener who hangs up ends in its quiet path."""
        if self.prepared:
            return await super().prepare(request)
        writer = await super().prepare(request)
        if writer is not None and request.method != hdrs.METH_HEAD and self._span.size_bytes:
            await self._send(request, writer)
        await super().write_eof()
        return writer

    async def _send(self, request: web.BaseRequest, writer: AbstractStreamWriter) -> None:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the listener is gone")
        try:
            await self._send_slices(transport, writer)
        except BaseException:
            # A native sendfile that is cut short leaves the transport paused (CPython 3.11): nothing can follow.
            transport.abort()
            raise

    async def _send_slices(self, transport: asyncio.Transport, writer: AbstractStreamWriter) -> None:
        loop = asyncio.get_running_loop()
        send = _slice_sender(transport, self._file, writer)
        if transport not in self._fast_readers:
            _set_send_buffer(transport, _SEND_BUFFER)
        position, size = self._span.start, _MIN_SLICE * 4
        asked_at = loop.time()
        while position < self._span.stop:
            began = loop.time()
            if began - asked_at >= _RECHECK_S:
                if not await self._may_go_on():
                    raise ConnectionAbortedError("the listener's session has ended")
                asked_at = began
            count = min(size, self._span.stop - position)
            try:
                async with asyncio.timeout(_patience_s(count)):
                    sent = await send(position, count)
            except TimeoutError as error:
                raise ConnectionAbortedError("the listener takes nothing any more") from error
            if sent != count:
                raise ConnectionAbortedError("the file is shorter than its row says")
            position += sent
            took_s = loop.time() - began
            size = _next_size(size, took_s=took_s)
            self._fit_buffer(transport, took_s=took_s)

    def _fit_buffer(self, transport: asyncio.Transport, *, took_s: float) -> None:
        """A large send buffer for who is fast, and the small one again once they are not."""
        is_fast = transport in self._fast_readers
        if not is_fast and took_s < _FAST_S:
            self._fast_readers.add(transport)
            _set_send_buffer(transport, _FAST_SEND_BUFFER)
        elif is_fast and took_s > _LONG_S:
            self._fast_readers.discard(transport)
            _set_send_buffer(transport, _SEND_BUFFER)


def _patience_s(count_bytes: int) -> float:
    """How long a slice may take: a minute, and longer for a large one that a quick reader was sent before it slowed."""
    return max(_STALL_S, count_bytes / _SLOWEST_BYTES_S)


def _set_send_buffer(transport: asyncio.Transport, size_bytes: int) -> None:
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size_bytes)


def _next_size(size: int, *, took_s: float) -> int:
    if took_s < _SHORT_S:
        return min(size * 2, _MAX_SLICE)
    if took_s > _LONG_S:
        return max(size // 2, _MIN_SLICE)
    return size


SliceSender = Callable[[int, int], Awaitable[int]]
"""Sends `count` bytes from `offset`; returns how many there were."""


def _slice_sender(transport: asyncio.Transport, file: BinaryIO, writer: AbstractStreamWriter) -> SliceSender:
    """The kernel's sendfile on a plain socket; over TLS larger writes than asyncio's own fallback makes."""

    async def by_kernel(offset: int, count: int) -> int:
        loop = asyncio.get_running_loop()
        return await loop.sendfile(transport, file, offset, count, fallback=False)

    async def by_write(offset: int, count: int) -> int:
        sent = 0
        while sent < count:
            piece = os.pread(file.fileno(), min(_TLS_PIECE, count - sent), offset + sent)
            if not piece:
                break
            await writer.write(piece)
            sent += len(piece)
        return sent

    is_tls = isinstance(transport.get_extra_info("ssl_object"), ssl.SSLObject)
    return by_write if is_tls else by_kernel
