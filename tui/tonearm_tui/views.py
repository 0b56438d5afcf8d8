"""The library's lists: what is asked of the server for each, and what an empty one says. Knows no screen."""

from __future__ import annotations

from typing import Protocol

from tonearm_api.library import ListTracks, Sort, TrackPage
from tonearm_api.search import SearchResult
from tonearm_tui.cells import count
from tonearm_tui.shelves import PAGE_TRACKS, Shelf

RECENT, LIKED, QUEUE, SEARCH = "view.recent", "view.liked", "view.queue", "view.search"
"""Views go by the ids of the actions that open them."""

FOUND_TRACKS = 100
"""As many as the server gives for one search; who wants more types another letter."""

EMPTY = {
    RECENT: ("No music here yet.", "", "Upload some from a shell:", "tonearm upload ~/Music", "", "then press 1"),
    LIKED: ("Nothing liked yet.", "", "Press * on a track."),
    QUEUE: ("The queue is empty.", "", "a adds a track, A plays it next,", "enter plays a whole list."),
    SEARCH: ("Nothing found.", "", "Fewer letters find more:", "every word must occur."),
}


class LibraryServer(Protocol):
    async def list_tracks(self, request: ListTracks) -> TrackPage: ...
    async def search(self, q: str, *, limit: int = 50) -> SearchResult: ...


def open_shelf(view: str, server: LibraryServer) -> Shelf:
    """The first page of Recent or Liked, not yet fetched."""
    by_view = {
        RECENT: ListTracks(sort=Sort.RECENT, limit=PAGE_TRACKS),
        LIKED: ListTracks(sort=Sort.LIKED, liked=True, limit=PAGE_TRACKS),
    }
    request = by_view[view]

    async def fetch(cursor: str | None) -> TrackPage:
        return await server.list_tracks(
            ListTracks(sort=request.sort, liked=request.liked, limit=request.limit, cursor=cursor)
        )

    return Shelf(fetch)


async def search(q: str, server: LibraryServer) -> tuple[Shelf, str]:
    """What was found, as a shelf that is complete, and one line about it."""
    result = await server.search(q, limit=FOUND_TRACKS)

    async def fetch(_cursor: str | None) -> TrackPage:
        return TrackPage(items=result.tracks, next_cursor=None)

    shelf = Shelf(fetch)
    await shelf.load_more()
    return shelf, summary(result)


def summary(result: SearchResult) -> str:
    """How much was found; tracks of a found album or artist are among it."""
    number = len(result.tracks)
    return f"{number}+ tracks" if number >= FOUND_TRACKS else count(number, "track", "tracks")
