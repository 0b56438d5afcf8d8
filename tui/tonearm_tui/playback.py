"""What is playing: joins queue, player and server. Knows no screen; whoever shows it hands in a Watcher.

The queue is the truth. What the player reports is believed only for the source that was loaded last.
"""

from __future__ import annotations

import asyncio
import enum
from typing import Protocol

from tonearm_api.errors import NotFound, TonearmError, Unauthenticated, Unavailable
from tonearm_tui.followers import Follower
from tonearm_tui.player import FULL_VOLUME, Ended, Failure, Player, PlayerEvent, Progress, Silent, Stalled, Started
from tonearm_tui.queue import Entry, PlayQueue
from tonearm_tui.reports import PlayReports, PlayServer
from tonearm_tui.starts import Start
from tonearm_tui.tickets import Reachability, Tickets, TicketServer

SKIP_DELAY_S = 0.15
"""Hammering on `next` loads only where it ends: one request instead of ten."""

_RESTART_AFTER_MS = 3_000
"""`previous` this far into a track goes to its beginning first."""

_MAX_FAILURES = 3
"""Unplayable tracks in a row that are skipped before playback stops rather than run through the whole queue."""


class Server(PlayServer, TicketServer, Protocol):
    """What playback needs of the client."""


class Watcher(Reachability, Protocol):
    """Who wants to know. Called on the event loop."""

    def playback_changed(self) -> None: ...
    def position_changed(self) -> None: ...
    def notice(self, text: str, *, is_error: bool = False) -> None: ...
    def session_ended(self) -> None: ...


class Status(enum.Enum):
    """`WAITING` is sound that has stopped until more bytes arrive."""

    STOPPED = "stopped"
    LOADING = "loading"
    PLAYING = "playing"
    PAUSED = "paused"
    WAITING = "waiting"


