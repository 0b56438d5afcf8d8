"""What playback makes of people, player and server, with a player that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.tui.fakes import FakeLibrary, FakePlayer, make_track, soon
from tests.tui.sound import Watch

from tonearm_api.errors import NotFound, SessionEnded, TonearmError, Unavailable, Unreachable
from tonearm_tui import playback as playback_module
from tonearm_tui import starts, tickets
from tonearm_tui.playback import Playback, Status
from tonearm_tui.player import Ended, Failure, Progress, Silent, Stalled, Started
from tonearm_tui.queue import Loop, PlayQueue

LENGTH_MS = 200_000


@pytest.fixture
def library() -> FakeLibrary:
    return FakeLibrary([make_track(number, duration_ms=LENGTH_MS) for number in range(1, 6)])


@pytest.fixture
def player() -> FakePlayer:
    return FakePlayer()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def playback(
    library: FakeLibrary, player: FakePlayer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Playback]:
    monkeypatch.setattr(tickets, "RETRY_DELAYS_S", (0, 0))
    monkeypatch.setattr(starts, "RELOAD_DELAYS_S", (0, 0))
    monkeypatch.setattr(playback_module, "SKIP_DELAY_S", 0)
    playback = Playback(queue=PlayQueue(), player=player, server=library, watcher=watch)
    player.start(playback.receive)
    yield playback
    await playback.close()


async def begin(playback: Playback, library: FakeLibrary, player: FakePlayer, *, start: int = 0) -> None:
    """Play the library from one of its tracks on, until sound comes."""
    entry = playback.queue.play_all(library.tracks.values(), start=start)
    assert entry is not None
    playback.play(entry)
    await load(player)
    player.begin()


async def load(player: FakePlayer) -> None:
    """Wait until the player was told to load something new."""
    old = player.loaded
    await soon(lambda: player.loaded is not old)


def track_id(playback: Playback) -> str | None:
    return None if playback.entry is None else playback.entry.track.id


async def test_only_audible_sound_counts_as_audible(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)
    assert playback.is_audible

    for change in (playback.toggle, playback.toggle_mute):
        change()
        assert not playback.is_audible
        change()
        assert playback.is_audible


async def test_nothing_is_audible_before_sound_comes(playback: Playback, library: FakeLibrary) -> None:
    entry = playback.queue.play_all(library.tracks.values(), start=0)
    assert entry is not None

    playback.play(entry)

    assert (playback.status, playback.is_audible) == (Status.LOADING, False)


async def test_hammering_on_next_loads_only_where_it_ends(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)

    for _ in range(3):
        playback.next()
    await load(player)

    assert [request for request in library.requests if request.startswith("ticket")] == ["ticket t1", "ticket t4"]


async def test_previous_goes_to_the_beginning_first(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player, start=1)
    player.reach(10_000)

    playback.previous()
    assert (track_id(playback), playback.position_ms) == ("t2", 0)
    playback.previous()

    assert track_id(playback) == "t1"


async def test_seeking_stays_within_the_track(playback: Playback, library: FakeLibrary, player: FakePlayer) -> None:
    await begin(playback, library, player)

    playback.seek_by(-5_000)
    assert playback.position_ms == 0
    playback.seek_by(10 * LENGTH_MS)
    assert playback.position_ms == LENGTH_MS - 500
    playback.seek_share(0.5)

    assert player.calls[-1] == ("seek", LENGTH_MS // 2)


async def test_changing_the_volume_stays_in_range_and_ends_muting(playback: Playback) -> None:
    playback.toggle_mute()

    playback.change_volume(5)
    assert (playback.volume, playback.muted) == (100, False)
    playback.change_volume(-250)

    assert playback.volume == 0


async def test_the_follower_is_prepared_when_every_byte_has_arrived(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)

    player.reach(1_000, buffered_ms=LENGTH_MS // 2)
    await asyncio.sleep(0)
    assert player.follower is None
    player.reach(2_000, buffered_ms=LENGTH_MS - 100)
    await asyncio.sleep(0)

    assert player.follower is not None
    assert "/stream/t2?" in player.follower.url


async def test_when_the_player_goes_on_by_itself_the_queue_follows(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)
    player.reach(2_000, buffered_ms=LENGTH_MS)
    await asyncio.sleep(0)
    assert player.loaded is not None
    assert player.follower is not None

    player.tell(Ended(player.loaded, LENGTH_MS - 50))
    player.tell(Started(player.follower))

    assert (track_id(playback), playback.queue.current) == ("t2", playback.entry)
    assert playback.is_audible


async def test_an_edit_takes_a_prepared_follower_back(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)
    player.reach(2_000, buffered_ms=LENGTH_MS)
    await asyncio.sleep(0)
    stale = player.follower
    assert stale is not None

    playback.queue.remove(playback.queue.entries[1].key)
    playback.queue_changed()
    player.tell(Started(stale))
    player.reach(3_000, buffered_ms=LENGTH_MS)
    await asyncio.sleep(0)

    assert track_id(playback) == "t1"
    assert player.follower is not None
    assert "/stream/t3?" in player.follower.url


async def test_loop_one_is_followed_by_itself(playback: Playback, library: FakeLibrary, player: FakePlayer) -> None:
    playback.queue.loop = Loop.ONE
    await begin(playback, library, player)
    assert player.loaded is not None

    player.tell(Ended(player.loaded, LENGTH_MS))
    await load(player)

    assert track_id(playback) == "t1"


async def test_an_end_far_too_early_is_loaded_again_from_there(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)
    assert player.loaded is not None

    player.tell(Ended(player.loaded, 90_000))
    await load(player)

    assert track_id(playback) == "t1"
    assert player.calls[-1] == ("load", player.loaded.url, 90_000, False)
    assert library.requests[-2:] == ["ticket t1", "ticket t1"]


async def test_an_end_that_comes_again_at_the_same_place_is_believed(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)
    assert player.loaded is not None
    player.tell(Ended(player.loaded, 90_000))
    await load(player)
    player.begin()
    player.tell(Ended(player.loaded, 90_200))
    await load(player)
    player.begin()

    player.tell(Ended(player.loaded, 90_300))
    await load(player)

    assert track_id(playback) == "t2"


@pytest.mark.parametrize("early_ms", [0, 500, 3_900])
def test_ends_within_two_percent_are_honest(early_ms: int) -> None:
    start = starts.Start.of(PlayQueue().play_all([make_track(duration_ms=LENGTH_MS)], start=0))  # type: ignore[arg-type]  # one track is there

    assert not start.is_early(LENGTH_MS - early_ms)


async def test_a_server_that_comes_back_is_played_on(
    playback: Playback, library: FakeLibrary, player: FakePlayer, watch: Watch
) -> None:
    await begin(playback, library, player)
    assert player.loaded is not None
    library.error = Unreachable("home does not answer")
    player.tell(Ended(player.loaded, 90_000, Failure.TRANSPORT))
    await watch.until(lambda: bool(watch.notices))

    library.error = None
    await load(player)

    assert "trying again" in watch.notices[0]
    assert player.calls[-1][2] == 90_000


@pytest.mark.parametrize("error", [Unreachable("home does not answer"), Unavailable("The server is going down")])
async def test_a_server_that_is_busy_or_away_is_waited_for_in_the_dark(
    playback: Playback, library: FakeLibrary, player: FakePlayer, watch: Watch, error: TonearmError
) -> None:
    await begin(playback, library, player)
    assert player.loaded is not None
    library.error = error

    player.tell(Ended(player.loaded, 90_000, Failure.TRANSPORT))

    assert (playback.is_reconnecting, playback.is_audible, playback.position_ms) == (True, False, 90_000)
    await watch.until(lambda: bool(watch.notices))
    assert track_id(playback) == "t1"


async def test_a_broken_connection_keeps_a_pause(playback: Playback, library: FakeLibrary, player: FakePlayer) -> None:
    await begin(playback, library, player)
    assert player.loaded is not None
    playback.toggle()

    player.tell(Ended(player.loaded, 90_000, Failure.TRANSPORT))
    await load(player)
    player.begin()

    assert player.calls[-1] == ("load", player.loaded.url, 90_000, True)
    assert playback.status is Status.PAUSED


async def test_a_track_that_goes_while_paused_is_skipped_without_a_sound(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)
    assert player.loaded is not None
    playback.toggle()
    library.gone.add("t1")

    player.tell(Ended(player.loaded, 90_000, Failure.TRANSPORT))
    await load(player)

    assert (track_id(playback), player.calls[-1][-1], playback.status) == ("t2", True, Status.PAUSED)


async def test_sound_that_breaks_off_again_and_again_stops_where_it_was(
    playback: Playback, library: FakeLibrary, player: FakePlayer, watch: Watch
) -> None:
    await begin(playback, library, player)
    for _ in starts.RELOAD_DELAYS_S:
        assert player.loaded is not None
        player.tell(Ended(player.loaded, 90_000, Failure.TRANSPORT))
        await load(player)

    assert player.loaded is not None
    player.tell(Ended(player.loaded, 0, Failure.TRANSPORT))

    assert (track_id(playback), playback.status, playback.position_ms) == ("t1", Status.STOPPED, 90_000)
    assert "space" in watch.notices[-1]


async def test_a_follower_that_cannot_be_opened_is_loaded_again(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)
    player.reach(2_000, buffered_ms=LENGTH_MS)
    await asyncio.sleep(0)
    assert player.loaded is not None
    assert player.follower is not None

    player.tell(Ended(player.loaded, LENGTH_MS - 50))
    player.tell(Ended(player.follower, 0, Failure.TRANSPORT))
    await load(player)

    assert (track_id(playback), playback.queue.current) == ("t2", playback.entry)
    assert player.calls[-1][2:] == (0, False)


async def test_the_follower_is_asked_for_until_the_server_is_back(
    playback: Playback, library: FakeLibrary, player: FakePlayer, watch: Watch
) -> None:
    await begin(playback, library, player)
    library.error = Unreachable("home does not answer")
    player.reach(2_000, buffered_ms=LENGTH_MS)
    await watch.until(lambda: bool(watch.notices))

    library.error = None
    await soon(lambda: player.follower is not None)

    assert playback.is_audible


@pytest.mark.parametrize(("loop", "shuffled", "expected"), [(Loop.ONE, True, "t1"), (Loop.ALL, False, "t2")])
async def test_what_follows_without_a_gap_obeys_loop_and_shuffle(
    playback: Playback, library: FakeLibrary, player: FakePlayer, loop: Loop, shuffled: bool, expected: str
) -> None:
    await begin(playback, library, player)
    player.reach(2_000, buffered_ms=LENGTH_MS)
    await asyncio.sleep(0)
    playback.queue.loop = loop
    if shuffled:
        playback.queue.toggle_shuffle()

    playback.queue_changed()
    player.reach(3_000, buffered_ms=LENGTH_MS)
    await asyncio.sleep(0)

    assert player.follower is not None
    assert f"/stream/{expected}?" in player.follower.url


async def test_a_server_that_stays_away_leaves_the_position_for_later(
    playback: Playback, library: FakeLibrary, player: FakePlayer, watch: Watch
) -> None:
    await begin(playback, library, player)
    assert player.loaded is not None
    library.error = Unreachable("home does not answer")

    player.tell(Ended(player.loaded, 90_000, Failure.TRANSPORT))
    await watch.until(lambda: playback.status is Status.STOPPED)
    library.error = None
    playback.toggle()
    await load(player)

    assert player.calls[-1][2] == 90_000


async def test_an_ended_session_stops_and_says_so(playback: Playback, library: FakeLibrary, watch: Watch) -> None:
    library.error = SessionEnded()
    entry = playback.queue.play_all(library.tracks.values(), start=0)
    assert entry is not None

    playback.play(entry)
    await watch.until(lambda: watch.ended_sessions == 1)

    assert playback.status is Status.STOPPED


async def test_a_track_that_is_gone_is_skipped(
    playback: Playback, library: FakeLibrary, player: FakePlayer, watch: Watch
) -> None:
    library.error = NotFound()
    entry = playback.queue.play_all(library.tracks.values(), start=0)
    assert entry is not None
    playback.play(entry)
    await watch.until(lambda: bool(watch.notices))

    library.error = None
    await load(player)

    assert watch.notices == ["“Title 1” cannot be played: it is gone"]
    assert track_id(playback) == "t2"


async def test_playback_does_not_run_through_a_queue_of_unplayable_tracks(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)

    for _ in range(2):
        assert player.loaded is not None
        player.tell(Ended(player.loaded, 0, Failure.UNPLAYABLE))
        await load(player)
    assert player.loaded is not None
    player.tell(Ended(player.loaded, 0, Failure.UNPLAYABLE))

    assert (playback.status, track_id(playback)) == (Status.STOPPED, "t3")


async def test_no_sound_device_stops_with_a_word(
    playback: Playback, library: FakeLibrary, player: FakePlayer, watch: Watch
) -> None:
    await begin(playback, library, player)
    assert player.loaded is not None

    player.tell(Ended(player.loaded, 0, Failure.NO_DEVICE))

    assert playback.status is Status.STOPPED
    assert "audio device" in watch.notices[-1]


async def test_without_sound_the_queue_still_works_and_playing_says_why_not(
    playback: Playback, library: FakeLibrary, watch: Watch
) -> None:
    playback.receive(Silent("No sound here"))
    entry = playback.queue.play_all(library.tracks.values(), start=1)
    assert entry is not None

    playback.play(entry)

    assert watch.notices == ["No sound here", "No sound here"]
    assert (playback.status, track_id(playback)) == (Status.STOPPED, "t2")


async def test_waiting_for_bytes_is_not_audible(playback: Playback, library: FakeLibrary, player: FakePlayer) -> None:
    await begin(playback, library, player)
    assert player.loaded is not None

    player.tell(Stalled(player.loaded, waiting=True))

    assert (playback.status, playback.is_audible) == (Status.WAITING, False)


async def test_events_of_an_older_source_are_ignored(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)
    old = player.loaded
    assert old is not None
    playback.next()
    await load(player)

    player.tell(Progress(old, 90_000, None))
    player.tell(Ended(old, LENGTH_MS))

    assert (track_id(playback), playback.position_ms) == ("t2", 0)


async def test_taking_the_playing_track_out_goes_on_with_the_next(
    playback: Playback, library: FakeLibrary, player: FakePlayer
) -> None:
    await begin(playback, library, player)

    playback.queue.remove(playback.queue.entries[0].key)
    playback.queue_changed()
    await load(player)

    assert track_id(playback) == "t2"


async def test_editing_a_queue_that_does_not_play_starts_nothing(playback: Playback, player: FakePlayer) -> None:
    playback.queue.add([make_track(1)])

    playback.queue_changed()

    assert (playback.status, player.loaded) == (Status.STOPPED, None)


async def test_a_report_is_sent_again_until_the_server_takes_it(
    playback: Playback, library: FakeLibrary, player: FakePlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tonearm_tui.reports.RETRY_DELAYS_S", (0,) * 1000)
    await begin(playback, library, player)
    library.error = Unreachable()
    for position_ms in range(0, LENGTH_MS // 2 + 1000, 1000):
        player.reach(position_ms)
    await soon(lambda: "play t1" in library.requests)

    library.error = None
    await soon(lambda: bool(library.plays))

    assert [play.id for play in library.plays] == ["t1"]
