"""One start of one track: what was heard of it, and whether what looks like its end is one. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tonearm_tui.listening import Listening
from tonearm_tui.player import Source
from tonearm_tui.queue import Entry

RELOAD_DELAYS_S = (0.15, 1, 2, 4)
"""Waits before loading again where the last attempts brought nothing more; as many as that are made."""

_SMALLEST_GAP_MS, _SMALLEST_GAP_SHARE = 2_000, 0.02
"""An end further than this from the track's length was a broken connection. Honest ends were at most 0.5 s short."""

_PROGRESS_MS = 1_000
"""A reload that got this much further was worth it; one that did not shows that nothing more comes."""


@dataclass(kw_only=True, slots=True)
class Start:
    """Kept when its source is loaded again: an interrupted play is one play. `began` is set by the first sound."""

    entry: Entry
    listening: Listening
    source: Source | None = None
    began: bool = False
    reloaded_at_ms: int | None = None
    _fruitless: int = 0

    @classmethod
    def of(cls, entry: Entry, *, source: Source | None = None) -> Start:
        listening = Listening(track_id=entry.track.id, duration_ms=entry.track.duration_ms)
        return cls(entry=entry, listening=listening, source=source)

    def is_early(self, position_ms: int) -> bool:
        """Whether `position_ms` is too far from the end to be it."""
        duration_ms = self.entry.track.duration_ms
        if duration_ms is None:
            return False
        return duration_ms - position_ms > max(_SMALLEST_GAP_MS, duration_ms * _SMALLEST_GAP_SHARE)

    def reload_delay_s(self, position_ms: int) -> float | None:
        """How long to wait before loading again at `position_ms`, where the sound broke off.

        None once that was tried often enough at the same place.
        """
        if self.reloaded_at_ms is None or position_ms >= self.reloaded_at_ms + _PROGRESS_MS:
            self._fruitless = 0
        else:
            self._fruitless += 1
        if self._fruitless >= len(RELOAD_DELAYS_S):
            return None
        self.reloaded_at_ms = position_ms
        return RELOAD_DELAYS_S[self._fruitless]
