"""One track: everything that is known about it."""

from __future__ import annotations

from typing import ClassVar, Protocol

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tonearm_api.errors import TonearmError
from tonearm_api.library import Track
from tonearm_api.text import steady_text
from tonearm_tui.cells import clock, count, fit
from tonearm_tui.screens.dialog import Dialog
from tonearm_tui.standing import standing

_LABEL_CELLS = 10

_FIXED_LINES = 7
"""A title of two lines, a blank one, the hint with its own, and one at either edge."""


class TrackServer(Protocol):
    async def get_track(self, track_id: str) -> Track: ...


class TrackScreen(Dialog[None]):
    """Shows what the list knew at once, and what the server says now as soon as it has answered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,i,I,q,enter", "dismiss", "Close", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, track: Track, *, server: TrackServer, is_liked: bool) -> None:
        super().__init__(hint="esc closes", fixed_lines=_FIXED_LINES)
        self._track = track
        self._server = server
        self._facts = Static(facts(track, is_liked=is_liked), id="track-facts", markup=False)
        self._body = VerticalScroll(self._facts, id="track-body", can_focus=False)

    @property
    def body(self) -> Widget:
        return self._body

    def compose_head(self) -> ComposeResult:
        yield Static(Content(steady_text(self._track.title)), id="track-title", classes="heading", markup=False)

    def action_scroll(self, step: int) -> None:
        self._body.scroll_relative(y=step, animate=False)

    def on_mount(self) -> None:
        self._refresh_facts()

    @work(exit_on_error=False)
    async def _refresh_facts(self) -> None:
        try:
            track = await self._server.get_track(self._track.id)
        except TonearmError:
            return  # what the list knew stays
        self._facts.update(facts(track, is_liked=track.liked))
        self.show_rest()


def facts(track: Track, *, is_liked: bool) -> Content:
    """Label and value, a line each; what is not known is left out."""
    year = f" ({track.year})" if track.year else ""
    place = " · ".join(
        text
        for text, known in (
            (f"disc {track.disc_number}", track.disc_number),
            (f"track {track.track_number}", track.track_number),
        )
        if known
    )
    lines = (
        ("Artist", ", ".join(track.artists) or track.artist),
        ("Album", f"{track.album}{year}" if track.album else ""),
        ("By", track.album_artist if track.album_artist != track.artist else ""),
        ("Place", place),
        ("Genre", ", ".join(track.genres)),
        ("Length", clock(track.duration_ms)),
        ("Audio", _audio(track)),
        ("Liked", f"{'by you, ' if is_liked else ''}{count(track.likes, 'like', 'likes')} in all"),
        ("Played", count(track.plays, "time", "times")),
        ("Uploaded", f"{track.uploaded_at:%Y-%m-%d} by {track.uploaded_by.name}"),
        ("Seen by", {"private": "you alone", "members": "everyone signed in", "public": "anyone"}[track.visibility]),
        ("State", standing(track)),
        ("Id", track.id),
    )
    shown = [
        Content.assemble((fit(label, _LABEL_CELLS), "$muted"), Content(steady_text(value)))
        for label, value in lines
        if value
    ]
    return Content("\n").join(shown)


def _audio(track: Track) -> str:
    parts = [track.format.value.upper()]
    if track.bitrate_bps:
        parts.append(f"{track.bitrate_bps // 1000} kbit/s")
    if track.sample_rate_hz:
        parts.append(f"{track.sample_rate_hz / 1000:g} kHz")
    if track.channels:
        parts.append({1: "mono", 2: "stereo"}.get(track.channels, f"{track.channels} channels"))
    parts.append(f"{track.size_bytes / 1_000_000:.1f} MB")
    return " · ".join(parts)
