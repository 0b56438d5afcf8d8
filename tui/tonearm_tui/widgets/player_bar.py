"""The player at the bottom: waveform strip and transport line, drawn from the state of playback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual import work
from textual.app import ComposeResult
from textual.cache import LRUCache
from textual.containers import Vertical

from tonearm_api.errors import TonearmError
from tonearm_api.library import Track
from tonearm_tui.playback import Playback
from tonearm_tui.queue import Loop
from tonearm_tui.widgets.transport import Shown, Transport
from tonearm_tui.widgets.wave_strip import WaveStrip

_KEPT_WAVEFORMS = 50
"""40 KB together; going back and forth between tracks asks the server once."""


class PlayerBar(Vertical):
    """Call `changed` when anything but the position has, `moved` when only that has."""

    def __init__(
        self,
        *,
        playback: Playback,
        is_liked: Callable[[Track], bool],
        waveform: Callable[[str], Awaitable[bytes]],
        id: str,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(id=id)
        self._playback = playback
        self._is_liked = is_liked
        self._waveform = waveform
        self._waveforms: LRUCache[str, bytes] = LRUCache(_KEPT_WAVEFORMS)
        self._track_id: str | None = None
        self._strip = WaveStrip(id="wave")
        self._transport = Transport(id="transport")

    def compose(self) -> ComposeResult:
        yield self._strip
        yield self._transport

    def changed(self) -> None:
        entry = self._playback.entry
        track_id = None if entry is None else entry.track.id
        if track_id != self._track_id:
            self._track_id = track_id
            self._show_waveform(track_id)
        self.moved()

    def moved(self) -> None:
        playback = self._playback
        duration_ms = playback.duration_ms
        share = playback.position_ms / duration_ms if duration_ms else None
        self._strip.move(share if playback.entry else None, is_audible=playback.is_audible)
        self._transport.show(self._shown())

    def _shown(self) -> Shown:
        playback, queue = self._playback, self._playback.queue
        entry = playback.entry
        following = queue.upcoming()
        return Shown(
            title="" if entry is None else entry.track.title,
            artist="" if entry is None else entry.track.artist,
            following="" if following is None or queue.loop is Loop.ONE else following.track.title,
            position_s=playback.position_ms // 1000,
            duration_ms=playback.duration_ms,
            status=playback.status,
            is_audible=playback.is_audible,
            is_reconnecting=playback.is_reconnecting,
            liked=entry is not None and self._is_liked(entry.track),
            loop=queue.loop,
            shuffled=queue.shuffled,
            volume=playback.volume,
            muted=playback.muted,
        )

    @work(exclusive=True, group="waveform", exit_on_error=False)
    async def _show_waveform(self, track_id: str | None) -> None:
        bars = b"" if track_id is None else self._waveforms.get(track_id, b"")
        self._strip.show(bars)
        if track_id is None or bars:
            return
        try:
            bars = await self._waveform(track_id)
        except TonearmError:
            return  # a flat strip is a good seek bar too
        self._waveforms[track_id] = bars
        self._strip.show(bars)
