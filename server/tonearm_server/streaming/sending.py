"""A span of an open file into a connection: the kernel copies it, as its reader takes it. Knows no HTTP and no track.

What the connection has room for goes out at once, which is all of a short range; for the rest the socket calls
back whenever there is room again. asyncio's own `loop.sendfile` registers and forgets the socket for each
piece and lets a task run in between: a third more CPU for a range and for 4,000 listeners (measured 2026-11).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import socket
import struct
import termios
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from weakref import WeakSet

from tonearm_server.kit.ranges import ByteRange

log = logging.getLogger(__name__)

_PIECE_BYTES = 1024 * 1024
"""For one connection in one turn of the loop: a fraction of a millisecond from memory, and others wait for it."""

_UNSENT_BYTES = 64 * 1024
"""Kernel memory for each listener: 4,000 held 470 MB with it and 2.2 GB without (measured 2026-11).

What is on its way does not count, so that the length of a line does not slow it (tcp(7), TCP_NOTSENT_LOWAT).
"""

_FAST_UNSENT_BYTES = 1024 * 1024
"""For who takes bytes as quickly as they come; two or four times as much gained nothing (measured 2026-11)."""

_FAST_READERS = 256
"""So many may have the large buffer at once: a quarter of a gigabyte."""

_FAST_S = 0.1
"""Room again in that time means a download or a seek on a fast link, no player at its pace."""

_FAST_BYTES_S = 512 * 1024
"""Four times what lossless audio takes to play: who is slower than that needs no large buffer."""

FastReaders = WeakSet[asyncio.Transport]
"""Connections with the large buffer, for as long as they are open: a seeking player asks on the same one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """A reader who takes less than `least_bytes` in `window_s` is gone, and who may listen is asked every `check_s`.

    9 kbit/s is less than any music; a minute forgives a tunnel (threat T50).
    """

    check_s: float = 5
    window_s: float = 60
    least_bytes: int = 64 * 1024


async def send_span(
    transport: asyncio.Transport,
    *,
    file: int,
    span: ByteRange,
    may_go_on: Callable[[], Awaitable[bool]],
    fast_readers: FastReaders,
    patience: Patience,
) -> None:
    """Send all of `span`. `may_go_on` is asked every few seconds; once it says no, nothing more is sent.

    Raises ConnectionError where the reader is gone, takes too little or may not go on, OSError (EIO) where the
    disk does not give the file. The connection then holds half an answer: abort it.
    """
    sending = _Sending(transport, file=file, span=span, fast_readers=fast_readers)
    sending.push()
    if sending.is_complete:
        return
    loop = asyncio.get_running_loop()
    with sending.woken_by_room() as complete:
        watch = _Watch(patience, now=loop.time())
        while not (await asyncio.wait((complete,), timeout=patience.check_s))[0]:
            sending.fit_buffer(watch.bytes_s(sending.taken_bytes(), now=loop.time()))
            if not await may_go_on():
                raise ConnectionAbortedError("the listener may not go on")
        complete.result()


class _Watch:
    """How much a reader takes, look by look."""

    def __init__(self, patience: Patience, *, now: float) -> None:
        self._patience = patience
        self._seen_at = self._window_at = now
        self._seen_bytes = self._window_bytes = 0

    def bytes_s(self, taken_bytes: int, *, now: float) -> float:
        """How fast the reader was since the last look. Raises ConnectionAbortedError for one that is gone."""
        if now - self._window_at >= self._patience.window_s:
            if taken_bytes - self._window_bytes < self._patience.least_bytes:
                raise ConnectionAbortedError("the listener takes nothing any more")
            self._window_at, self._window_bytes = now, taken_bytes
        speed = (taken_bytes - self._seen_bytes) / (now - self._seen_at)
        self._seen_at, self._seen_bytes = now, taken_bytes
        return speed


class _Sending:
    """What is left of a span, and the connection that it goes to."""

    def __init__(self, transport: asyncio.Transport, *, file: int, span: ByteRange, fast_readers: FastReaders) -> None:
        self._transport = transport
        self._connection: socket.socket = transport.get_extra_info("socket")
        self._file = file
        self._start = self._position = span.start
        self._stop = span.stop
        self._fast_readers = fast_readers
        if transport not in fast_readers:
            self._limit_unsent(_UNSENT_BYTES)

    @property
    def is_complete(self) -> bool:
        return self._position == self._stop

    def push(self) -> None:
        """Send what there is room for. Headers that still wait in the transport go first."""
        if self._transport.get_write_buffer_size():
            return
        count = min(_PIECE_BYTES, self._stop - self._position)
        try:
            sent = os.sendfile(self._connection.fileno(), self._file, self._position, count)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno == errno.EIO:  # the disk's, not the connection's
                raise
            raise ConnectionAbortedError("the connection was lost") from error
        if not sent:
            raise ConnectionAbortedError("the file is shorter than its row says")
        self._position += sent

    @contextlib.contextmanager
    def woken_by_room(self) -> Iterator[asyncio.Future[None]]:
        """Push whenever there is room, until the future is done.

        The loop lets nobody watch a transport's own descriptor, so a second one of the same socket is watched.
        Meanwhile nothing is read: whoever has said all that they ever will still listens.
        """
        loop = asyncio.get_running_loop()
        complete: asyncio.Future[None] = loop.create_future()
        fast_until = loop.time() + _FAST_S
        second = _second_descriptor(self._connection)

        def wake() -> None:
            if loop.time() < fast_until:
                self._enlarge_buffer()
            try:
                self._push_on()
            except OSError as error:
                complete.set_exception(error)
            if self.is_complete:
                complete.set_result(None)
            if complete.done():
                loop.remove_writer(second)

        was_reading = self._transport.is_reading()
        try:
            self._transport.pause_reading()
            loop.add_writer(second, wake)
            yield complete
        finally:
            loop.remove_writer(second)
            os.close(second)
            if not complete.cancel():
                complete.exception()  # nobody may have asked, which asyncio would report
            if was_reading and not self._transport.is_closing():
                self._transport.resume_reading()

    def _push_on(self) -> None:
        if self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self.push()

    def taken_bytes(self) -> int:
        """How much of the span the reader's machine has acknowledged (tcp(7), SIOCOUTQ)."""
        (waiting,) = struct.unpack("i", fcntl.ioctl(self._connection.fileno(), termios.TIOCOUTQ, bytes(4)))
        return max(0, self._position - self._start - int(waiting))

    def fit_buffer(self, speed_bytes_s: float) -> None:
        """The small buffer again for a quick reader who has become slow."""
        if speed_bytes_s < _FAST_BYTES_S and self._transport in self._fast_readers:
            self._fast_readers.discard(self._transport)
            self._limit_unsent(_UNSENT_BYTES)

    def _enlarge_buffer(self) -> None:
        if self._transport not in self._fast_readers and len(self._fast_readers) < _FAST_READERS:
            self._fast_readers.add(self._transport)
            self._limit_unsent(_FAST_UNSENT_BYTES)

    def _limit_unsent(self, size_bytes: int) -> None:
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, size_bytes)


def _second_descriptor(connection: socket.socket) -> int:
    try:
        return os.dup(connection.fileno())
    except OSError as error:
        log.warning("too many files are open, an answer is cut short; raise the limit (LimitNOFILE, ulimit -n)")
        raise ConnectionAbortedError("too many files are open") from error
