"""When hearing becomes a play."""

from __future__ import annotations

from tonearm_tui.listening import Listening


def heard(*positions_ms: int, duration_ms: int | None = 100_000) -> Listening:
    listening = Listening(track_id="t1", duration_ms=duration_ms)
    for position_ms in positions_ms:
        listening.hear(position_ms)
    return listening


def test_half_of_a_track_makes_a_play() -> None:
    assert not heard(*range(0, 50_000, 1000)).is_due
    assert heard(*range(0, 51_000, 1000)).is_due


def test_four_minutes_of_a_long_track_make_a_play() -> None:
    assert heard(*range(0, 241_000, 1000), duration_ms=3_600_000).is_due


def test_seeking_is_not_listening() -> None:
    listening = heard(0, 1000, 90_000, 91_000)

    assert (listening.listened_ms, listening.is_due) == (2000, False)


def test_hearing_a_passage_twice_counts_twice() -> None:
    assert heard(0, 1000, 2000, 0, 1000, 2000).listened_ms == 4000


def test_a_reported_play_is_not_due_again() -> None:
    listening = heard(*range(0, 60_000, 1000))
    listening.reported = True

    assert not listening.is_due


def test_every_start_is_a_play_of_its_own() -> None:
    assert heard().play_id != heard().play_id
