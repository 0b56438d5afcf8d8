"""How long a request's body and a connection may keep us waiting (threat T50). Knows no route.

A connection that never finishes its header is closed by aiohttp's own keep-alive timer, a reader that takes
nothing by the kernel; what is missing in both, a body that trickles, is watched here.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Final, Protocol

from aiohttp import web

from tonearm_api.errors import TooSlow
from tonearm_server.kit.http import Handler

HEADER_S: Final = 30
"""For a connection's next header, from the moment it is open or idle: a person's browser takes milliseconds.
A proxy in front keeps idle connections for a shorter time, or it may send into one that is just being closed."""

SEND_GAP_S: Final = 60
"""How long a reader may take nothing. A paused player does that, and asks for the rest when it goes on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyDeadline:
    """What a body may take: no gap longer than `gap_s`, and `bytes_s` on average of each `window_s`.

    64 kbit/s is less than any line that uploads music; a minute forgives a tunnel (T50).
    """

    gap_s: float = 30
    bytes_s: float = 8 * 1024
    window_s: float = 60
    check_s: float = 5


class Sender(Protocol):
    """Whoever sends the body of one request."""

    def silent_s(self) -> float:
        """For how long nothing has come, at least, while we waited for it."""
        ...

    def stop(self) -> None:
        """Whoever reads the body gets TooSlow from that read, now."""
        ...


BODY_DEADLINE: web.AppKey[BodyDeadline] = web.AppKey("body_deadline", BodyDeadline)


@web.middleware
async def watch_body(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whoever reads the body gets TooSlow from that read when its sender is too slow.

    Costs nothing where the body came with the header, as all but uploads do.
    """
    if request.content.is_eof():
        return await handler(request)
    watch = request[_WATCH] = _Watch(request, request.app[BODY_DEADLINE])
    try:
        return await handler(request)
    finally:
        watch.end()


def find_sender(request: web.Request) -> Sender | None:
    """None where the body came with the header."""
    return request.get(_WATCH)


class _TooSlow(TooSlow, TimeoutError):
    """To the handler that reads the body an error of ours; to aiohttp, which reads on behind it, a time that is up."""


class _Watch:
    """Looks at a body every few seconds until it is whole. While we do not read, its sender is not to blame."""

    def __init__(self, request: web.Request, deadline: BodyDeadline) -> None:
        self._loop = asyncio.get_running_loop()
        self._request = request
        self._deadline = deadline
        self._came_at = self._window_at = self._loop.time()
        self._came_bytes = self._window_bytes = request.content.total_bytes
        self._timer = self._loop.call_later(deadline.check_s, self._look)

    def end(self) -> None:
        self._timer.cancel()

    def silent_s(self) -> float:
        content, transport = self._request.content, self._request.transport
        is_awaited = not content.is_eof() and transport is not None and transport.is_reading()
        if content.total_bytes > self._came_bytes or not is_awaited:
            self._came_at, self._came_bytes = self._loop.time(), content.total_bytes
        return self._loop.time() - self._came_at

    def stop(self) -> None:
        self._request.content.set_exception(_TooSlow())

    def _look(self) -> None:
        content, transport = self._request.content, self._request.transport
        if content.is_eof() or transport is None:
            return
        if not transport.is_reading():
            self._begin_anew()
        elif self._is_too_slow():
            self.stop()
            return
        self._timer = self._loop.call_later(self._deadline.check_s, self._look)

    def _begin_anew(self) -> None:
        self._came_at = self._window_at = self._loop.time()
        self._came_bytes = self._window_bytes = self._request.content.total_bytes

    def _is_too_slow(self) -> bool:
        if self.silent_s() >= self._deadline.gap_s:
            return True
        now, total = self._loop.time(), self._request.content.total_bytes
        if now - self._window_at < self._deadline.window_s:
            return False
        is_slow = total - self._window_bytes < self._deadline.bytes_s * (now - self._window_at)
        self._window_at, self._window_bytes = now, total
        return is_slow


_WATCH: web.RequestKey[_Watch] = web.RequestKey("body_watch", _Watch)


def open_listener(host: str, port: int, *, backlog: int, send_gap_s: float = SEND_GAP_S) -> socket.socket:
    """A listening socket whose connections end when their reader takes nothing for `send_gap_s`.

    The kernel does it (tcp(7), TCP_USER_TIMEOUT), for every answer alike, and accepted sockets inherit it.
    Raises OSError where the address cannot be had.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.create_server(address[:2], family=family, backlog=backlog)
    try:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(send_gap_s * 1000))
    except BaseException:
        listener.close()
        raise
    return listener
