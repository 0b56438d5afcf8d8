"""The application: which screen is open, one player, the themes. No logic of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.screen import Screen

from tonearm_api.credentials import DEFAULT_SERVER, ClientSettings, CredentialStore, read_client_settings
from tonearm_api.errors import TonearmError
from tonearm_api.keymap import ACTIONS
from tonearm_tui.messages import PlayerSpoke, SessionOver, SignOutChosen
from tonearm_tui.player import MpvPlayer, Player, PlayerEvent, Silent
from tonearm_tui.queue import PlayQueue
from tonearm_tui.screens.login import LoginScreen, SignedIn
from tonearm_tui.screens.main import MainScreen
from tonearm_tui.terminal import libraries_silenced
from tonearm_tui.theme import DARK, LIGHT, THEMES

if TYPE_CHECKING:
    from tonearm_api.client import Client

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """What outlives a session that the server ended, for the same account to go on with."""

    account: tuple[str, str]
    queue: PlayQueue
    position_ms: int


class TonearmApp(App[None]):
    """`player` is started once there is something to play, and closed with the application."""

    TITLE = "tonearm"
    CSS_PATH = Path(__file__).with_name("tonearm.tcss")
    COMMAND_PALETTE_BINDING = "ctrl+p"
    NOTIFICATION_TIMEOUT: ClassVar[float] = 5

    def __init__(self, *, settings: ClientSettings, player: Player) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK
        self._settings = settings
        self._store = CredentialStore(settings)
        self._player = player
        self._has_sound = False
        self._silent: Silent | None = None
        self._main: MainScreen | None = None
        self._kept: _Kept | None = None

    def on_mount(self) -> None:
        self.call_later(self._begin)  # what is drawn before the application runs is drawn for nobody

    def _begin(self) -> None:
        """The login that is kept, or the question for one."""
        login = self._store.find()
        server = self._settings.server or (login.server if login else DEFAULT_SERVER)
        if login is not None and login.server.rstrip("/") == server.rstrip("/"):
            self._open(self._connect(server), name=login.name or login.email)
        else:
            self._ask(server=server)

    def _hear(self, event: PlayerEvent) -> None:
        """Called on the player's threads; posting is all that is safe there."""
        self.post_message(PlayerSpoke(event))

    def _connect(self, server: str) -> Client:
        from tonearm_api.client import Client  # noqa: PLC0415 - a sign-in screen can be read without it

        return Client(server, store=self._store)

    def _open(self, client: Client, *, name: str) -> None:
        kept, self._kept = self._kept, None
        if kept is None or kept.account != self._account(client.server):
            kept = _Kept(account=("", ""), queue=PlayQueue(), position_ms=0)
        self._main = MainScreen(
            client=client,
            player=self._player,
            name=name,
            journal=self._settings.journal,
            queue=kept.queue,
            position_ms=kept.position_ms,
        )
        self.push_screen(self._main)
        if self._silent is not None:
            self.call_after_refresh(self._main.playback.receive, self._silent)

    def _ask(self, *, server: str, email: str = "", reason: str = "") -> None:
        self.push_screen(LoginScreen(server=server, email=email, connect=self._connect, reason=reason))

    # --- what screens and player tell ---------------------------------------------------------------

    def on_player_spoke(self, message: PlayerSpoke) -> None:
        if isinstance(message.event, Silent):
            self._silent = message.event
        if self._main is not None:
            self._main.playback.receive(message.event)

    def on_server_back(self) -> None:
        """The first rows are on the screen: opening libmpv holds up everything for 0.2 s, so it comes after them."""
        if not self._has_sound:
            self._has_sound = True
            self.call_after_refresh(self._player.start, self._hear)

    def on_signed_in(self, message: SignedIn) -> None:
        self.pop_screen()
        self._open(message.client, name=message.name)

    async def on_session_over(self, _message: SessionOver) -> None:
        if self._main is not None:
            position_ms = self._main.playback.position_ms
            account = self._account(self._main.client.server)
            self._kept = _Kept(account=account, queue=self._main.queue, position_ms=position_ms)
        await self._leave(reason="Your session has ended: sign in again.")

    async def on_sign_out_chosen(self, _message: SignOutChosen) -> None:
        await self.sign_out()

    def _account(self, server: str) -> tuple[str, str]:
        """Whose login is kept, and where."""
        login = self._store.find()
        return server, login.email if login else ""

    async def _leave(self, *, reason: str) -> None:
        main, self._main = self._main, None
        if main is None:
            return
        login = self._store.find()
        await main.close()
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self._ask(server=main.client.server, email=login.email if login else "", reason=reason)

    # --- commands of the palette --------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # Any: a screen's result
        if isinstance(screen, MainScreen):
            for action in ACTIONS:
                if action.id not in {"app.palette", "app.back", "player.seek_tenth"}:
                    yield SystemCommand(action.title, f"{action.group} · {action.shown}", _runner(screen, action.id))
        yield SystemCommand("Light or dark", "Change between paper sleeve and lacquer", self.change_theme)

    def change_theme(self) -> None:
        self.theme = LIGHT if self.theme == DARK else DARK

    async def sign_out(self) -> None:
        if self._main is None:
            return
        try:
            await self._main.client.log_out()
        except TonearmError as error:
            log.info("The session could not be ended on the server: %s", error.code)
        self._store.forget()
        await self._leave(reason="Signed out.")

    def action_help_quit(self) -> None:
        """ctrl+c copies in text fields; elsewhere it says how to leave."""
        if self._main is not None:
            self._main.notice("q quits")

    async def on_unmount(self) -> None:
        if self._main is not None:
            await self._main.close()
        self._player.close()


def _runner(screen: MainScreen, action_id: str) -> Callable[[], None]:
    return lambda: screen.run(action_id)


def run(*, audio_output: str | None = None) -> None:
    """Open the terminal player and return when it is closed."""
    settings = read_client_settings()
    with libraries_silenced(settings.player_log):
        TonearmApp(settings=settings, player=MpvPlayer(audio_output=audio_output)).run()
