"""The queue as a column beside the library, in the order in which it will really play."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tonearm_api.library import Track
from tonearm_tui import views
from tonearm_tui.cells import count, long_clock
from tonearm_tui.queue import PlayQueue
from tonearm_tui.shelves import QueueRows
from tonearm_tui.widgets.track_table import TrackTable


class QueuePane(Vertical):
    """`table` holds the queue's rows; call `changed` after every edit."""

    def __init__(self, *, queue: PlayQueue, is_liked: Callable[[Track], bool], id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.table = TrackTable(is_liked=is_liked, is_narrow=True, id="queue-tracks")
        self._queue = queue
        self._followed: int | None = None

    def compose(self) -> ComposeResult:
        yield Static("", id="queue-heading", markup=False)
        yield self.table

    def on_mount(self) -> None:
        self.table.show(QueueRows(self._queue), empty=views.EMPTY[views.QUEUE])
        self.changed()

    def changed(self) -> None:
        self.table.grown()
        current = self._queue.current_index
        if current != self._followed and current is not None and not self.table.has_focus:
            self.table.move_cursor(current)
        self._followed = current
        self.query_one("#queue-heading", Static).update(Content(self._heading()), layout=False)

    def _heading(self) -> str:
        number = len(self._queue.entries)
        if not number:
            return "Queue"
        left_ms = self._queue.remaining_ms
        rest = f" · {long_clock(left_ms)} left" if left_ms else ""
        return f"Queue · {count(number, 'track', 'tracks')}{rest}"
