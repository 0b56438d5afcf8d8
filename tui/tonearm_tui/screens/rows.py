"""What is done to the row under the cursor, whichever list it is in. Decides nothing about what plays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tonearm_api.errors import TonearmError, Unauthenticated, Unavailable
from tonearm_api.library import Track
from tonearm_tui import views
from tonearm_tui.playback import Status
from tonearm_tui.shelves import QueueRows
from tonearm_tui.widgets.track_table import Playing, TrackTable

if TYPE_CHECKING:
    from tonearm_tui.screens.main import MainScreen


class RowCommands:
    """The screen says which list has the focus; the queue's rows are entries, every other's are tracks."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    def toggle(self) -> None:
        """Play or pause; in silence with an empty queue, play what is under the cursor."""
        screen = self._screen
        if screen.playback.entry is None and not screen.queue.entries:
            self.open(screen.table, screen.table.cursor)
        else:
            screen.playback.toggle()

    def open(self, table: TrackTable, index: int) -> None:
        """Play a row: of the queue by going there, of a list by queueing the list."""
        if index >= len(table.rows):
            return
        if isinstance(table.rows, QueueRows):
            self._screen.queueing.jump(int(table.rows[index].key))
        else:
            self._screen.queueing.play_from(self._screen.library.tracks, start=index)

    def open_current(self) -> None:
        self.open(self._screen.table, self._screen.table.cursor)

    def like(self, track: Track) -> None:
        """Like or unlike; taken back where the server does not take it."""
        self._screen.run_worker(self._like(track), group="like", exit_on_error=False)

    async def _like(self, track: Track) -> None:
        screen = self._screen
        try:
            await screen.likes.toggle(track)
        except Unauthenticated:
            screen.session_ended()
        except Unavailable as error:
            screen.server_lost(f"Not saved: {error.detail}")
        except TonearmError as error:
            screen.notice(f"Not saved: {error.detail}", is_error=True)
        else:
            screen.server_found()
            if screen.library.view != views.LIKED:
                screen.library.forget(views.LIKED)

    def with_track(self, do: Callable[[Track], object]) -> None:
        if (row := self._screen.table.current) is not None:
            do(row.track)

    def with_entry(self, do: Callable[[int], object]) -> None:
        """Do something to the entry under the cursor, if the list is the queue."""
        row = self._screen.table.current
        if row is not None and isinstance(self._screen.table.rows, QueueRows):
            do(int(row.key))

    def move_entry(self, by: int) -> None:
        def move(key: int) -> None:
            if self._screen.queueing.move(key, by=by):
                self._screen.table.move_cursor(self._screen.table.cursor + by)

        self.with_entry(move)

    def go_to_playing(self) -> None:
        table = self._screen.table
        index = table.find(self._playing_key(table) or "")
        if index is not None:
            table.move_cursor(index)

    def show_playing(self) -> None:
        """The page of what plays, wherever the cursor is."""
        entry = self._screen.playback.entry
        if entry is None:
            self._screen.notice("Nothing plays")
        else:
            self._screen.show_track(entry.track)

    def playing(self, table: TrackTable) -> Playing:
        """Which row of `table` plays."""
        playback = self._screen.playback
        return Playing(self._playing_key(table), playback.is_audible, playback.status is Status.PAUSED)

    def _playing_key(self, table: TrackTable) -> str | None:
        playback = self._screen.playback
        entry = playback.entry
        if entry is None or playback.status is Status.STOPPED:
            return None
        return str(entry.key) if isinstance(table.rows, QueueRows) else entry.track.id
