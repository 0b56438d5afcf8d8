"""The keys, drawn from the key table: type to filter, enter does what is chosen."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tonearm_api.keymap import ACTIONS, Action
from tonearm_tui.cells import fit
from tonearm_tui.screens.dialog import Dialog

_KEYS_CELLS = 14
"""The widest `shown` of the table and two blanks."""

_FIXED_LINES = 8
"""Heading, filter and hint with a blank line each, and one at either edge."""


class HelpScreen(Dialog[str | None]):
    """Dismissed with the id of the action that was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(hint="enter does it   esc closes", fixed_lines=_FIXED_LINES)
        self._actions = OptionList(*_options(""), id="help-actions", compact=True, markup=False)
        self._actions.can_focus = False

    @property
    def body(self) -> Widget:
        return self._actions

    def compose_head(self) -> ComposeResult:
        yield Static("Keys", classes="heading", markup=False)
        yield Input(placeholder="type to filter", id="help-filter", compact=True)

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        self._actions.clear_options()
        self._actions.add_options(_options(event.value))
        self._actions.action_first()
        self.show_rest()

    @on(Input.Submitted)
    def _choose(self) -> None:
        if self._actions.highlighted is not None:
            self.dismiss(self._actions.get_option_at_index(self._actions.highlighted).id)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_move(self, step: int) -> None:
        if step > 0:
            self._actions.action_cursor_down()
        else:
            self._actions.action_cursor_up()


def _options(text: str) -> list[Option]:
    """Actions that match, under the headings of their groups."""
    wanted = text.casefold().split()
    options: list[Option] = []
    group = ""
    for action in ACTIONS:
        if not _matches(action, wanted):
            continue
        if action.group != group:
            group = action.group
            options.append(Option(Content.styled(group, "$muted"), disabled=True))
        prompt = Content.assemble((f"  {fit(action.shown, _KEYS_CELLS)}", "bold"), action.title)
        options.append(Option(prompt, id=action.id))
    return options


def _matches(action: Action, words: list[str]) -> bool:
    text = f"{action.title} {action.group} {action.shown} {action.id}".casefold()
    return all(word in text for word in words)
