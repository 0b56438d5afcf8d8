"""What a person does to the queue, and what they are told about it. Knows no screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tonearm_api.library import Track
from tonearm_tui.cells import count
from tonearm_tui.playback import Playback
from tonearm_tui.queue import Loop, PlayQueue
from tonearm_tui.standing import is_playable, standing

_LOOPS = {Loop.OFF: "Loop off", Loop.ALL: "Loop: the whole queue", Loop.ONE: "Loop: this track"}
_UNDO = "u takes it back"


class Say(Protocol):
    def __call__(self, text: str, *, is_error: bool = False) -> None: ...


class Queueing:
    """Every change ends in `playback.queue_changed`, so that what plays follows."""

    def __init__(self, *, queue: PlayQueue, playback: Playback, say: Say) -> None:
        self._queue, self._playback, self._say = queue, playback, say

    def play_from(self, tracks: Sequence[Track], *, start: int) -> None:
        """Play a list from one of its rows on, without what cannot be played."""
        if not self._can_play(tracks[start]):
            return
        playable = [track for track in tracks if is_playable(track)]
        entry = self._queue.play_all(playable, start=sum(map(is_playable, tracks[:start])))
        if entry is not None:
            self._playback.play(entry)

    def jump(self, key: int) -> None:
        entry = self._queue.jump(key)
        if entry is not None:
            self._playback.play(entry)

    def add(self, track: Track) -> None:
        if self._can_play(track):
            self._queue.add([track])
            self._changed(f"Queued: {track.title}")

    def add_next(self, track: Track) -> None:
        if self._can_play(track):
            self._queue.add_next([track])
            self._changed(f"Plays next: {track.title}")

    def remove(self, key: int) -> None:
        entry = self._queue.remove(key)
        if entry is not None:
            self._changed(f"Taken out: {entry.track.title} · {_UNDO}")

    def clear(self) -> None:
        removed = self._queue.clear()
        self._changed(f"Cleared {count(removed, 'track', 'tracks')} · {_UNDO}" if removed else "Nothing to clear")

    def move(self, key: int, *, by: int) -> bool:
        """Whether it moved."""
        moved = self._queue.move(key, by=by)
        if moved:
            self._changed("")
        return moved

    def undo(self) -> None:
        undone = self._queue.undo()
        self._changed("The queue is as it was" if undone else "Nothing to take back")

    def change_loop(self) -> None:
        self._queue.loop = self._queue.loop.following()
        self._changed(_LOOPS[self._queue.loop])

    def toggle_shuffle(self) -> None:
        shuffled = self._queue.toggle_shuffle()
        self._changed("Shuffled: the queue shows the order" if shuffled else "Back in the order of the queue")

    def _can_play(self, track: Track) -> bool:
        """Whether it may enter the queue; says why not."""
        if not is_playable(track):
            self._say(f"“{track.title}” cannot be played: {standing(track)}", is_error=True)
        return is_playable(track)

    def _changed(self, text: str) -> None:
        self._playback.queue_changed()
        if text:
            self._say(text)
