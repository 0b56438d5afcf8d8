"""The last line: what the keys do here, the rest of a key sequence, or what has just happened."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tonearm_tui.cells import fit

NOTICE_S = 5.0
"""Long enough to read a line twice."""


class StatusLine(Widget):
    """A notice stands for a few seconds, an error until the next notice; hints stand in between."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status-line--key",
        "status-line--text",
        "status-line--notice",
        "status-line--error",
    }

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._hints: tuple[tuple[str, str], ...] = ()
        self._sequence: tuple[tuple[str, str], ...] = ()
        self._notice = ""
        self._is_error = False
        self._timer: Timer | None = None

    @property
    def notice(self) -> str:
        """What is being said; empty while hints are shown."""
        return self._notice

    def show_hints(self, hints: tuple[tuple[str, str], ...]) -> None:
        """Pairs of keys and what they do, most useful first."""
        if hints != self._hints:
            self._hints = hints
            self.refresh()

    def show_sequence(self, choices: tuple[tuple[str, str], ...]) -> None:
        """What the next key of a sequence may be; nothing ends it."""
        if choices != self._sequence:
            self._sequence = choices
            self.refresh()

    def say(self, text: str, *, is_error: bool = False) -> None:
        """One line for a person; an empty one takes the last back."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._notice, self._is_error = text, is_error
        if text and not is_error:
            self._timer = self.set_timer(NOTICE_S, self._fade)
        self.refresh()

    def _fade(self) -> None:
        self.say("")

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        if self._sequence:
            return self._pairs(self._sequence, width)
        if not self._notice:
            return self._pairs(self._hints, width)
        style = self.get_component_rich_style(f"status-line--{'error' if self._is_error else 'notice'}")
        mark = " ! " if self._is_error else " "
        return Strip([Segment(fit(mark + self._notice, width), style)])

    def _pairs(self, pairs: tuple[tuple[str, str], ...], width: int) -> Strip:
        """As many whole pairs as fit."""
        key_style = self.get_component_rich_style("status-line--key")
        text_style = self.get_component_rich_style("status-line--text")
        segments: list[Segment] = []
        used = 0
        for keys, text in pairs:
            needed = cell_len(f" {keys} {text}  ")
            if used + needed > width:
                break
            segments += [Segment(f" {keys}", key_style), Segment(f" {text}  ", text_style)]
            used += needed
        return Strip(segments).adjust_cell_length(width, self.rich_style)
