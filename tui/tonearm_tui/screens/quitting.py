"""The question before quitting cuts off the music. No other key does anything while it stands."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static


class QuitScreen(ModalScreen[bool]):
    """Dismissed with whether to quit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter,q,ctrl+q", "dismiss(True)", "Quit", show=False),
        Binding("escape,n", "dismiss(False)", "Stay", show=False),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="quit", classes="dialog"):
            yield Static("Quitting stops the music", classes="heading", markup=False)
            yield Static("q again quits   esc stays", markup=False)
