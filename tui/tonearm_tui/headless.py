"""Playing without a screen: proves on a machine without terminal or sound card that sound would come.

The same playback and the same libmpv as in the player; only nobody looks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tonearm_api.client import Client
from tonearm_api.credentials import DEFAULT_SERVER, CredentialStore, read_client_settings
from tonearm_api.errors import NotFound, TonearmError
from tonearm_api.library import ListTracks, Sort
from tonearm_tui.cells import clock
from tonearm_tui.playback import Playback, Status
from tonearm_tui.player import MpvPlayer, PlayerEvent
from tonearm_tui.queue import PlayQueue

_START_S = 10.0
"""Sound that has not begun by then does not come."""


class _Listener:
    """playback.Watcher for nobody in particular: remembers what went wrong."""

    def __init__(self) -> None:
        self.problem = ""

    def playback_changed(self) -> None:
        """Nothing to draw."""

    def position_changed(self) -> None:
        """Nothing to draw."""

    def notice(self, text: str, *, is_error: bool = False) -> None:
        if is_error:
            self.problem = text

    def server_lost(self, text: str) -> None:
        self.problem = text

    def server_found(self) -> None:
        self.problem = ""

    def session_ended(self) -> None:
        self.problem = "The session has ended: sign in again"


async def play_first(
    client: Client, *, seconds: float, audio_output: str | None, report: Callable[[str], None]
) -> float:
    """Play the newest track for `seconds`, report once a second; the position reached, in seconds."""
    page = await client.list_tracks(ListTracks(sort=Sort.RECENT, limit=1))
    if not page.items:
        raise NotFound("There is no track to play yet")
    listener, player, queue = _Listener(), MpvPlayer(audio_output=audio_output), PlayQueue()
    playback = Playback(queue=queue, player=player, server=client, watcher=listener)
    loop = asyncio.get_running_loop()

    def hand_over(event: PlayerEvent) -> None:
        loop.call_soon_threadsafe(playback.receive, event)

    player.start(hand_over)
    try:
        entry = queue.play_all(page.items, start=0)
        assert entry is not None  # noqa: S101 - there is one item
        report(f"playing {entry.track.title} by {entry.track.artist}")
        playback.play(entry)
        return await _listen(playback, listener, seconds=seconds, report=report)
    finally:
        await playback.close()
        await asyncio.to_thread(player.close)


async def _listen(playback: Playback, listener: _Listener, *, seconds: float, report: Callable[[str], None]) -> float:
    deadline_s = asyncio.get_running_loop().time() + _START_S + seconds
    reached_ms = told_s = 0
    while reached_ms < seconds * 1000 and asyncio.get_running_loop().time() < deadline_s:
        await asyncio.sleep(0.1)
        if playback.status is Status.STOPPED:
            break
        reached_ms = playback.position_ms
        if reached_ms // 1000 > told_s:
            told_s = reached_ms // 1000
            report(f"position {clock(reached_ms)} of {clock(playback.duration_ms)}")
    if listener.problem:
        report(listener.problem)
    return reached_ms / 1000


async def play_first_of_login(*, seconds: float, audio_output: str | None, report: Callable[[str], None]) -> float:
    """As `play_first`, with the login that the command line and the player share."""
    settings = read_client_settings()
    store = CredentialStore(settings)
    login = store.find()
    server = settings.server or (login.server if login else DEFAULT_SERVER)
    async with Client(server, store=store) as client:
        try:
            return await play_first(client, seconds=seconds, audio_output=audio_output, report=report)
        except TonearmError as error:
            report(error.detail)
            return 0.0
