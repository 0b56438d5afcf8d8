"""The play queue: order, moving along, edits, shuffle and undo."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.tui.fakes import make_track

from tonearm_tui.queue import MAX_UNDO, Entry, Loop, PlayQueue


def reverse(entries: list[Entry]) -> None:
    """A shuffle that tests can foresee."""
    entries.reverse()


def filled(titles: str, *, start: int = 0) -> PlayQueue:
    """A queue of one track a letter that plays the one at `start`."""
    queue = PlayQueue(shuffle=reverse)
    queue.play_all([make_track(title=title) for title in titles], start=start)
    return queue


def order(queue: PlayQueue) -> str:
    return "".join(entry.track.title for entry in queue.entries)


def current(queue: PlayQueue) -> str | None:
    return None if queue.current is None else queue.current.track.title


def key_of(queue: PlayQueue, title: str) -> int:
    return next(entry.key for entry in queue.entries if entry.track.title == title)


def test_a_new_queue_is_empty_and_plays_nothing() -> None:
    queue = PlayQueue()

    assert (queue.entries, queue.current, queue.upcoming(), queue.skip(), queue.skip_back()) == (
        (),
        None,
        None,
        None,
        None,
    )


def test_playing_a_list_starts_where_it_was_opened() -> None:
    assert current(filled("abc", start=1)) == "b"


@pytest.mark.parametrize("start", [-1, 3])
def test_playing_a_list_from_beyond_its_ends_changes_nothing(start: int) -> None:
    queue = filled("abc")

    assert queue.play_all([make_track(title=title) for title in "xyz"], start=start) is None
    assert (order(queue), current(queue)) == ("abc", "a")


def test_the_first_skip_of_a_queue_that_plays_nothing_goes_to_its_first_entry() -> None:
    queue = PlayQueue()
    queue.add([make_track(title="a"), make_track(title="b")])

    queue.skip()

    assert current(queue) == "a"


@pytest.mark.parametrize(
    ("loop", "start", "expected"),
    [
        (Loop.OFF, 0, "b"),
        (Loop.OFF, 2, None),
        (Loop.ALL, 2, "a"),
        (Loop.ONE, 1, "b"),
    ],
)
def test_what_follows_when_a_track_ends_by_itself(loop: Loop, start: int, expected: str | None) -> None:
    queue = filled("abc", start=start)
    queue.loop = loop
    upcoming = queue.upcoming()

    advanced = queue.advance()

    assert upcoming == advanced
    assert (None if advanced is None else advanced.track.title) == expected


def test_at_the_end_of_the_queue_the_last_entry_stays_current() -> None:
    queue = filled("abc", start=2)

    queue.advance()

    assert current(queue) == "c"


@pytest.mark.parametrize(
    ("step", "loop", "start", "expected"),
    [
        (PlayQueue.skip, Loop.ONE, 0, "b"),
        (PlayQueue.skip, Loop.ONE, 2, "a"),
        (PlayQueue.skip_back, Loop.OFF, 0, "a"),
        (PlayQueue.skip_back, Loop.OFF, 2, "b"),
        (PlayQueue.skip_back, Loop.ALL, 0, "c"),
    ],
)
def test_skipping(step: Callable[[PlayQueue], object], loop: Loop, start: int, expected: str) -> None:
    queue = filled("abc", start=start)
    queue.loop = loop

    step(queue)

    assert current(queue) == expected


def test_loop_goes_round_its_three_states() -> None:
    assert [Loop.OFF.following(), Loop.ALL.following(), Loop.ONE.following()] == [Loop.ALL, Loop.ONE, Loop.OFF]


def test_a_track_may_stand_in_the_queue_twice() -> None:
    queue = PlayQueue()
    track = make_track(title="a")
    queue.add([track, track])

    queue.remove(queue.entries[0].key)

    assert order(queue) == "a"


def test_play_next_goes_right_behind_what_plays() -> None:
    queue = filled("abc", start=1)

    queue.add_next([make_track(title="x")])

    assert order(queue) == "abxc"


def test_play_next_goes_first_when_nothing_plays() -> None:
    queue = PlayQueue()
    queue.add([make_track(title="a")])

    queue.add_next([make_track(title="x")])

    assert order(queue) == "xa"


def test_removing_what_plays_makes_the_next_entry_current() -> None:
    queue = filled("abc", start=1)

    queue.remove(key_of(queue, "b"))

    assert (order(queue), current(queue)) == ("ac", "c")


def test_removing_the_last_entry_while_it_plays_leaves_nothing_current() -> None:
    queue = filled("abc", start=2)

    queue.remove(key_of(queue, "c"))

    assert (order(queue), current(queue)) == ("ab", None)


def test_removing_the_only_entry_of_a_looping_queue_empties_it() -> None:
    queue = filled("a")
    queue.loop = Loop.ALL

    queue.remove(key_of(queue, "a"))

    assert (order(queue), current(queue)) == ("", None)


def test_removing_an_unknown_key_changes_nothing() -> None:
    queue = filled("abc")

    assert queue.remove(99) is None
    assert order(queue) == "abc"


def test_clearing_spares_what_plays() -> None:
    queue = filled("abc", start=1)

    removed = queue.clear()

    assert (removed, order(queue), current(queue)) == (2, "b", "b")


@pytest.mark.parametrize(
    ("title", "by", "expected"),
    [("a", 1, "bac"), ("c", -1, "acb"), ("a", 9, "bca"), ("b", -9, "bac")],
)
def test_moving_an_entry(title: str, by: int, expected: str) -> None:
    queue = filled("abc")

    moved = queue.move(key_of(queue, title), by=by)

    assert (moved, order(queue), current(queue)) == (True, expected, "a")


@pytest.mark.parametrize(("title", "by"), [("a", -1), ("c", 1), ("b", 0)])
def test_moving_beyond_an_end_does_nothing(title: str, by: int) -> None:
    queue = filled("abc")

    assert queue.move(key_of(queue, title), by=by) is False
    assert order(queue) == "abc"


def test_shuffling_keeps_what_plays_in_front_and_shows_the_real_order() -> None:
    queue = filled("abcd", start=1)

    queue.toggle_shuffle()

    assert (order(queue), current(queue)) == ("bdca", "b")
    assert queue.advance() == queue.entries[1]


def test_shuffling_leaves_what_was_heard_in_front() -> None:
    queue = filled("abcde")
    queue.skip()
    queue.skip()

    queue.toggle_shuffle()

    assert (order(queue), current(queue)) == ("abced", "c")
    queue.toggle_shuffle()
    assert order(queue) == "abcde"


def test_shuffling_once_all_was_heard_shuffles_all_of_it() -> None:
    queue = filled("abc")
    queue.skip()
    queue.skip()

    queue.toggle_shuffle()

    assert (order(queue), current(queue)) == ("cba", "c")


def test_taking_shuffle_back_restores_the_order_and_what_plays() -> None:
    queue = filled("abcd", start=1)
    queue.toggle_shuffle()
    queue.skip()

    queue.toggle_shuffle()

    assert (order(queue), current(queue)) == ("abcd", "d")


def test_edits_made_while_shuffled_survive_taking_it_back() -> None:
    queue = filled("abcd", start=1)
    queue.toggle_shuffle()
    queue.remove(key_of(queue, "c"))
    queue.add([make_track(title="y")])
    queue.add_next([make_track(title="x")])

    queue.toggle_shuffle()

    assert order(queue) == "abxdy"


def test_moving_while_shuffled_does_not_change_the_natural_order() -> None:
    queue = filled("abcd", start=1)
    queue.toggle_shuffle()
    queue.move(key_of(queue, "a"), by=-1)

    assert order(queue) == "bdac"
    queue.toggle_shuffle()
    assert order(queue) == "abcd"


def test_a_shuffled_queue_plays_everything_once_before_it_repeats() -> None:
    queue = PlayQueue()
    queue.play_all([make_track(title=title) for title in "abcdefgh"], start=3)
    queue.toggle_shuffle()
    queue.loop = Loop.ALL

    heard = [current(queue), *(entry.track.title for _ in range(7) if (entry := queue.advance()))]
    again = queue.advance()

    assert sorted("abcdefgh") == sorted(map(str, heard))
    assert again is not None
    assert again.track.title in heard


def test_choosing_an_entry_of_a_shuffled_queue_passes_nothing_over() -> None:
    queue = filled("abcde")
    queue.toggle_shuffle()
    assert order(queue) == "aedcb"

    queue.jump(key_of(queue, "c"))

    assert (order(queue), current(queue)) == ("acedb", "c")
    queue.skip_back()
    assert current(queue) == "a"
    queue.toggle_shuffle()
    assert order(queue) == "abcde"


def test_choosing_what_was_heard_in_a_shuffled_queue_goes_back_to_it() -> None:
    queue = filled("abc")
    queue.toggle_shuffle()
    queue.skip()

    queue.jump(key_of(queue, "a"))

    assert (order(queue), current(queue)) == ("acb", "a")


def test_playing_another_list_while_shuffled_shuffles_it_too() -> None:
    queue = filled("abc")
    queue.toggle_shuffle()

    queue.play_all([make_track(title=title) for title in "wxyz"], start=2)

    assert (order(queue), current(queue), queue.shuffled) == ("yzxw", "y", True)


def clear(queue: PlayQueue) -> None:
    queue.clear()


def remove_last(queue: PlayQueue) -> None:
    queue.remove(queue.entries[-1].key)


def move_first(queue: PlayQueue) -> None:
    queue.move(queue.entries[0].key, by=2)


def add(queue: PlayQueue) -> None:
    queue.add([make_track(title="x")])


def add_next(queue: PlayQueue) -> None:
    queue.add_next([make_track(title="x")])


@pytest.mark.parametrize("edit", [clear, remove_last, move_first, add, add_next])
@pytest.mark.parametrize("shuffled", [False, True])
def test_undo_takes_back_every_edit(edit: Callable[[PlayQueue], None], shuffled: bool) -> None:
    queue = filled("abcd", start=1)
    if shuffled:
        queue.toggle_shuffle()
    before = queue.entries
    edit(queue)
    assert queue.entries != before

    undone = queue.undo()

    assert (undone, queue.entries, current(queue)) == (True, before, "b")


def test_undo_lets_what_plays_go_on() -> None:
    queue = filled("abc")
    queue.add([make_track(title="d")])
    queue.skip()

    queue.undo()

    assert (order(queue), current(queue)) == ("abc", "b")


def test_undo_of_playing_another_list_puts_what_plays_into_the_old_queue() -> None:
    queue = filled("abc", start=1)
    queue.play_all([make_track(title="x")], start=0)

    queue.undo()

    assert (order(queue), current(queue)) == ("abxc", "x")


def test_undo_brings_back_what_was_removed_while_it_played() -> None:
    queue = filled("abc", start=1)
    queue.remove(key_of(queue, "b"))

    queue.undo()

    assert (order(queue), current(queue)) == ("abc", "c")


def test_there_is_nothing_to_undo_in_a_new_queue() -> None:
    assert PlayQueue().undo() is False


def test_undo_goes_back_a_bounded_number_of_edits() -> None:
    queue = PlayQueue()
    for _ in range(MAX_UNDO + 10):
        add(queue)

    undone = sum(queue.undo() for _ in range(MAX_UNDO + 10))

    assert (undone, len(queue.entries)) == (MAX_UNDO, 10)


def test_remaining_time_counts_what_comes_after_the_current_entry() -> None:
    queue = PlayQueue()
    queue.play_all([make_track(duration_ms=length) for length in (1000, 2000, None, 4000)], start=0)

    assert queue.remaining_ms == 6000
