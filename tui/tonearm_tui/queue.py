"""The play queue: what plays, what comes next, in the real order. Pure: knows neither screen nor player.

Every change makes a new frozen state, so undo is keeping the old one. Shuffle is a permutation beside the
natural order, so taking it back restores that order, edits included.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tonearm_api.library import Track

MAX_UNDO = 50
"""Old states kept; each shares its entries with the others, so this is cheap and still bounded."""


class Loop(enum.StrEnum):
    """What happens at the end: of the queue (`off` stops, `all` starts over) or of the track (`one`)."""

    OFF = "off"
    ALL = "all"
    ONE = "one"

    def following(self) -> Loop:
        order = tuple(Loop)
        return order[(order.index(self) + 1) % len(order)]


@dataclass(frozen=True, slots=True)
class Entry:
    """A track's place in the queue; a track may stand in it twice, a `key` never."""

    key: int
    track: Track


@dataclass(frozen=True, slots=True)
class _State:
    """`entries` is the play order, `natural` the keys as they were added, `current` the key of what plays."""

    entries: tuple[Entry, ...] = ()
    natural: tuple[int, ...] = ()
    current: int | None = None
    shuffled: bool = False


class PlayQueue:
    """The one truth about what plays next. `shuffle` is handed in so that tests can choose the order."""

    def __init__(self, *, shuffle: Callable[[list[Entry]], None] = random.shuffle) -> None:
        self.loop = Loop.OFF
        self._shuffle = shuffle
        self._state = _State()
        self._undo: list[_State] = []
        self._next_key = 1
        self._left: set[int] = set()

    # --- looking ------------------------------------------------------------------------------------

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every entry in the order in which it will play."""
        return self._state.entries

    @property
    def current(self) -> Entry | None:
        return self.find(self._state.current)

    @property
    def shuffled(self) -> bool:
        return self._state.shuffled

    @property
    def current_index(self) -> int | None:
        """Where in `entries` the current one stands."""
        return self._index_of(self._state.current)

    @property
    def remaining_ms(self) -> int:
        """How long the entries after the current one last, as far as their lengths are known."""
        start = self.current_index
        rest = self.entries[0 if start is None else start + 1 :]
        return sum(entry.track.duration_ms or 0 for entry in rest)

    def find(self, key: int | None) -> Entry | None:
        index = self._index_of(key)
        return None if index is None else self.entries[index]

    def upcoming(self) -> Entry | None:
        """What plays when the current track ends by itself."""
        if self.loop is Loop.ONE and self.current is not None:
            return self.current
        return self._neighbour(1)

    # --- moving along -------------------------------------------------------------------------------

    def advance(self) -> Entry | None:
        """Go on because the track ended; None at the end of the queue, where the current one stays."""
        return self._go_to(self.upcoming())

    def skip(self) -> Entry | None:
        """Go to the next entry because a person asked: `loop one` does not hold them back."""
        return self._go_to(self._neighbour(1))

    def skip_back(self) -> Entry | None:
        return self._go_to(self._neighbour(-1))

    def jump(self, key: int) -> Entry | None:
        """Go to an entry that a person chose. While shuffled, one that is still to come is moved behind the current
        one first: what was passed over then still comes, and going back leads where one was."""
        index, current = self._index_of(key), self.current_index
        if self.shuffled and index is not None and current is not None and index > current:
            entries = list(self.entries)
            entries.insert(current + 1, entries.pop(index))
            self._state = replace(self._state, entries=tuple(entries))
        return self._go_to(self.find(key))

    # --- changing what is in it ---------------------------------------------------------------------

    def play_all(self, tracks: Iterable[Track], *, start: int) -> Entry | None:
        """Replace everything with `tracks` and go to the one at `start`; with shuffle on, the rest is shuffled."""
        entries = self._new_entries(tracks)
        if not 0 <= start < len(entries):
            return None
        self._left.clear()
        natural = tuple(entry.key for entry in entries)
        state = _State(entries=tuple(entries), natural=natural, current=entries[start].key)
        self._change(self._shuffle_rest(state) if self.shuffled else state)
        return self.current

    def add(self, tracks: Iterable[Track]) -> int:
        """Append; the number of entries added."""
        return self._insert(self._new_entries(tracks), index=len(self.entries), natural_index=len(self.entries))

    def add_next(self, tracks: Iterable[Track]) -> int:
        """Insert right after the current entry; the number of entries added."""
        index = self.current_index
        natural_index = -1 if index is None else self._state.natural.index(self.entries[index].key)
        after = -1 if index is None else index
        return self._insert(self._new_entries(tracks), index=after + 1, natural_index=natural_index + 1)

    def remove(self, key: int) -> Entry | None:
        """Take one entry out and return it; when it was the current one, the next one becomes current."""
        entry = self.find(key)
        if entry is None:
            return None
        current = self._state.current
        if key == current:
            follower = self._neighbour(1)
            current = None if follower is None or follower.key == key else follower.key
        self._change(
            replace(
                self._state,
                entries=tuple(e for e in self.entries if e.key != key),
                natural=tuple(k for k in self._state.natural if k != key),
                current=current,
            )
        )
        return entry

    def clear(self) -> int:
        """Take out everything but what plays, so that clearing never cuts off sound; how many went."""
        kept = tuple(entry for entry in self.entries if entry.key == self._state.current)
        removed = len(self.entries) - len(kept)
        if removed:
            self._change(replace(self._state, entries=kept, natural=tuple(e.key for e in kept)))
        return removed

    def move(self, key: int, *, by: int) -> bool:
        """Move one entry by `by` places; False where it stands at that end already."""
        start = self._index_of(key)
        if start is None:
            return False
        target = min(max(start + by, 0), len(self.entries) - 1)
        if target == start:
            return False
        entries = list(self.entries)
        entries.insert(target, entries.pop(start))
        natural = self._state.natural if self.shuffled else tuple(entry.key for entry in entries)
        self._change(replace(self._state, entries=tuple(entries), natural=natural))
        return True

    def toggle_shuffle(self) -> bool:
        """Shuffle what is still to come, or restore the natural order; whether it is shuffled now.

        What was current before goes in front, as it was; once there is nothing else, all of it is shuffled again.
        """
        if self.shuffled:
            by_key = {entry.key: entry for entry in self.entries}
            entries = tuple(by_key[key] for key in self._state.natural)
            self._state = replace(self._state, entries=entries, shuffled=False)
        else:
            self._state = self._shuffle_rest(self._state)
        return self.shuffled

    def undo(self) -> bool:
        """Take the last change of contents back. What plays goes on: if it was not in the old queue, it is
        put after the entry that was current then. False when there is nothing to take back."""
        if not self._undo:
            return False
        playing = self.current
        old = self._undo.pop()
        self._state = old if playing is None else _with_playing(old, playing)
        return True

    # --- inside -------------------------------------------------------------------------------------

    def _index_of(self, key: int | None) -> int | None:
        return next((i for i, entry in enumerate(self._state.entries) if entry.key == key), None)

    def _neighbour(self, step: int) -> Entry | None:
        index = self.current_index
        if index is None:
            return self.entries[0] if self.entries and step > 0 else None
        target = index + step
        if self.loop is Loop.OFF and not 0 <= target < len(self.entries):
            return None
        return self.entries[target % len(self.entries)]

    def _go_to(self, entry: Entry | None) -> Entry | None:
        if entry is not None:
            if self._state.current is not None:
                self._left.add(self._state.current)
            self._state = replace(self._state, current=entry.key)
        return entry

    def _new_entries(self, tracks: Iterable[Track]) -> list[Entry]:
        entries = [Entry(key, track) for key, track in enumerate(tracks, self._next_key)]
        self._next_key += len(entries)
        return entries

    def _insert(self, new: list[Entry], *, index: int, natural_index: int) -> int:
        if new:
            entries, natural = list(self.entries), list(self._state.natural)
            entries[index:index] = new
            natural[natural_index:natural_index] = [entry.key for entry in new]
            self._change(replace(self._state, entries=tuple(entries), natural=tuple(natural)))
        return len(new)

    def _shuffle_rest(self, state: _State) -> _State:
        current = [entry for entry in state.entries if entry.key == state.current]
        others = [entry for entry in state.entries if entry.key != state.current]
        heard = [entry for entry in others if entry.key in self._left]
        rest = [entry for entry in others if entry.key not in self._left]
        if not rest:
            heard, rest = [], others
        self._shuffle(rest)
        return replace(state, entries=(*heard, *current, *rest), shuffled=True)

    def _change(self, state: _State) -> None:
        self._undo = [*self._undo[1 - MAX_UNDO :], self._state]
        self._state = state


def _with_playing(old: _State, playing: Entry) -> _State:
    if any(entry.key == playing.key for entry in old.entries):
        return replace(old, current=playing.key)
    keys = [entry.key for entry in old.entries]
    index = keys.index(old.current) + 1 if old.current in keys else 0
    natural_index = old.natural.index(old.current) + 1 if old.current in old.natural else 0
    entries, natural = list(old.entries), list(old.natural)
    entries.insert(index, playing)
    natural.insert(natural_index, playing.key)
    return _State(entries=tuple(entries), natural=tuple(natural), current=playing.key, shuffled=old.shuffled)
