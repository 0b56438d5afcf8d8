"""A screen that is worked by the key table: single keys as bindings, sequences with a hint of what may follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input

from tonearm_api.keymap import find_action
from tonearm_tui.keys import WINDOW_S, Command, Fed, SequenceReader, bindings, sequences

Pairs = tuple[tuple[str, str], ...]
"""Keys and what they do."""


class KeyedScreen(Screen[None]):
    """`commands` maps every action id to what it does; `show_sequence` is told what the next key may be."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings())

    commands: dict[str, Callable[..., Any]]  # Any: what a command returns is nobody's business

    def __init__(self) -> None:
        super().__init__()
        self._sequence = SequenceReader(sequences())
        self._sequence_timer: Timer | None = None

    def foresee_size(self) -> None:
        """Take the breakpoints' classes before anything is styled, not when the first frame is drawn already."""
        width, height = self.app.size
        for cells, breakpoints in ((width, self.HORIZONTAL_BREAKPOINTS), (height, self.VERTICAL_BREAKPOINTS)):
            names = [name for least, name in breakpoints or () if cells >= least]
            self.add_class(*names[-1:], update=False)

    def show_sequence(self, choices: Pairs) -> None:
        raise NotImplementedError

    def run(self, action_id: str, argument: int | None = None) -> None:
        """Do one action of the key table."""
        command = self.commands[action_id]
        if argument is None:
            command()
        else:
            command(argument)

    def action_do(self, action_id: str) -> None:
        self.run(action_id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The search key is a letter like any other once the field has the focus."""
        is_search = (action, parameters) == ("do", ("view.search",))
        return not (is_search and isinstance(self.focused, Input))

    def on_key(self, event: events.Key) -> None:
        """Sequences come before single keys; text fields come before both."""
        if isinstance(self.focused, Input):
            return
        fed = self._sequence.feed(event.key)
        self._follow_sequence()
        match fed:
            case Command(action_id, argument):
                event.stop()
                self.run(action_id, argument)
            case Fed.BEGUN:
                event.stop()
                self._sequence_timer = self.set_timer(WINDOW_S, self._forget_sequence)

    def _forget_sequence(self) -> None:
        self._sequence.forget()
        self._follow_sequence()

    def _follow_sequence(self) -> None:
        if self._sequence_timer is not None:
            self._sequence_timer.stop()
            self._sequence_timer = None
        choices: dict[str, str] = {}
        for key, command in self._sequence.choices.items():
            shown = key if command.argument is None else "0 … 9"
            choices[shown] = find_action(command.action_id).title
        self.show_sequence(tuple(choices.items()))
