"""The large list: a shelf of the library, what was found, or the queue where there is no column for it.

Owns the lists and fetches their pages; keeps what has arrived when the server goes away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from itertools import chain, repeat

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tonearm_api.errors import TonearmError, Unauthenticated, Unavailable
from tonearm_api.library import Track, TrackState
from tonearm_tui import views
from tonearm_tui.messages import Refused, RowsWanted, ServerBack, ServerLost, SessionOver, ViewShown
from tonearm_tui.queue import PlayQueue
from tonearm_tui.shelves import NoRows, QueueRows, Shelf
from tonearm_tui.views import LibraryServer
from tonearm_tui.widgets.track_table import TrackTable

log = logging.getLogger(__name__)

SEARCH_DELAY_S = 0.07
"""A pause between two letters; faster typing asks once."""

_RETRY_DELAYS_S = (1, 2, 4, 8, 15)
"""Waits while the server does not answer; the last one repeats."""


_VERDICT_DELAY_S = 2.0
"""A song is verified in about a second; asking more often would not show more."""

_WATCHED = 20
"""Tracks being verified that are asked about at a time: as many as are in sight."""


class LibraryPane(Vertical):
    """`view` is what it shows; `table` is where it shows it."""

    def __init__(self, *, server: LibraryServer, queue: PlayQueue, is_liked: Callable[[Track], bool], id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.table = TrackTable(is_liked=is_liked, id="tracks")
        self.view = views.RECENT
        self.found_q = ""
        self._server = server
        self._queue = queue
        self._shelves: dict[str, Shelf] = {}
        self._cursors: dict[str, int] = {}
        self._library_view = views.RECENT
        self._loading: Shelf | None = None

    def compose(self) -> ComposeResult:
        yield Static("", id="found", markup=False)
        yield self.table

    # --- what the screen asks for -------------------------------------------------------------------

    def open(self, view: str) -> None:
        """Show `view`: as it was left, or fetched anew when it is open already."""
        if view == self.view and view in self._shelves and view != views.SEARCH:
            self.forget(view)
        self._cursors[self.view] = self.table.cursor
        self.view = view
        if view in views.SHELVES:
            self._library_view = view
            if view not in self._shelves:
                self._shelves[view] = views.open_shelf(view, self._server)
        self._show()

    def forget(self, view: str) -> None:
        """Fetch `view` anew the next time it is opened."""
        self._shelves.pop(view, None)
        self._cursors.pop(view, None)

    def leave(self) -> None:
        """Back from the search or the queue to the list before."""
        if self.view in {views.SEARCH, views.QUEUE}:
            self.find("")
            self.open(self._library_view)

    def find(self, q: str) -> None:
        """Search as typed; an empty `q` only stops searching."""
        self.workers.cancel_group(self, "search")
        if q.strip():
            self._search(q.strip())

    def fetch_missing(self) -> None:
        """Ask at once for a list of which nothing has arrived, rather than when its next attempt is due."""
        shelf = self._shelves.get(self.view)
        if shelf is not None and shelf is self.table.rows and not len(shelf) and not shelf.is_complete:
            self._load(shelf)

    @property
    def tracks(self) -> list[Track]:
        """What the open list holds so far."""
        shelf = self._shelves.get(self.view)
        return [] if shelf is None else shelf.tracks

    # --- showing and fetching -----------------------------------------------------------------------

    def _show(self) -> None:
        rows = QueueRows(self._queue) if self.view == views.QUEUE else self._shelves.get(self.view, NoRows())
        cursor = self._queue.current_index or 0 if self.view == views.QUEUE else self._cursors.get(self.view, 0)
        self.query_one("#found", Static).display = self.view == views.SEARCH
        empty = views.nothing_found(self.found_q) if self.view == views.SEARCH else views.EMPTY[self.view]
        self.table.show(rows, cursor=cursor, empty=empty)
        self.post_message(ViewShown(self.view))
        self._watch_verdicts()

    def on_rows_wanted(self, message: RowsWanted) -> None:
        message.stop()
        shelf = self._shelves.get(self.view)
        if shelf is not None and shelf is message.table.rows and shelf is not self._loading:
            self._load(shelf)

    @work(exclusive=True, group="page", exit_on_error=False)
    async def _load(self, shelf: Shelf) -> None:
        self._loading = shelf

        def explain() -> None:
            if self.table.rows is shelf:
                self.table.explain(views.away(self.view))

        try:
            await self._persist(shelf.load_more, on_wait=explain)
        except TonearmError as error:
            self._refuse(error)
        else:
            if self.table.rows is shelf:
                self.table.grown()
                self._watch_verdicts()
        finally:
            if self._loading is shelf:
                self._loading = None

    @work(exclusive=True, group="verdicts", exit_on_error=False)
    async def _watch_verdicts(self) -> None:
        """Follow what is being verified while it is in sight."""
        shelf = self._shelves.get(self.view)
        while shelf is not None and shelf is self.table.rows:
            pending = [track for track in shelf.tracks if track.state is TrackState.VERIFYING][:_WATCHED]
            if not pending:
                return
            await asyncio.sleep(_VERDICT_DELAY_S)
            try:
                for track in pending:
                    shelf.replace(await self._server.get_track(track.id))
            except TonearmError as error:
                log.info("A verdict cannot be asked for: %s", error.code)
                return
            self.table.grown()

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _search(self, q: str) -> None:
        await asyncio.sleep(SEARCH_DELAY_S)

        async def search() -> None:
            self._shelves[views.SEARCH], found = await views.search(q, self._server)
            self.query_one("#found", Static).update(Content(found), layout=False)

        try:
            await self._persist(search)
        except TonearmError as error:
            self._refuse(error)
        else:
            self.found_q = q
            self._show_found()

    def _show_found(self) -> None:
        if self.view != views.SEARCH:
            self._cursors[self.view] = self.table.cursor
            self.view = views.SEARCH
        self._cursors.pop(views.SEARCH, None)
        self._show()

    def _refuse(self, error: TonearmError) -> None:
        """Rows that have arrived stay."""
        if isinstance(error, Unauthenticated):
            self.post_message(SessionOver())
        self.table.explain(views.refused(self.view, error.detail))
        if len(self.table.rows):
            self.post_message(Refused(error.detail))

    async def _persist(
        self, attempt: Callable[[], Awaitable[None]], *, on_wait: Callable[[], None] | None = None
    ) -> None:
        """Do `attempt` until the server answers, and tell the screen of losing it and having it back."""
        for delay_s in chain(_RETRY_DELAYS_S, repeat(_RETRY_DELAYS_S[-1])):
            try:
                await attempt()
            except Unavailable as error:
                self.post_message(ServerLost(f"{error.detail}: trying again in {delay_s} s"))
                if on_wait is not None:
                    on_wait()
                await asyncio.sleep(delay_s)
            else:
                self.post_message(ServerBack())
                return
