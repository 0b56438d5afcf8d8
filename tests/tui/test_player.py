"""Real libmpv without a sound card: playing, seeking, going on without a gap, surviving broken connections."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.tui.fakes import make_track
from tests.tui.sound import SoundServer, Watch, sound_server, tone

from tonearm_api.library import AudioFormat, Track
from tonearm_tui.playback import Playback, Status
from tonearm_tui.player import INSTALL_HINT, MpvPlayer, PlayerEvent, Silent, Source
from tonearm_tui.queue import PlayQueue

TONE_MS = 3_000
LONG_MS = 60_000


@pytest.fixture
async def sounds() -> AsyncIterator[SoundServer]:
    async with sound_server(SoundServer({name: tone(TONE_MS) for name in "abc"})) as server:
        yield server


@pytest.fixture
async def player() -> AsyncIterator[MpvPlayer]:
    player = MpvPlayer(audio_output="null")
    yield player
    await asyncio.to_thread(player.close)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def playback(sounds: SoundServer, player: MpvPlayer, watch: Watch) -> AsyncIterator[Playback]:
    playback = Playback(queue=PlayQueue(), player=player, server=sounds, watcher=watch)
    loop = asyncio.get_running_loop()
    player.start(lambda event: _post(loop, playback.receive, event))
    yield playback
    await playback.close()


def _post(loop: asyncio.AbstractEventLoop, receive: Callable[[PlayerEvent], None], event: PlayerEvent) -> None:
    loop.call_soon_threadsafe(receive, event)


def wav(name: str, *, duration_ms: int | None = TONE_MS) -> Track:
    return make_track(id=name, title=name, format=AudioFormat.WAV, duration_ms=duration_ms)


def start(playback: Playback, *names: str) -> None:
    entry = playback.queue.play_all([wav(name) for name in names], start=0)
    assert entry is not None
    playback.play(entry)


def read_command_lines() -> list[bytes]:
    """Of every process of this machine that has not ended meanwhile."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes())
    return lines


def title(playback: Playback) -> str | None:
    return None if playback.entry is None else playback.entry.track.title


async def test_a_track_plays_to_its_end_and_then_playback_stops(playback: Playback, watch: Watch) -> None:
    start(playback, "a")
    await watch.until(lambda: playback.position_ms > 500)

    await watch.until(lambda: playback.status is Status.STOPPED)

    assert title(playback) == "a"


async def test_seeking_moves_on_from_there(playback: Playback, watch: Watch, sounds: SoundServer) -> None:
    """Sound that was not sought would come there long after the wait has ended."""
    sounds.files["long"] = tone(LONG_MS)
    entry = playback.queue.play_all([wav("long", duration_ms=LONG_MS)], start=0)
    assert entry is not None
    playback.play(entry)
    await watch.until(lambda: playback.status is Status.PLAYING)

    playback.seek(LONG_MS - 5_000)

    await watch.until(lambda: playback.position_ms > LONG_MS - 4_500)
    assert playback.status is Status.PLAYING


async def test_a_paused_track_stands_still_and_goes_on(playback: Playback, watch: Watch) -> None:
    start(playback, "a")
    await watch.until(lambda: playback.position_ms > 200)
    statuses = []
    playback.toggle()
    statuses.append(playback.status)
    stood_ms = playback.position_ms

    playback.toggle()
    statuses.append(playback.status)
    await watch.until(lambda: playback.position_ms > stood_ms + 300)

    assert statuses == [Status.PAUSED, Status.PLAYING]


async def test_the_next_track_is_open_before_the_first_ends(
    playback: Playback, watch: Watch, sounds: SoundServer
) -> None:
    start(playback, "a", "b")

    await watch.until(lambda: "b" in sounds.opened)

    assert (title(playback), playback.status) == ("a", Status.PLAYING)
    await watch.until(lambda: title(playback) == "b")
    assert playback.queue.current is playback.entry
    assert playback.position_ms < 500
    assert sounds.opened == ["a", "b"]


