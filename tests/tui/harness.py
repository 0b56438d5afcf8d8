"""Opens the player in a terminal that only exists in memory, and reads what it draws."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tests.tui.fakes import FakeLibrary, FakePlayer, soon
from textual.events import Mount
from textual.pilot import Pilot

from tonearm_api.client import Client
from tonearm_api.credentials import ClientSettings
from tonearm_tui.app import TonearmApp
from tonearm_tui.playback import Playback
from tonearm_tui.screens.main import MainScreen
from tonearm_tui.widgets.status_line import StatusLine

SMALL, WIDE = (80, 24), (120, 40)


class FakeApp(TonearmApp):
    """Starts signed in to a library that is no server."""

    library: FakeLibrary

    def on_mount(self, event: Mount | None = None) -> None:
        assert event is not None
        event.prevent_default()
        self._open(cast("Client", self.library), name="ada")
        self._player.start(self._hear)


@dataclass
class Opened:
    """A player on its screen, and the hands to work it."""

    app: TonearmApp
    pilot: Pilot[Any]  # Any: the application's result, of which there is none
    player: FakePlayer
    library: FakeLibrary = field(default_factory=lambda: FakeLibrary([]))

    @property
    def main(self) -> MainScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MainScreen))

    @property
    def playback(self) -> Playback:
        return self.main.playback

    @property
    def lines(self) -> list[str]:
        """The screen as text, top to bottom."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def notice(self) -> str:
        return self.main.query_one(StatusLine).notice

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, is_so: Callable[[], bool]) -> None:
        await soon(is_so)
        await self.pilot.pause()

    async def play(self) -> None:
        """Play the row under the cursor until sound comes."""
        old = self.player.loaded
        await self.press("enter")
        await self.until(lambda: self.player.loaded is not old)
        self.player.begin()
        await self.pilot.pause()


@asynccontextmanager
async def opened(library: FakeLibrary, *, size: tuple[int, int] = SMALL) -> AsyncIterator[Opened]:
    """The main screen over `library`, its first page loaded unless the library is out of order."""
    settings = ClientSettings(server=None, profile="default", token_file=None, config_dir=Path("/nonexistent"))
    player = FakePlayer()
    app = FakeApp(settings=settings, player=player)
    app.library = library
    async with app.run_test(size=size) as pilot:
        screen = Opened(app, pilot, player, library)
        await screen.until(lambda: isinstance(app.screen, MainScreen) and bool(library.requests))
        await pilot.pause()
        yield screen
