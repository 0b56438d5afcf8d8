"""The waveform in eight steps, which is the seek bar: played, needle, still to come."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from tonearm_api.design import WAVE_STEPS, wave_levels
from tonearm_tui.messages import ShareChosen

NEEDLE = "│"


class WaveStrip(Widget):
    """One line. Repaints when the needle enters another cell, not when the clock ticks."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "wave-strip--played",
        "wave-strip--audible",
        "wave-strip--needle",
        "wave-strip--ahead",
    }

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._bars = b""
        self._share: float | None = None
        self._is_audible = False

    def show(self, bars: bytes) -> None:
        """Other bars, one byte each; none draws a flat strip."""
        if bars != self._bars:
            self._bars = bars
            self.refresh()

    def move(self, share: float | None, *, is_audible: bool) -> None:
        """The needle at `share` of the length, 0.0 to 1.0; None lifts it."""
        moved = self._column(share) != self._column(self._share)
        self._share = share
        if moved or is_audible != self._is_audible:
            self._is_audible = is_audible
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y or not width:
            return Strip.blank(width, self.rich_style)
        bars = "".join(WAVE_STEPS[level] for level in wave_levels(self._bars, width))
        column = self._column(self._share)
        ahead = self.get_component_rich_style("wave-strip--ahead")
        if column is None:
            return Strip([Segment(bars, ahead)])
        played = self.get_component_rich_style("wave-strip--audible" if self._is_audible else "wave-strip--played")
        needle = played + self.get_component_rich_style("wave-strip--needle", partial=True)
        return Strip([Segment(bars[:column], played), Segment(NEEDLE, needle), Segment(bars[column + 1 :], ahead)])

    def _column(self, share: float | None) -> int | None:
        if share is None or not self.size.width:
            return None
        return min(max(int(share * self.size.width), 0), self.size.width - 1)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(ShareChosen(event.x / max(self.size.width - 1, 1)))
