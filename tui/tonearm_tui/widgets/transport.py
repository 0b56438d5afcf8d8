"""The line below the waveform: what plays, how far it is, how it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tonearm_tui.cells import clock, fit
from tonearm_tui.playback import Status
from tonearm_tui.queue import Loop
from tonearm_tui.widgets.columns import LIKED, PAUSED, PLAYING

_GLYPHS = {
    Status.STOPPED: "■",
    Status.LOADING: "…",
    Status.PLAYING: PLAYING,
    Status.PAUSED: PAUSED,
    Status.WAITING: "…",
}
_MODES_FROM = 56
"""Width in cells from which loop, shuffle and volume have room beside the title."""

_ARTIST_CELLS = 6
"""Less room than this for the artist says nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """Everything the line says; equal values draw the same line."""

    title: str = ""
    artist: str = ""
    following: str = ""
    position_s: int = 0
    duration_ms: int | None = None
    status: Status = Status.STOPPED
    is_audible: bool = False
    is_reconnecting: bool = False
    liked: bool = False
    loop: Loop = Loop.OFF
    shuffled: bool = False
    volume: int = 100
    muted: bool = False


class Transport(Widget):
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "transport--audible",
        "transport--loaded",
        "transport--artist",
        "transport--time",
        "transport--mode",
        "transport--liked",
    }

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._shown = Shown()

    def show(self, shown: Shown) -> None:
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        right = self._right(width)
        room = max(width - sum(cell_len(text) for text, _ in right), 1)
        fields = [*self._left(room), *right]
        segments = [Segment(text, self.get_component_rich_style(f"transport--{name}")) for text, name in fields]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _left(self, room: int) -> list[tuple[str, str]]:
        shown = self._shown
        if not shown.title:
            return [(fit(" Nothing plays", room), "artist")]
        loud = "audible" if shown.is_audible else "loaded"
        title = fit(shown.title, min(cell_len(shown.title), max(room - 4, 1)))
        left = [(f" {_GLYPHS[shown.status]} ", loud), (title, loud)]
        rest = room - 3 - cell_len(title)
        artist = f" · {shown.artist}" if shown.artist else ""
        if wait := _wait(shown):
            return [*left, (fit(f"   {wait}", rest), "artist")]
        following = f"   next: {shown.following}" if shown.following else ""
        if cell_len(artist) + cell_len(following) <= rest:
            artist += following
        return [*left, (fit(artist, rest) if rest >= _ARTIST_CELLS else " " * rest, "artist")]

    def _right(self, width: int) -> list[tuple[str, str]]:
        shown = self._shown
        heart = [(f" {LIKED}" if shown.liked else "  ", "liked")]
        time = [(f"  {clock(shown.position_s * 1000)} / {clock(shown.duration_ms)}", "time")] if shown.title else []
        if width < _MODES_FROM:
            return [*heart, *time, (" ", "mode")]
        modes = [f"loop {shown.loop.value}"] if shown.loop is not Loop.OFF else []
        modes += ["shuffle"] if shown.shuffled else []
        modes += ["muted" if shown.muted else f"vol {shown.volume}"]
        return [*heart, *time, ("   " + "   ".join(modes) + " ", "mode")]


def _wait(shown: Shown) -> str:
    """What the sound waits for, in a word; empty where it does not wait."""
    if shown.is_reconnecting:
        return "reconnecting …"
    return "buffering …" if shown.status is Status.WAITING else ""
