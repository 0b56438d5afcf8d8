"""Lists of tracks that arrive page by page. Knows no screen; failures are raised, rows that came stay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from tonearm_api.library import Track, TrackPage
from tonearm_tui.queue import PlayQueue

PAGE_TRACKS = 100
"""Tracks a request: four screens of them, about 60 KB."""


@dataclass(frozen=True, slots=True)
class Row:
    """`key` tells rows apart: the track's id in the library, the entry's key in the queue."""

    key: str
    track: Track


class Rows(Protocol):
    """What a table draws. `is_complete` is false while more may come."""

    @property
    def is_complete(self) -> bool: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Row: ...


FetchPage = Callable[[str | None], Awaitable[TrackPage]]


class Shelf:
    """Pages of the library in the server's order, one after another by keyset cursor."""

    def __init__(self, fetch: FetchPage) -> None:
        self._fetch = fetch
        self._rows: list[Row] = []
        self._keys: set[str] = set()
        self._cursor: str | None = None
        self._complete = False

    @property
    def is_complete(self) -> bool:
        return self._complete

    @property
    def tracks(self) -> list[Track]:
        """What has arrived so far."""
        return [row.track for row in self._rows]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int, /) -> Row:
        return self._rows[index]

    async def load_more(self) -> None:
        """Fetch the page that follows. Raises what the client raises; the shelf is unchanged then."""
        if self._complete:
            return
        page = await self._fetch(self._cursor)
        # A track that moved between two requests may come twice; it stays where it was seen first.
        new = [Row(track.id, track) for track in page.items if track.id not in self._keys]
        self._rows += new
        self._keys.update(row.key for row in new)
        self._cursor = page.next_cursor
        self._complete = page.next_cursor is None

    def replace(self, track: Track) -> None:
        """Put what is known now in the place of what was known of the same track."""
        self._rows = [Row(track.id, track) if row.key == track.id else row for row in self._rows]


class QueueRows:
    """The play queue as rows, always as it is now."""

    is_complete = True

    def __init__(self, queue: PlayQueue) -> None:
        self._queue = queue

    def __len__(self) -> int:
        return len(self._queue.entries)

    def __getitem__(self, index: int, /) -> Row:
        entry = self._queue.entries[index]
        return Row(str(entry.key), entry.track)


class NoRows:
    """Nothing: before anything was asked for (`is_complete` false draws it as loading)."""

    def __init__(self, *, is_complete: bool = False) -> None:
        self.is_complete = is_complete

    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: int, /) -> Row:
        raise IndexError(index)
