"""Tells the server what was heard, again and again while it does not answer. Knows no screen."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from tonearm_api.errors import TonearmError, Unreachable
from tonearm_api.plays import NewPlay
from tonearm_tui.listening import Listening

log = logging.getLogger(__name__)

RETRY_DELAYS_S = (1, 5, 15, 60, 240)
"""A play may arrive late: it carries when it started, and counts once however often it is sent."""


class PlayServer(Protocol):
    async def report_play(self, request: NewPlay) -> None: ...


class PlayReports:
    """Reports on their way. `close` gives up on those that the server has not taken."""

    def __init__(self, server: PlayServer) -> None:
        self._server = server
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, listening: Listening) -> None:
        request = NewPlay(
            id=listening.track_id,
            play_id=listening.play_id,
            started_at=listening.started_at,
            listened_ms=listening.listened_ms,
        )
        task = asyncio.create_task(self._send(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, request: NewPlay) -> None:
        for delay_s in (*RETRY_DELAYS_S, None):
            try:
                await self._server.report_play(request)
            except Unreachable:
                if delay_s is None:
                    log.warning("A play could not be reported: the server does not answer")
                    return
                await asyncio.sleep(delay_s)
            except TonearmError as error:
                log.warning("A play was not accepted: %s", error.code)
                return
            else:
                return
