"""Likes as this person sees them now: shown at once, taken back when the server refuses. Knows no screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tonearm_api.errors import TonearmError
from tonearm_api.library import Track


class LikeServer(Protocol):
    async def like(self, track_id: str) -> None: ...
    async def unlike(self, track_id: str) -> None: ...


class Likes:
    """Newer than any list that was fetched: a track's own `liked` counts only while nobody pressed the key."""

    def __init__(self, server: LikeServer, *, on_change: Callable[[], None]) -> None:
        self._server = server
        self._on_change = on_change
        self._changed: dict[str, bool] = {}

    def __contains__(self, track: Track) -> bool:
        return self._changed.get(track.id, track.liked)

    async def toggle(self, track: Track) -> bool:
        """Like or unlike and return which. Shows at once; raises what the server raised, after taking it back."""
        wanted = track not in self
        self._show(track, liked=wanted)
        try:
            await (self._server.like(track.id) if wanted else self._server.unlike(track.id))
        except TonearmError:
            if (track in self) is wanted:
                self._show(track, liked=not wanted)
            raise
        return wanted

    def _show(self, track: Track, *, liked: bool) -> None:
        self._changed[track.id] = liked
        self._on_change()
