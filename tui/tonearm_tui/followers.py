"""What follows without a gap: the next track's source, in the player's hands before the current one ends."""

from __future__ import annotations

import asyncio
import logging

from tonearm_api.errors import TonearmError
from tonearm_tui.player import Player, Source
from tonearm_tui.queue import Entry
from tonearm_tui.starts import Start
from tonearm_tui.tickets import Tickets

log = logging.getLogger(__name__)


class Follower:
    """At most one at a time. `forget` it whenever the queue changes; what follows may then be another."""

    def __init__(self, *, player: Player, tickets: Tickets) -> None:
        self._player, self._tickets = player, tickets
        self._start: Start | None = None
        self._preparing: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the player goes on with it by itself."""
        return self._start is not None

    def has(self, source: Source) -> bool:
        return self._start is not None and self._start.source is source

    def prepare(self, entry: Entry | None) -> None:
        """Begin to fetch a way in to `entry`; nothing where that has begun already."""
        if self._preparing is None and entry is not None:
            self._preparing = asyncio.create_task(self._prepare(entry))

    def take(self) -> Start:
        """The player has gone on to it: what plays now. Only while it `is_ready`."""
        assert self._start is not None  # noqa: S101 - see above
        start, self._start, self._preparing = self._start, None, None
        return start

    def forget(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()
            self._preparing = None
        if self._start is not None:
            self._start = None
            self._player.follow_with(None)

    async def close(self) -> None:
        preparing = self._preparing
        self.forget()
        if preparing is not None:
            await asyncio.gather(preparing, return_exceptions=True)

    async def _prepare(self, entry: Entry) -> None:
        try:
            source = await self._tickets.source_of(entry.track)
        except TonearmError as error:
            log.info("The next track cannot be prepared: %s", error.code)
            return
        self._start = Start.of(entry, source=source)
        self._player.follow_with(source)
