"""The library's lists: what is asked of the server for each, and what an empty one says. Knows no screen."""

from __future__ import annotations

from typing import Protocol

import msgspec

from tonearm_api.keymap import find_action
from tonearm_api.library import ListTracks, Sort, Track, TrackPage
from tonearm_api.search import SearchResult
from tonearm_api.text import safe_text
from tonearm_tui.cells import count
from tonearm_tui.shelves import PAGE_TRACKS, Shelf

RECENT, LIKED, POPULAR, UPLOADS = "view.recent", "view.liked", "view.popular", "view.uploads"
QUEUE, SEARCH = "view.queue", "view.search"
"""Views go by the ids of the actions that open them."""

SHELVES = {
    RECENT: ListTracks(sort=Sort.RECENT, limit=PAGE_TRACKS),
    LIKED: ListTracks(sort=Sort.LIKED, liked=True, limit=PAGE_TRACKS),
    POPULAR: ListTracks(sort=Sort.POPULAR, limit=PAGE_TRACKS),
    UPLOADS: ListTracks(sort=Sort.RECENT, mine=True, limit=PAGE_TRACKS),
}
"""What is asked for each list that the server keeps."""

FOUND_TRACKS = 100
"""As many as the server gives for one search; who wants more types another letter."""

Lines = tuple[str, ...]
"""What stands in place of rows: a heading, then lines on what to do."""

_HOW_TO_UPLOAD = ("U uploads files and folders.", "", "From a shell: tonearm upload ~/Music")

EMPTY: dict[str, Lines] = {
    RECENT: ("No music here yet.", "", *_HOW_TO_UPLOAD, "then press 1"),
    LIKED: ("Nothing liked yet.", "", "* on a track likes it."),
    POPULAR: ("No music here yet.", "", *_HOW_TO_UPLOAD, "then press 3"),
    UPLOADS: ("You have uploaded nothing yet.", "", *_HOW_TO_UPLOAD, "then press 4"),
    QUEUE: ("The queue is empty.", "", "a adds a track, A plays it next,", "enter plays a whole list."),
}


def nothing_found(q: str) -> Lines:
    return (f"Nothing found for “{safe_text(q)}”.", "", "Fewer letters find more: every word must occur.", "esc leaves")


def away(view: str) -> Lines:
    """While nothing has arrived because the server does not answer."""
    return ("The server does not answer.", "", "The list comes as soon as it does;", f"{_key(view)} asks at once.")


def refused(view: str, detail: str) -> Lines:
    """When nothing has arrived because the server said no."""
    return ("That did not work.", "", detail, "", f"{_key(view)} asks again")


def _key(view: str) -> str:
    return find_action(view).shown.split()[0]


class LibraryServer(Protocol):
    async def list_tracks(self, request: ListTracks) -> TrackPage: ...
    async def search(self, q: str, *, limit: int = 50) -> SearchResult: ...
    async def get_track(self, track_id: str) -> Track: ...


def open_shelf(view: str, server: LibraryServer) -> Shelf:
    """A list of `SHELVES`, of which nothing is fetched yet."""

    async def fetch(cursor: str | None) -> TrackPage:
        return await server.list_tracks(msgspec.structs.replace(SHELVES[view], cursor=cursor))

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
