"""Whether the server answers: shown in the first line, looked for until it does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import chain, repeat

from textual.screen import Screen

from tonearm_api.errors import TonearmError, Unavailable
from tonearm_tui.widgets.top_bar import TopBar

_RETRY_DELAYS_S = (1, 2, 4, 8, 15)
"""Waits while the server does not answer; the last one repeats."""


class ServerWatch:
    """`ask` is any cheap request; `say` gets a line for the person, an empty one when all is well again, and
    `on_found` is called then."""

    def __init__(
        self,
        screen: Screen[None],
        *,
        name: str,
        ask: Callable[[], Awaitable[object]],
        say: Callable[[str], None],
        on_found: Callable[[], None],
    ) -> None:
        self._screen, self._name, self._ask, self._say, self._on_found = screen, name, ask, say, on_found

    def begin(self) -> None:
        """The server is taken to be there until somebody misses it."""
        self._show(is_reachable=True)

    def lost(self, text: str) -> None:
        """Say so, and look for the server until it is back: nothing else may ask it for an hour."""
        if self._show(is_reachable=False):
            self._screen.run_worker(self._find(), group="server", exclusive=True, exit_on_error=False)
        self._say(text)

    def found(self) -> None:
        if self._show(is_reachable=True):
            self._say("")
            self._on_found()
            self._screen.workers.cancel_group(self._screen, "server")

    def _show(self, *, is_reachable: bool) -> bool:
        return self._screen.query_one(TopBar).show_server(self._name, is_reachable=is_reachable)

    async def _find(self) -> None:
        for delay_s in chain(_RETRY_DELAYS_S, repeat(_RETRY_DELAYS_S[-1])):
            await asyncio.sleep(delay_s)
            try:
                await self._ask()
            except Unavailable:
                continue
            except TonearmError:
                pass  # an answer, if not a friendly one: whoever asks next is told what it is
            break
        self.found()
