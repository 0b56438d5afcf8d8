"""The first line: wordmark, views, search field, server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from tonearm_tui.messages import ViewChosen


@dataclass(frozen=True, slots=True)
class Tab:
    """A view's name; `action_id` opens it."""

    action_id: str
    key: str
    name: str


class Tabs(Widget):
    """Views side by side; the open one is bold and underlined, so that colour is never needed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--key", "tabs--name", "tabs--open"}

    def __init__(self, tabs: tuple[Tab, ...], *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._tabs = tabs
        self._open = tabs[0].action_id
        self._counts: dict[str, int] = {}
        self.styles.width = self._width

    def show(self, action_id: str, counts: dict[str, int]) -> None:
        """`action_id` is open (none of the tabs while searching); counts above 0 stand behind their names."""
        if (action_id, counts) != (self._open, self._counts):
            self._open, self._counts = action_id, counts
            self.styles.width = self._width
            self.refresh()

    @property
    def _width(self) -> int:
        return sum(len(self._text(tab)) + 3 for tab in self._tabs) + 2 * len(self._tabs)

    def _text(self, tab: Tab) -> str:
        number = self._counts.get(tab.action_id, 0)
        return f"{tab.name} {number}" if number else tab.name

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        segments: list[Segment] = []
        for tab in self._tabs:
            name = "open" if tab.action_id == self._open else "name"
            segments += [
                Segment(f" {tab.key} ", self.get_component_rich_style("tabs--key")),
                Segment(self._text(tab), self.get_component_rich_style(f"tabs--{name}")),
                Segment("  ", self.rich_style),
            ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        left = 0
        for tab in self._tabs:
            left += len(self._text(tab)) + 5
            if event.x < left:
                self.post_message(ViewChosen(tab.action_id))
                return


class TopBar(Horizontal):
    """`#search` is the one text field of the main screen."""

    def __init__(self, tabs: tuple[Tab, ...], *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._tabs = tabs

    def compose(self) -> ComposeResult:
        yield Static("tonearm", id="wordmark", markup=False)
        yield Tabs(self._tabs, id="tabs")
        yield Input(placeholder="/ search", id="search", compact=True)
        yield Static("", id="server", markup=False)

    def show_server(self, name: str, *, is_reachable: bool) -> bool:
        """Who is signed in, hollow and with a word when the server does not answer; whether that is news."""
        server = self.query_one("#server", Static)
        changed = server.has_class("-unreachable") is is_reachable
        server.set_class(not is_reachable, "-unreachable")
        server.update(Content(f"● {name}" if is_reachable else f"○ {name} offline"))
        return changed
