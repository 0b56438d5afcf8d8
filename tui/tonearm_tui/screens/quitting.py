"""The question before quitting cuts something off. No other key does anything while it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tonearm_tui.playback import Status

if TYPE_CHECKING:
    from tonearm_tui.screens.main import MainScreen


class QuitScreen(ModalScreen[bool]):
    """Dismissed with whether to quit, which stops `what`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter,q,ctrl+q", "dismiss(True)", "Quit", show=False),
        Binding("escape,n", "dismiss(False)", "Stay", show=False),
    ]

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def compose(self) -> ComposeResult:
        with Vertical(id="quit", classes="dialog"):
            yield Static(f"Quitting stops {self._what}", classes="heading", markup=False)
            yield Static("q again quits   esc stays", markup=False)


def quit_player(screen: MainScreen) -> None:
    """At once where nothing goes on; music and uploads are cut off only when asked twice."""
    stops = {"the music": screen.playback.status is Status.PLAYING, "the upload": screen.uploads.are_running}
    what = " and ".join(name for name, goes_on in stops.items() if goes_on)

    def answered(quits: bool | None) -> None:
        if quits:
            screen.app.exit()

    if what:
        screen.app.push_screen(QuitScreen(what), answered)
    else:
        screen.app.exit()
