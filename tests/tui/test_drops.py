"""Real libmpv on a real server over a line that breaks: the same track goes on at the same place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.audio import make_audio
from tests.ports import free_ports
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, RunningServer, owner_client, running_server, start_server, upload
from tests.tui.line import Line, line_to
from tests.tui.sound import Watch

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, Track
from tonearm_tui.playback import Playback, Status
from tonearm_tui.player import MpvPlayer, PlayerEvent
from tonearm_tui.queue import PlayQueue

WAV_BYTES_A_SECOND = 44_100 * 2 * 2
RATE = WAV_BYTES_A_SECOND * 3 // 2
"""Faster than the sound, so that it plays, and slow enough that most of it is still to come when the line breaks."""

SECONDS = 14.0
CLOSE_MS = 1_000
"""The position that playback goes on from is this close to where the sound stopped (issue 3)."""


@dataclass
class Heard:
    """Somebody at the player."""

    playback: Playback
    watch: Watch
    line: Line
    client: Client

    async def until(self, is_so: Callable[[], bool], *, within_s: float = 40) -> None:
        await self.watch.until(is_so, within_s=within_s)

    async def start(self, *tracks: Track) -> None:
        """Play until there is more than a second of sound behind."""
        entry = self.playback.queue.play_all(tracks, start=0)
        assert entry is not None
        self.playback.play(entry)
        await self.until(lambda: self.playback.position_ms > 1_200)

    async def dark(self, *, within_s: float = 40) -> int:
        """Wait until the sound has stopped for want of bytes; where."""
        await self.until(lambda: self.playback.is_reconnecting, within_s=within_s)
        assert not self.playback.is_audible
        return self.playback.position_ms

    async def light(self, *, after_ms: int) -> int:
        """Wait until there is sound again; where it began."""
        await self.until(lambda: self.playback.status is Status.PLAYING and self.playback.position_ms != after_ms)
        return self.playback.position_ms


@asynccontextmanager
async def listening(server: RunningServer, *, rate: int = RATE) -> AsyncIterator[Heard]:
    async with line_to(urlsplit(server.url).port or 0, rate=rate) as line, Client(line.url) as client:
        await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
        watch, player = Watch(), MpvPlayer(audio_output="null")
        playback = Playback(queue=PlayQueue(), player=player, server=client, watcher=watch)
        loop = asyncio.get_running_loop()
        player.start(lambda event: _hand_over(loop, playback, event))
        try:
            yield Heard(playback, watch, line, client)
        finally:
            await playback.close()
            await asyncio.to_thread(player.close)


def _hand_over(loop: asyncio.AbstractEventLoop, playback: Playback, event: PlayerEvent) -> None:
    loop.call_soon_threadsafe(playback.receive, event)


@pytest.fixture
async def tracks(owner: Client, tmp_path: Path) -> list[Track]:
    """Two tracks; uploading the same bytes again finds them there."""
    return [await upload(owner, wav(tmp_path, frequency_hz=hz)) for hz in (220, 330)]


def wav(folder: Path, *, frequency_hz: int, seconds: float = SECONDS) -> Path:
    return make_audio(
        folder / f"{frequency_hz}-{seconds}.wav", format=AudioFormat.WAV, seconds=seconds, frequency_hz=frequency_hz
    )


async def test_a_cut_line_is_waited_for_and_the_track_goes_on_where_it_was(
    server: RunningServer, tracks: list[Track]
) -> None:
    async with listening(server) as heard:
        await heard.start(*tracks)

        await heard.line.cut()
        lost_ms = await heard.dark()
        await heard.until(lambda: any("Reconnecting" in notice for notice in heard.watch.notices))
        await heard.line.mend()
        found_ms = await heard.light(after_ms=lost_ms)

        assert lost_ms - CLOSE_MS <= found_ms <= lost_ms + CLOSE_MS
        assert heard.playback.entry is not None
        assert heard.playback.entry.track.id == tracks[0].id


async def test_a_line_that_comes_back_in_time_is_not_heard(server: RunningServer, tracks: list[Track]) -> None:
    """Nine seconds of sound have come when the line breaks, and most of them are still in hand."""
    async with listening(server, rate=WAV_BYTES_A_SECOND * 6) as heard:
        await heard.start(*tracks)
        await heard.until(lambda: heard.line.passed_bytes > WAV_BYTES_A_SECOND * 9)
        seen: list[tuple[Status, int]] = []

        def is_far_on() -> bool:
            seen.append((heard.playback.status, heard.playback.position_ms))
            return heard.playback.position_ms > 11_500

        await heard.line.cut()
        await heard.line.mend()
        await heard.until(is_far_on)

        assert {Status.PLAYING} == {status for status, _ in seen}
        assert sorted(seen, key=lambda one: one[1]) == seen


async def test_a_line_that_breaks_during_a_pause_leaves_it_paused_there(
    server: RunningServer, tracks: list[Track]
) -> None:
    async with listening(server) as heard:
        await heard.start(*tracks)
        heard.playback.toggle()
        stood_ms = heard.playback.position_ms

        await heard.line.cut()
        assert heard.playback.status is Status.PAUSED
        heard.playback.toggle()
        lost_ms = await heard.dark()
        heard.playback.toggle()
        await heard.line.mend()
        await heard.until(lambda: not heard.playback.is_reconnecting)
        assert heard.playback.status is Status.PAUSED
        assert lost_ms >= stood_ms
        heard.playback.toggle()
        found_ms = await heard.light(after_ms=lost_ms)

        assert lost_ms - CLOSE_MS <= found_ms <= lost_ms + CLOSE_MS


async def test_a_server_that_starts_again_is_played_on(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with running_server(tmp_path / "data", port=str(port)) as first:
        async with owner_client(first) as owner:
            track = await upload(owner, wav(tmp_path, frequency_hz=220))
        async with listening(first) as heard:
            await heard.start(track)

            await asyncio.to_thread(first.kill)
            lost_ms = await heard.dark()
            again = await asyncio.to_thread(start_server, tmp_path / "data", port=str(port))
            try:
                found_ms = await heard.light(after_ms=lost_ms)
            finally:
                await asyncio.to_thread(again.stop)

            assert lost_ms - CLOSE_MS <= found_ms <= lost_ms + CLOSE_MS


async def test_a_track_that_is_deleted_meanwhile_is_skipped_with_a_word(
    server: RunningServer, owner: Client, tracks: list[Track], tmp_path: Path
) -> None:
    doomed = await upload(owner, wav(tmp_path, frequency_hz=440))
    async with listening(server) as heard:
        await heard.start(doomed, tracks[0])
        await heard.line.cut()
        await heard.dark()

        await owner.delete_track(doomed.id)
        await heard.line.mend()
        await heard.until(lambda: heard.playback.is_audible)

        assert heard.playback.entry is not None
        assert heard.playback.entry.track.id == tracks[0].id
        assert f"“{doomed.title}” cannot be played: it is gone" in heard.watch.notices


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("how", ["cut", "frozen"])
async def test_a_minute_without_a_line_is_survived_at_the_same_place(
    server: RunningServer, tracks: list[Track], how: str
) -> None:
    async with listening(server) as heard:
        await heard.start(*tracks)

        await _break(heard.line, how=how)
        await asyncio.sleep(60)  # the minute itself is what is tested
        lost_ms = heard.playback.position_ms
        assert not heard.playback.is_audible
        await heard.line.mend()
        found_ms = await heard.light(after_ms=lost_ms)

        assert lost_ms - CLOSE_MS <= found_ms <= lost_ms + CLOSE_MS
        assert heard.playback.entry is not None
        assert heard.playback.entry.track.id == tracks[0].id


async def _break(line: Line, *, how: str) -> None:
    if how == "cut":
        await line.cut()
    else:
        line.freeze()
