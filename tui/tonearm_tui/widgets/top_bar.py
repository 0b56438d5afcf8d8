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


_GAP = "  "

_NAMES_FROM = 72
"""Width of the window in cells from which every view's name has room beside the search field."""


class Tabs(Widget):
    """Views side by side; the open one is bold and underlined, so that colour is never needed.

    Where there is little room only the open one has its name, the others their keys.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--key", "tabs--name", "tabs--open"}

    def __init__(self, tabs: tuple[Tab, ...], *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._tabs = tabs
        self._open = tabs[0].action_id
        self._counts: dict[str, int] = {}
        self._is_short = False
        self._fit()

    def show(self, action_id: str, counts: dict[str, int]) -> None:
        """`action_id` is open (none of the tabs while searching); counts above 0 stand behind their names."""
        if (action_id, counts) != (self._open, self._counts):
            self._open, self._counts = action_id, counts
            self._fit()

    def shorten(self, *, is_short: bool) -> None:
        if is_short is not self._is_short:
            self._is_short = is_short
            self._fit()

    def _fit(self) -> None:
        self.styles.width = 1 + sum(map(len, map(self._text, self._tabs)))
        self.refresh()

    def _text(self, tab: Tab) -> str:
        return f"{tab.key}{self._label(tab)}{_GAP}"

    def _label(self, tab: Tab) -> str:
        """With the blank in front of it."""
        if self._is_short and tab.action_id != self._open:
            return ""
        number = self._counts.get(tab.action_id, 0)
        return f" {tab.name} {number}" if number else f" {tab.name}"

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        segments = [Segment(" ", self.rich_style)]
        for tab in self._tabs:
            style = self.get_component_rich_style(f"tabs--{'open' if tab.action_id == self._open else 'name'}")
            name = self._label(tab)
            segments += [
                Segment(tab.key, self.get_component_rich_style("tabs--key")),
                Segment(name[:1], self.rich_style),
                Segment(name[1:], style),
                Segment(_GAP, self.rich_style),
            ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        left = 1
        for tab in self._tabs:
            left += len(self._text(tab))
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
        yield Static("", id="uploads", markup=False)
        yield Static("", id="server", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        self.query_one(Tabs).shorten(is_short=event.size.width < _NAMES_FROM)

    def on_descendant_focus(self) -> None:
        """Where there is little room the words take that of the views while they are typed."""
        self.add_class("-searching")

    def on_descendant_blur(self) -> None:
        self.remove_class("-searching")

    def show_uploads(self, number: int) -> None:
        """How many files are still on their way; nothing where none is."""
        uploads = self.query_one("#uploads", Static)
        uploads.display = number > 0
        uploads.update(Content(f"↑ {number:,}"))

    def show_server(self, name: str, *, is_reachable: bool) -> bool:
        """Who is signed in, hollow and with a word when the server does not answer; whether that is news."""
        server = self.query_one("#server", Static)
        changed = server.has_class("-unreachable") is is_reachable
        server.set_class(not is_reachable, "-unreachable")
        server.update(Content(f"● {name}" if is_reachable else f"○ {name} offline"))
        return changed
