"""Ways in to a track's sound, asked for again and again while the server is away. Knows neither player nor screen."""

from __future__ import annotations

import asyncio
from typing import Protocol

from tonearm_api.errors import Unavailable
from tonearm_api.library import Track
from tonearm_tui.player import Source

RETRY_DELAYS_S = (1, 2, 4, *(5,) * 58)
"""Waits between attempts to reach the server: five minutes together. A minute must be survived (issue 3); music that
begins by itself much later would frighten people."""


class TicketServer(Protocol):
    async def stream_url(self, track_id: str) -> str: ...


class Reachability(Protocol):
    """Who wants to know whether the server answers. Called on the event loop."""

    def server_lost(self, text: str) -> None: ...
    def server_found(self) -> None: ...


class Tickets:
    """Every source has a ticket of its own, so that one that has ended is never used again."""

    def __init__(self, server: TicketServer, watcher: Reachability) -> None:
        self._server, self._watcher = server, watcher

    async def source_of(self, track: Track) -> Source:
        """A source with a new ticket. Tells the watcher of every wait; raises what the server raised in the end."""
        for delay_s in RETRY_DELAYS_S:
            try:
                return await self._ask(track)
            except Unavailable:
                self._watcher.server_lost(f"Reconnecting: the server does not answer, trying again in {delay_s} s")
                await asyncio.sleep(delay_s)
        return await self._ask(track)

    async def _ask(self, track: Track) -> Source:
        url = await self._server.stream_url(track.id)
        self._watcher.server_found()
        return Source(url=url, format=track.format, duration_ms=track.duration_ms)
