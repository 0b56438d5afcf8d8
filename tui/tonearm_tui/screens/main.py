"""The main screen: one list, the queue beside it where there is room, the player below.

Joins widgets with controllers and decides nothing else: what plays is `playback`'s business, the queue's
contents `queueing`'s, the lists' contents the library pane's.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from tonearm_api.library import Track
from tonearm_tui import views
from tonearm_tui.likes import Likes
from tonearm_tui.messages import (
    Refused,
    RowLiked,
    RowOpened,
    ServerLost,
    SessionOver,
    ShareChosen,
    SignOutChosen,
    ViewChosen,
    ViewShown,
)
from tonearm_tui.playback import Playback
from tonearm_tui.player import Player
from tonearm_tui.queue import PlayQueue
from tonearm_tui.queueing import Queueing
from tonearm_tui.screens.commands import commands
from tonearm_tui.screens.help import HelpScreen
from tonearm_tui.screens.hints import LIST_HINTS, QUEUE_HINTS, SEARCH_HINTS
from tonearm_tui.screens.keyed import KeyedScreen, Pairs
from tonearm_tui.screens.rows import RowCommands
from tonearm_tui.screens.server_watch import ServerWatch
from tonearm_tui.screens.track import TrackScreen
from tonearm_tui.screens.uploads import Uploads
from tonearm_tui.shelves import QueueRows
from tonearm_tui.widgets.library_pane import LibraryPane
from tonearm_tui.widgets.player_bar import PlayerBar
from tonearm_tui.widgets.queue_pane import QueuePane
from tonearm_tui.widgets.status_line import StatusLine
from tonearm_tui.widgets.top_bar import Tab, Tabs, TopBar
from tonearm_tui.widgets.track_table import TrackTable

if TYPE_CHECKING:
    from tonearm_api.client import Client

TABS = (
    Tab(views.RECENT, "1", "Recent"),
    Tab(views.LIKED, "2", "Liked"),
    Tab(views.POPULAR, "3", "Popular"),
    Tab(views.UPLOADS, "4", "Uploads"),
    Tab(views.QUEUE, "5", "Queue"),
)


class MainScreen(KeyedScreen):
    """One signed-in account. `queue` and `position_ms` are where it goes on from. `close` it before it is dropped."""

    AUTO_FOCUS = "#tracks"
    HORIZONTAL_BREAKPOINTS = [(0, "-mini"), (56, "-single"), (100, "-wide")]  # noqa: RUF012 - Textual declares no ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (10, "-short"), (16, "-tall")]  # noqa: RUF012 - Textual declares no ClassVar

    def __init__(
        self, *, client: Client, player: Player, name: str, journal: Path, queue: PlayQueue, position_ms: int = 0
    ) -> None:
        super().__init__()
        self.client = client
        self.queue = queue
        self.likes = Likes(client, on_change=self._likes_changed)
        self.playback = Playback(queue=self.queue, player=player, server=client, watcher=self)
        self.playback.position_ms = position_ms
        self.queueing = Queueing(queue=self.queue, playback=self.playback, say=self.notice)
        self.library = LibraryPane(server=client, queue=self.queue, is_liked=self.likes.__contains__, id="library")
        self.queue_pane = QueuePane(queue=self.queue, is_liked=self.likes.__contains__, id="queue")
        self.player_bar = PlayerBar(
            playback=self.playback, is_liked=self.likes.__contains__, waveform=client.waveform, id="player"
        )
        self.rows = RowCommands(self)
        self.uploads = Uploads(self, journal=journal)
        self.commands = commands(self)
        self._server = ServerWatch(
            self,
            name=name,
            ask=client.me,
            say=partial(self.notice, is_error=True),
            on_found=self.library.fetch_missing,
        )
        self._open_when_found = False
        self._in_queue_column = False
        self._shows = False

    def compose(self) -> ComposeResult:
        self.foresee_size()
        yield TopBar(TABS, id="top")
        with Horizontal(id="lists"):
            yield self.library
            yield self.queue_pane
        yield self.player_bar
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        self._shows = True
        self._server.begin()
        self.library.open(views.RECENT)

    async def close(self) -> None:
        """End sound, tasks and connections of this account; nothing is drawn any more."""
        self._shows = False
        await self.uploads.close()
        await self.playback.close()
        await self.client.close()

    # --- what the commands are made of --------------------------------------------------------------

    @property
    def table(self) -> TrackTable:
        """The list that has the focus, or the large one."""
        return self.focused if isinstance(self.focused, TrackTable) else self.library.table

    @property
    def _status(self) -> StatusLine:
        return self.query_one(StatusLine)

    @property
    def _is_wide(self) -> bool:
        return self.has_class("-wide")

    def show_sequence(self, choices: Pairs) -> None:
        self._status.show_sequence(choices)

    def open_view(self, view: str) -> None:
        self._clear_search()
        self.library.find("")
        self.library.open(view)
        self.library.table.focus()

    def open_queue(self) -> None:
        if self._is_wide:
            self.queue_pane.table.focus()
        else:
            self.open_view(views.QUEUE)

    def start_search(self) -> None:
        self.set_focus(self.query_one("#search", Input))  # at once: `focus` would let the next letter go elsewhere

    def go_back(self) -> None:
        """Out of the text field; out of the search; back to the large list."""
        field = self.query_one("#search", Input)
        if not field.has_focus or not field.value:
            self._clear_search()
            self.library.leave()
        self._status.say("")
        self.library.table.focus()

    def _clear_search(self) -> None:
        with self.prevent(Input.Changed):
            self.query_one("#search", Input).value = ""

    def show_help(self) -> None:
        self.app.push_screen(HelpScreen(), self._run_chosen)

    def _run_chosen(self, action_id: str | None) -> None:
        if action_id is not None:
            self.run(action_id)

    def show_track(self, track: Track) -> None:
        self.app.push_screen(TrackScreen(track, server=self.client, is_liked=track in self.likes))

    def sign_out(self) -> None:
        self.post_message(SignOutChosen())

    # --- what playback tells (playback.Watcher) -----------------------------------------------------

    def playback_changed(self) -> None:
        if not self._shows:
            return
        self.player_bar.changed()
        self.queue_pane.changed()
        if self.library.view == views.QUEUE:
            self.library.table.grown()
        for table in (self.library.table, self.queue_pane.table):
            table.mark_playing(self.rows.playing(table))
        self._show_tabs()

    def position_changed(self) -> None:
        if self._shows:
            self.player_bar.moved()

    def notice(self, text: str, *, is_error: bool = False) -> None:
        if self._shows:
            self._status.say(text, is_error=is_error)

    def server_lost(self, text: str) -> None:
        if self._shows:
            self._server.lost(text)

    def server_found(self) -> None:
        if self._shows:
            self._server.found()

    def session_ended(self) -> None:
        self.post_message(SessionOver())

    def _likes_changed(self) -> None:
        self.library.table.refresh()
        self.queue_pane.table.refresh()
        self.player_bar.changed()

    # --- what widgets tell --------------------------------------------------------------------------

    def on_row_opened(self, message: RowOpened) -> None:
        self.rows.open(message.table, message.index)

    def on_row_liked(self, message: RowLiked) -> None:
        self.rows.like(message.table.rows[message.index].track)

    def on_share_chosen(self, message: ShareChosen) -> None:
        self.playback.seek_share(message.share)

    def on_view_chosen(self, message: ViewChosen) -> None:
        self.run(message.action_id)

    def on_view_shown(self, message: ViewShown) -> None:
        self.library.table.mark_playing(self.rows.playing(self.library.table))
        self._show_tabs()
        self._show_hints()
        if self._open_when_found and message.view == views.SEARCH:
            self._open_found()

    def on_server_lost(self, message: ServerLost) -> None:
        self.server_lost(message.text)

    def on_refused(self, message: Refused) -> None:
        self.notice(message.text, is_error=True)

    def on_server_back(self) -> None:
        self.server_found()

    @on(Input.Changed, "#search")
    def _search_typed(self, event: Input.Changed) -> None:
        self._open_when_found = False
        if event.value.strip():
            self.library.find(event.value)
        else:
            self.library.leave()

    @on(Input.Submitted, "#search")
    def _search_entered(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.library.table.focus()
        elif event.value.strip() == self.library.found_q and self.library.view == views.SEARCH:
            self._open_found()
        else:
            self._open_when_found = True

    def _open_found(self) -> None:
        self._open_when_found = False
        self.library.table.focus()
        self.rows.open(self.library.table, self.library.table.cursor)

    def on_descendant_focus(self) -> None:
        if self._is_wide:
            self._in_queue_column = self.queue_pane.table.has_focus
        self._show_hints()

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """The queue moves into its column as soon as it has one, and back when it loses it."""
        if self._is_wide and self.library.view == views.QUEUE:
            self.library.leave()
            self.queue_pane.table.focus()
        elif not self._is_wide and self._in_queue_column:
            self._in_queue_column = False
            self.open_view(views.QUEUE)
        self.playback_changed()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self.log.error(event.worker.error)
            self.notice("Something went wrong here: the program goes on", is_error=True)

    def _show_tabs(self) -> None:
        self.query_one(Tabs).show(self.library.view, {views.QUEUE: len(self.queue.entries)})

    def _show_hints(self) -> None:
        if isinstance(self.focused, Input):
            self._status.show_hints(SEARCH_HINTS)
        else:
            self._status.show_hints(QUEUE_HINTS if isinstance(self.table.rows, QueueRows) else LIST_HINTS)