async def test_changing_what_follows_changes_what_is_heard_next(playback: Playback, watch: Watch) -> None:
    start(playback, "a", "b", "c")
    await watch.until(lambda: playback.position_ms > 300)

    playback.queue.remove(playback.queue.entries[1].key)
    playback.queue_changed()

    await watch.until(lambda: title(playback) != "a")
    assert title(playback) == "c"


async def test_a_broken_connection_is_not_the_end_of_the_track(
    playback: Playback, watch: Watch, sounds: SoundServer
) -> None:
    sounds.cut_at = len(sounds.files["a"]) // 3
    start(playback, "a", "b")

    await watch.until(lambda: playback.position_ms > TONE_MS * 0.6)

    assert title(playback) == "a"
    assert sounds.tickets[:2] == ["a", "a"]
    await watch.until(lambda: title(playback) == "b")


async def test_a_play_is_reported_once_after_half_the_track(
    playback: Playback, watch: Watch, sounds: SoundServer
) -> None:
    start(playback, "a")
    await watch.until(lambda: playback.position_ms > TONE_MS * 0.4)
    assert sounds.plays == []

    await watch.until(lambda: playback.status is Status.STOPPED)

    assert [(play.id, TONE_MS // 2 <= play.listened_ms <= TONE_MS) for play in sounds.plays] == [("a", True)]


async def test_a_play_interrupted_by_a_broken_connection_is_still_one_play(
    playback: Playback, watch: Watch, sounds: SoundServer
) -> None:
    sounds.cut_at = len(sounds.files["a"]) // 3
    start(playback, "a")

    await watch.until(lambda: playback.position_ms > 0)
    await watch.until(lambda: playback.status is Status.STOPPED)

    assert len(sounds.plays) == 1


async def test_a_playlist_dressed_as_audio_opens_nothing(playback: Playback, watch: Watch, sounds: SoundServer) -> None:
    trap = f"{sounds.url}/stream/b?ticket=trap"
    sounds.files["a"] = f"#EXTM3U\n#EXTINF:3,\n{trap}\n#EXT-X-ENDLIST\n".encode()

    start(playback, "a")
    await watch.until(lambda: bool(watch.notices))

    assert "cannot be played" in watch.notices[0]
    assert "b" not in sounds.opened


async def test_bytes_of_another_format_than_declared_are_refused(playback: Playback, watch: Watch) -> None:
    entry = playback.queue.play_all([make_track(id="a", title="a", format=AudioFormat.FLAC)], start=0)
    assert entry is not None

    playback.play(entry)
    await watch.until(lambda: bool(watch.notices))

    assert "cannot be played" in watch.notices[0]


async def test_the_ticket_is_in_no_command_line_and_no_representation(
    playback: Playback, watch: Watch, sounds: SoundServer
) -> None:
    start(playback, "a")
    await watch.until(lambda: playback.status is Status.PLAYING)

    command_lines = await asyncio.to_thread(read_command_lines)

    assert not [line for line in command_lines if b"ticket=" in line]
    assert "ticket" not in repr(Source(url="http://x/?ticket=1", format=AudioFormat.WAV, duration_ms=None))


async def test_closing_in_the_middle_of_a_track_is_final(playback: Playback, watch: Watch, player: MpvPlayer) -> None:
    start(playback, "a")
    await watch.until(lambda: playback.status is Status.PLAYING)

    await asyncio.to_thread(player.close)

    player.pause(paused=True)
    player.seek(0)
    player.close()


def test_without_libmpv_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: MpvPlayer) -> None:
        raise OSError("Cannot find libmpv")

    monkeypatch.setattr(MpvPlayer, "_open", missing)
    told: list[PlayerEvent] = []
    heard = threading.Event()
    player = MpvPlayer()

    def hear(event: PlayerEvent) -> None:
        told.append(event)
        heard.set()

    player.start(hear)
    heard.wait(5)
    player.load(Source(url="", format=AudioFormat.WAV, duration_ms=None), start_ms=0, paused=False)
    player.close()

    assert told == [Silent(INSTALL_HINT)]
