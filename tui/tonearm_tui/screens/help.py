"""The keys, drawn from the key table: type to filter, enter does what is chosen."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tonearm_api.keymap import ACTIONS, Action
from tonearm_tui.cells import fit

_KEYS_CELLS = 14
"""The widest `shown` of the table and two blanks."""


class HelpScreen(ModalScreen[str | None]):
    """Dismissed with the id of the action that was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="help", classes="dialog"):
            yield Static("Keys", classes="heading", markup=False)
            yield Input(placeholder="type to filter", id="help-filter", compact=True)
            yield OptionList(*_options(""), id="help-actions", compact=True, markup=False)
            yield Static("enter does it   esc closes", classes="hint", markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        actions = self.query_one(OptionList)
        actions.clear_options()
        actions.add_options(_options(event.value))
        actions.action_first()

    @on(Input.Submitted)
    def _choose(self) -> None:
        actions = self.query_one(OptionList)
        if actions.highlighted is not None:
            self.dismiss(actions.get_option_at_index(actions.highlighted).id)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_move(self, step: int) -> None:
        actions = self.query_one(OptionList)
        if step > 0:
            actions.action_cursor_down()
        else:
            actions.action_cursor_up()


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
