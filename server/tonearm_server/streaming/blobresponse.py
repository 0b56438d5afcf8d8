"""An answer whose body is a span of an open file, sent by the kernel for as long as that is allowed."""

from __future__ import annotations

import errno
import logging
from collections.abc import Awaitable, Callable
from typing import BinaryIO

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter

from tonearm_server.kit.ranges import ByteRange
from tonearm_server.streaming.sending import FastReaders, Patience, send_span

log = logging.getLogger(__name__)


class BlobResponse(web.StreamResponse):
    """`may_go_on` is asked every few seconds; once it says no the connection is cut."""

    def __init__(
        self,
        file: BinaryIO,
        span: ByteRange,
        *,
        status: int,
        may_go_on: Callable[[], Awaitable[bool]],
        headers: dict[str, str],
        fast_readers: FastReaders,
        patience: Patience,
    ) -> None:
        super().__init__(status=status, headers=headers)
        self._file = file
        self._span = span
        self._may_go_on = may_go_on
        self._fast_readers = fast_readers
        self._patience = patience
        self.content_length = span.size_bytes

    def enable_compression(self, *_: object, **__: object) -> None:
        """Audio is compressed already, and sendfile knows no filters."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send headers and bytes. aiohttp calls this; a listener who hangs up ends in its quiet path."""
        if self.prepared:
            return await super().prepare(request)
        writer = await super().prepare(request)
        if writer is not None and request.method != hdrs.METH_HEAD and self._span.size_bytes:
            await self._send(request)
        await super().write_eof()
        return writer

    async def _send(self, request: web.BaseRequest) -> None:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the listener is gone")
        try:
            await send_span(
                transport,
                file=self._file.fileno(),
                span=self._span,
                may_go_on=self._may_go_on,
                fast_readers=self._fast_readers,
                patience=self._patience,
            )
        except BaseException as error:
            transport.abort()  # half an answer: nothing can follow
            if isinstance(error, OSError) and error.errno == errno.EIO:
                log.exception("the disk did not give all of %s", self._file.name)
                raise ConnectionAbortedError("the disk did not give all of the file") from error
            raise