class Playback:
    """Playing, pausing, skipping, seeking. Use on one event loop; `close` ends what it started, not the player."""

    def __init__(self, *, queue: PlayQueue, player: Player, server: Server, watcher: Watcher) -> None:
        self.queue = queue
        self.position_ms = 0
        self.volume = FULL_VOLUME
        self.muted = False
        self._player, self._watcher = player, watcher
        self._tickets = Tickets(server, watcher)
        self._reports = PlayReports(server)
        self._status = Status.STOPPED
        self._paused = False
        self._silent: str | None = None
        self._start: Start | None = None
        self._loading: asyncio.Task[None] | None = None
        self._follower = Follower(player=player, tickets=self._tickets)
        self._failures = 0

    @property
    def entry(self) -> Entry | None:
        """What plays, or would when playing goes on."""
        return self.queue.current if self._start is None else self._start.entry

    @property
    def status(self) -> Status:
        if self._paused and self._status is not Status.STOPPED:
            return Status.PAUSED
        return self._status

    @property
    def is_audible(self) -> bool:
        return self.status is Status.PLAYING and not self.muted and self.volume > 0

    @property
    def is_reconnecting(self) -> bool:
        """Whether the sound broke off and is being fetched again."""
        return self._status is Status.LOADING and self._start is not None and self._start.reloaded_at_ms is not None

    @property
    def duration_ms(self) -> int | None:
        return None if self.entry is None else self.entry.track.duration_ms

    # --- what a person does -------------------------------------------------------------------------

    def play(self, entry: Entry, *, delay_s: float = 0.0, start_ms: int = 0) -> None:
        """Play the queue's `entry` from `start_ms`."""
        self._failures = 0
        self._paused = False
        self._open(entry, delay_s=delay_s, start_ms=start_ms)

    def toggle(self) -> None:
        """Pause or go on; from a stop, play what is current or first."""
        if self._status is not Status.STOPPED:
            self._paused = not self._paused
            self._player.pause(paused=self._paused)
            self._watcher.playback_changed()
        elif (entry := self.queue.current or self.queue.skip()) is not None:
            self.play(entry, start_ms=self.position_ms)

    def next(self) -> None:
        if (entry := self.queue.skip()) is not None:
            self.play(entry, delay_s=SKIP_DELAY_S)
        elif self.entry is not None:
            self._watcher.notice("That was the last track of the queue")

    def previous(self) -> None:
        """Back to the beginning; from there, to the entry before."""
        if self.position_ms <= _RESTART_AFTER_MS and (entry := self.queue.skip_back()) is not None:
            self.play(entry, delay_s=SKIP_DELAY_S)
        else:
            self.seek(0)

    def seek_by(self, step_ms: int) -> None:
        self.seek(self.position_ms + step_ms)

    def seek_share(self, share: float) -> None:
        """Go to `share` of the length, 0.0 to 1.0; nothing where the length is not known."""
        if self.duration_ms is not None:
            self.seek(round(self.duration_ms * share))

    def seek(self, position_ms: int) -> None:
        """Go to `position_ms`, kept within the track."""
        if self._status not in {Status.PLAYING, Status.WAITING}:
            return
        end_ms = max((self.duration_ms or position_ms) - 500, 0)
        self.position_ms = min(max(position_ms, 0), end_ms)
        self._player.seek(self.position_ms)
        self._watcher.position_changed()

    def change_volume(self, step: int) -> None:
        """`step` in percent, up or down; ends muting."""
        self.volume = min(max(self.volume + step, 0), FULL_VOLUME)
        self._player.set_volume(self.volume)
        if self.muted:
            self.toggle_mute()
        self._watcher.playback_changed()

    def toggle_mute(self) -> None:
        self.muted = not self.muted
        self._player.mute(muted=self.muted)
        self._watcher.playback_changed()

    def queue_changed(self) -> None:
        """To be called after every change of the queue: what plays follows it."""
        current = self.queue.current
        if self._start is not None and current is None:
            self._stop()
        elif self._start is not None and current is not None and current.key != self._start.entry.key:
            self.play(current)
        self._follower.forget()
        self._watcher.playback_changed()

    async def close(self) -> None:
        """Stop the sound and end every task. The player stays open for the next session."""
        loading = self._loading
        await self._follower.close()
        self._stop()
        if loading is not None:
            await asyncio.gather(loading, return_exceptions=True)
        await self._reports.close()

    # --- what the player reports --------------------------------------------------------------------

    def receive(self, event: PlayerEvent) -> None:
        """One event of the player, on the event loop."""
        match event:
            case Silent(reason):
                self._silent = reason
                self._stop()
                self._watcher.notice(reason, is_error=True)
            case Started(source) if self._follower.has(source):
                self._begun(self._take_follower())
            case Ended(source) if self._follower.has(source):
                # It could not be opened: its turn has come all the same.
                self._ended(self._take_follower(), event)
            case _ if self._start is None or event.source is not self._start.source:
                return
            case Started():
                self._begun(self._start)
            case Progress():
                self._progress(self._start, event)
            case Stalled(_, waiting):
                self._set_status(Status.WAITING if waiting else Status.PLAYING)
            case Ended():
                self._ended(self._start, event)

    def _progress(self, start: Start, event: Progress) -> None:
        self.position_ms = event.position_ms
        if not self._paused:
            start.listening.hear(event.position_ms)
        if start.listening.is_due:
            start.listening.reported = True
            self._reports.send(start.listening)
        # Only once every byte is here: a cut connection can then not pass for the end of the track.
        is_whole = event.buffered_ms is not None and not start.is_early(event.buffered_ms)
        if is_whole and start.entry.track.duration_ms is not None:
            self._follower.prepare(self.queue.upcoming())
        self._watcher.position_changed()

    def _begun(self, start: Start) -> None:
        start.began = True
        self._failures = 0
        self._set_status(Status.PLAYING)

    def _ended(self, start: Start, event: Ended) -> None:
        position_ms = event.position_ms or self.position_ms
        match event.failure:
            case None if start.is_early(position_ms) and self._reload(start, position_ms):
                pass
            case None if self._follower.is_ready:
                pass  # the player goes on by itself and reports it
            case None:
                self._go_on()
            case Failure.TRANSPORT if self._reload(start, position_ms):
                pass
            case Failure.TRANSPORT if start.began:
                self._stop(position_ms=position_ms)
                self._watcher.notice("The sound does not arrive: press space to try again", is_error=True)
            case Failure.TRANSPORT:
                self._give_up("its audio does not arrive")
            case Failure.UNPLAYABLE:
                self._give_up("its bytes are not the audio that the server declares")
            case Failure.NO_DEVICE:
                self._stop()
                self._watcher.notice("No sound: the audio device cannot be opened", is_error=True)

    def _go_on(self) -> None:
        entry = self.queue.advance()
        if entry is None:
            self._stop()
        else:
            self._open(entry)

    def _reload(self, start: Start, position_ms: int) -> bool:
        """Go on at `position_ms` with a new ticket; false where that has brought nothing too often."""
        delay_s = start.reload_delay_s(position_ms)
        if delay_s is None:
            return False
        self._load_later(start, start_ms=position_ms, delay_s=delay_s)
        return True

    def _give_up(self, reason: str) -> None:
        title = "" if self.entry is None else self.entry.track.title
        self._watcher.notice(f"“{title}” cannot be played: {reason}", is_error=True)
        self._failures += 1
        entry = self.queue.skip() if self._failures < _MAX_FAILURES else None
        if entry is None:
            self._stop()
        else:
            self._open(entry)

    # --- opening a source ---------------------------------------------------------------------------

    def _stop(self, *, position_ms: int = 0) -> None:
        """No sound; `position_ms` is where `toggle` goes on."""
        self._cancel_loading()
        self._follower.forget()
        self._start = None
        self.position_ms = position_ms
        self._player.stop()
        self._set_status(Status.STOPPED)

    def _open(self, entry: Entry, *, delay_s: float = 0.0, start_ms: int = 0) -> None:
        if self._silent is not None:
            self._stop()
            self._watcher.notice(self._silent, is_error=True)
            return
        self._start = Start.of(entry)
        self._load_later(self._start, start_ms=start_ms, delay_s=delay_s)

    def _load_later(self, start: Start, *, start_ms: int, delay_s: float) -> None:
        self._cancel_loading()
        self._follower.forget()
        start.source = None
        self.position_ms = start_ms
        self._set_status(Status.LOADING)
        self._loading = asyncio.create_task(self._load(start, start_ms=start_ms, delay_s=delay_s))

    def _cancel_loading(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None

    async def _load(self, start: Start, *, start_ms: int, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        try:
            source = await self._tickets.source_of(start.entry.track)
        except TonearmError as error:
            self._loading = None
            self._not_opened(error, start_ms=start_ms)
        else:
            start.source = source
            self._player.load(source, start_ms=start_ms, paused=self._paused)

    def _not_opened(self, error: TonearmError, *, start_ms: int) -> None:
        match error:
            case Unauthenticated():
                self._stop(position_ms=start_ms)
                self._watcher.session_ended()
            case Unavailable():
                self._stop(position_ms=start_ms)
                self._watcher.server_lost("The server does not answer: press space to try again")
            case NotFound():
                self._give_up("it is gone")
            case _:
                self._give_up(error.detail)

    def _take_follower(self) -> Start:
        """The player went on by itself: so does the queue."""
        start = self._start = self._follower.take()
        self.position_ms = 0
        self.queue.advance()
        return start

    def _set_status(self, status: Status) -> None:
        self._status = status
        self._watcher.playback_changed()
