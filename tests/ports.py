"""Ports for servers that are told theirs: before they start, or because they start again where they were."""

from __future__ import annotations

import contextlib
import random
import socket

_PORTS = range(20_000, 32_768)
"""Below those that Linux gives out by itself (ip(7), ip_local_port_range): neither a connection nor a server on port 0
of another test takes one of these while it is waited for."""


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on. All are held until all are known, so that they differ."""
    with contextlib.ExitStack() as held:
        return [_hold_one(held) for _ in range(count)]


def _hold_one(held: contextlib.ExitStack) -> int:
    while True:
        port = random.choice(_PORTS)
        holder = held.enter_context(socket.socket())
        with contextlib.suppress(OSError):
            holder.bind(("127.0.0.1", port))
            return port
