"""The main screen: lists, keys, queue, player, in every state and size."""

from __future__ import annotations

import pytest
from tests.tui.fakes import FakeLibrary, make_track
from tests.tui.harness import SMALL, WIDE, Opened, opened
from textual.widgets import Input

from tonearm_api.errors import Unavailable, Unreachable
from tonearm_api.keymap import ACTIONS
from tonearm_api.library import TrackState
from tonearm_tui import views
from tonearm_tui.app import TonearmApp
from tonearm_tui.keys import bindings
from tonearm_tui.playback import Status
from tonearm_tui.player import INSTALL_HINT, Silent
from tonearm_tui.queue import Loop
from tonearm_tui.screens.commands import commands
from tonearm_tui.screens.help import HelpScreen
from tonearm_tui.shelves import Row
from tonearm_tui.theme import DARK, LIGHT
from tonearm_tui.widgets import library_pane


def library(tracks: int = 5) -> FakeLibrary:
    return FakeLibrary([make_track(number) for number in range(1, tracks + 1)])


def titles(screen: Opened) -> list[str]:
    return [entry.track.title for entry in screen.main.queue.entries]


def rows_of(screen: Opened) -> list[Row]:
    table = screen.main.library.table
    return [table.rows[index] for index in range(len(table.rows))]


def style_of(screen: Opened, text: str) -> str:
    """The foreground of the first segment that contains `text`, as `#rrggbb`."""
    for strip in screen.app.screen._compositor.render_strips():
        for segment in strip:
            if text in segment.text and segment.style is not None and segment.style.color is not None:
                return segment.style.color.name
    raise AssertionError(f"{text} is not on the screen")


# --- the key table -----------------------------------------------------------------------------------


async def test_every_action_of_the_key_table_does_something_here() -> None:
    async with opened(library()) as screen:
        assert {action.id for action in ACTIONS} == set(commands(screen.main))


def test_bindings_carry_the_ids_by_which_people_remap_them() -> None:
    ids = [binding.id for binding in bindings()]

    assert sorted(ids, key=str) == sorted(a.id for a in ACTIONS if a.tui and a.id != "player.seek_tenth")


async def test_an_action_can_be_remapped_by_its_id() -> None:
    async with opened(library()) as screen:
        screen.app.set_keymap({"track.like": "x"})

        await screen.press("x")

        await screen.until(lambda: "like t1" in screen.library.requests)


# --- lists -------------------------------------------------------------------------------------------


async def test_recent_tracks_are_shown_with_artist_album_time_and_heart() -> None:
    async with opened(library()) as screen:
        row = screen.lines[2]

    assert [word in row for word in ("1", "Title 1", "The Lumen Maps", "Signals", "3:20", "♡")] == [True] * 6


async def test_an_empty_library_says_how_to_fill_it() -> None:
    async with opened(library(0)) as screen:
        assert "No music here yet." in screen.text
        assert "tonearm upload" in screen.text


async def test_pages_are_fetched_as_they_come_into_view() -> None:
    async with opened(library(450)) as screen:
        assert screen.library.requests == ["list recent 0"]

        await screen.press("G")
        await screen.until(lambda: len(screen.main.library.table.rows) == 200)
        await screen.press("G", "G", "G", "G", "G", "G")
        await screen.until(lambda: len(screen.main.library.table.rows) == 450)

    assert screen.library.requests == [f"list recent {start}" for start in (0, 100, 200, 300, 400)]


async def test_rows_that_have_not_arrived_are_drawn_as_loading() -> None:
    slow = library(450)
    async with opened(slow) as screen:
        slow.error = Unreachable("home does not answer")
        await screen.press("G")
        await screen.press("pagedown")

        assert "▄▄▄" in screen.text


async def test_reopening_the_open_view_fetches_it_anew() -> None:
    async with opened(library()) as screen:
        await screen.press("1")

        await screen.until(lambda: screen.library.requests == ["list recent 0"] * 2)


async def test_the_liked_view_shows_what_is_liked() -> None:
    liked = FakeLibrary([make_track(1), make_track(2, liked=True)])
    async with opened(liked) as screen:
        await screen.press("g", "l")
        await screen.until(lambda: len(screen.main.library.table.rows) == 1)

        assert "Title 2" in screen.text
        assert "Title 1 " not in screen.text


async def test_the_cursor_moves_and_stays_within_the_list() -> None:
    async with opened(library(3)) as screen:
        table = screen.main.library.table
        await screen.press("k", "j", "down", "j", "j")
        assert table.cursor == 2

        await screen.press("g", "g")

        assert table.cursor == 0


async def test_a_list_keeps_its_place_while_another_is_open() -> None:
    async with opened(library()) as screen:
        await screen.press("j", "j", "2", "1")

        assert screen.main.library.table.cursor == 2


async def test_the_popular_view_has_the_most_played_first() -> None:
    played = FakeLibrary([make_track(1, plays=2), make_track(2, plays=9)])
    async with opened(played) as screen:
        await screen.press("3")
        await screen.until(lambda: "list popular 0" in played.requests)

        assert [row.track.title for row in rows_of(screen)] == ["Title 2", "Title 1"]


def uploads() -> FakeLibrary:
    """One of each state: verifying, rejected, ready, ready."""
    verifying = make_track(1, state=TrackState.VERIFYING, duration_ms=None)
    rejected = make_track(2, state=TrackState.REJECTED, reason="truncated")
    return FakeLibrary([verifying, rejected, make_track(3), make_track(4)])


async def test_my_uploads_say_in_words_what_became_of_each() -> None:
    async with opened(uploads(), size=WIDE) as screen:
        assert "Title 1" not in screen.text

        await screen.press("4")

        assert "… " in screen.lines[2]
        assert "being verified" in screen.lines[2]
        assert "rejected: the file ends before the" in screen.lines[3]
        assert "The Lumen Maps" in screen.lines[4]


async def test_what_cannot_be_played_is_left_out_of_the_queue_with_a_word() -> None:
    async with opened(uploads()) as screen:
        await screen.press("4", "j", "enter")
        assert screen.notice == (
            "“Title 2” cannot be played: rejected: the file ends before the length that it declares"
        )
        await screen.press("a", "A")
        assert titles(screen) == []

        await screen.press("j")
        await screen.play()

        assert titles(screen) == ["Title 3", "Title 4"]
        assert screen.playback.entry is not None
        assert screen.playback.entry.track.title == "Title 3"


async def test_a_verdict_shows_while_one_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tonearm_tui.widgets.library_pane._VERDICT_DELAY_S", 0.01)
    mine = uploads()
    async with opened(mine, size=WIDE) as screen:
        await screen.press("4")
        await screen.until(lambda: mine.requests.count("get t1") > 1)

        mine.tracks["t1"] = make_track(1)
        await screen.until(lambda: "being verified" not in screen.text)
        asked = mine.requests.count("get t1")
        await screen.press("j", "k")

        assert mine.requests.count("get t1") == asked


async def test_empty_lists_name_the_keys_that_fill_them() -> None:
    async with opened(library(0)) as screen:
        for key, words in (
            ("2", "* on a track"),
            ("3", "tonearm upload"),
            ("4", "uploaded nothing yet"),
            ("5", "a adds"),
        ):
            await screen.press(key)
            assert words in screen.text


# --- key sequences -----------------------------------------------------------------------------------


async def test_the_first_key_of_a_sequence_shows_what_may_follow() -> None:
    async with opened(library()) as screen:
        await screen.press("g")

        assert "l Liked" in screen.lines[-1]


async def test_a_sequence_that_is_not_finished_is_forgotten() -> None:
    async with opened(library()) as screen:
        await screen.press("g")
        await screen.pilot.pause(0.8)

        await screen.press("r")

        assert screen.main.queue.loop is Loop.ALL


async def test_the_second_key_of_a_sequence_does_not_act_on_its_own() -> None:
    async with opened(library()) as screen:
        await screen.press("g", "r")

        assert screen.main.queue.loop is Loop.OFF


async def test_apostrophe_and_a_digit_jump_to_that_tenth() -> None:
    async with opened(library()) as screen:
        await screen.play()

        await screen.press("apostrophe", "5")

        assert screen.player.calls[-1] == ("seek", 100_000)


# --- playing -----------------------------------------------------------------------------------------


async def test_enter_plays_the_list_from_there_on() -> None:
    async with opened(library()) as screen:
        await screen.press("j")
        await screen.play()

        assert screen.playback.status is Status.PLAYING
        assert titles(screen) == [f"Title {number}" for number in range(1, 6)]
        assert screen.lines[3].lstrip("▌").startswith("▶")


async def test_space_on_a_fresh_screen_plays_the_row_under_the_cursor() -> None:
    async with opened(library()) as screen:
        await screen.press("space")

        await screen.until(lambda: screen.player.loaded is not None)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
async def test_amber_marks_what_is_audible_and_nothing_else(theme: str) -> None:
    async with opened(library()) as screen:
        screen.app.theme = theme
        await screen.pilot.pause()
        needle = screen.app.theme_variables["needle"].lower()
        await screen.play()
        screen.player.reach(50_000)
        await screen.pilot.pause()
        assert (style_of(screen, "Title 1"), style_of(screen, "│")) == (needle, needle)

        await screen.press("space")

        colours = {
            segment.style.color.name
            for strip in screen.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.color is not None
        }
        assert needle not in colours


async def test_the_needle_moves_with_the_position() -> None:
    async with opened(library()) as screen:
        await screen.play()

        screen.player.reach(100_000)
        await screen.pilot.pause()

        assert screen.lines[-3].index("│") == 40
        assert "1:40 / 3:20" in screen.lines[-2]


async def test_a_click_on_the_waveform_seeks_there() -> None:
    async with opened(library()) as screen:
        await screen.play()

        await screen.pilot.click("#wave", offset=(79, 0))
        await screen.pilot.pause()

        assert screen.player.calls[-1] == ("seek", 199_500)


async def test_transport_keys_reach_the_player() -> None:
    async with opened(library()) as screen:
        await screen.play()
        screen.player.reach(60_000)

        await screen.press("right", "b", "right_curly_bracket", "minus", "m")

        assert screen.player.calls[-5:] == [
            ("seek", 65_000),
            ("seek", 60_000),
            ("seek", 90_000),
            ("set_volume", 95),
            ("mute", True),
        ]
        assert "muted" in screen.lines[-2]


async def test_loop_and_shuffle_are_shown() -> None:
    async with opened(library()) as screen:
        await screen.press("r", "s")

        assert "loop all   shuffle   vol 100" in screen.lines[-2]


async def test_without_libmpv_one_line_says_how_to_install_it() -> None:
    async with opened(library()) as screen:
        screen.player.tell(Silent(INSTALL_HINT))
        await screen.pilot.pause()

        assert "apt install libmpv2" in screen.lines[-1]
        await screen.press("a")
        assert titles(screen) == ["Title 1"]


async def test_quitting_while_music_plays_asks_and_other_keys_do_nothing() -> None:
    async with opened(library()) as screen:
        await screen.play()
        await screen.press("q")
        assert "q again quits" in screen.text

        await screen.press("r", "a", "space")
        assert (screen.main.queue.loop, screen.playback.status) == (Loop.OFF, Status.PLAYING)
        assert len(titles(screen)) == 5
        await screen.press("escape")
        assert screen.app.screen is screen.main
        await screen.press("q", "q")

        assert not screen.app.is_running
    assert screen.player.calls[-1] == ("close",)
    assert screen.library.closed


# --- likes -------------------------------------------------------------------------------------------


async def test_a_like_shows_at_once_and_reaches_the_server() -> None:
    async with opened(library()) as screen:
        await screen.press("asterisk")

        assert "♥" in screen.lines[2]
        assert screen.library.requests[-1] == "like t1"


async def test_a_like_that_the_server_refuses_is_taken_back_with_a_word() -> None:
    async with opened(library()) as screen:
        screen.library.error = Unavailable("The database is away")

        await screen.press("asterisk")
        await screen.until(lambda: bool(screen.notice))

        assert "♡" in screen.lines[2]
        assert screen.notice == "Not saved: The database is away"


async def test_a_click_on_the_heart_likes() -> None:
    async with opened(library()) as screen:
        await screen.pilot.click("#tracks", offset=(78, 1))

        await screen.until(lambda: "like t2" in screen.library.requests)


# --- the queue ---------------------------------------------------------------------------------------


async def test_the_queue_is_edited_with_keys_and_every_edit_can_be_undone() -> None:
    async with opened(library()) as screen:
        await screen.press("a", "j", "a", "j", "A", "5")
        assert titles(screen) == ["Title 3", "Title 1", "Title 2"]

        await screen.press("J")
        assert titles(screen) == ["Title 1", "Title 3", "Title 2"]
        await screen.press("d")
        assert titles(screen) == ["Title 1", "Title 2"]
        await screen.press("D")
        assert titles(screen) == []
        await screen.press("u", "u", "u")

        assert titles(screen) == ["Title 3", "Title 1", "Title 2"]


async def test_enter_in_the_queue_goes_there_without_changing_it() -> None:
    async with opened(library()) as screen:
        await screen.play()
        await screen.press("5", "j", "j")
        before = screen.main.queue.entries

        await screen.play()

        assert screen.main.queue.entries == before
        assert screen.playback.entry == before[2]


async def test_a_wide_screen_has_the_queue_beside_the_list() -> None:
    async with opened(library(), size=WIDE) as screen:
        await screen.press("a")
        assert "Queue · 1 track" in screen.text

        await screen.press("5")

        assert screen.app.focused is screen.main.queue_pane.table
        assert screen.main.library.view == views.RECENT


async def test_the_queue_moves_to_where_there_is_room_for_it() -> None:
    async with opened(library()) as screen:
        await screen.press("a", "5")
        assert screen.main.library.view == views.QUEUE

        await screen.pilot.resize_terminal(*WIDE)
        await screen.pilot.pause()
        assert screen.main.library.view == views.RECENT
        await screen.pilot.resize_terminal(*SMALL)
        await screen.pilot.pause()

        assert screen.main.library.view == views.QUEUE


# --- search ------------------------------------------------------------------------------------------


async def test_search_asks_once_typing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_pane, "SEARCH_DELAY_S", 1.0)  # the slowest machine types faster than that
    async with opened(library(12)) as screen:
        await screen.press("slash", *"title 1")
        await screen.until(lambda: screen.main.library.view == views.SEARCH)

        assert [request for request in screen.library.requests if "search" in request] == ["search title 1"]
        assert "4 tracks" in screen.text


async def test_enter_in_the_search_field_plays_what_is_found_first() -> None:
    async with opened(library(12)) as screen:
        await screen.press("slash", *"title 12", "enter")
        await screen.until(lambda: screen.player.loaded is not None)

        assert titles(screen) == ["Title 12"]
        assert screen.app.focused is screen.main.library.table


async def test_escape_leaves_the_field_and_then_the_search() -> None:
    async with opened(library(12)) as screen:
        await screen.press("slash", *"title 12")
        await screen.until(lambda: screen.main.library.view == views.SEARCH)

        await screen.press("escape")
        assert screen.main.library.view == views.SEARCH
        await screen.press("escape")

        assert screen.main.library.view == views.RECENT
        assert "Title 1 " in screen.text


async def test_searching_again_replaces_the_old_words() -> None:
    async with opened(library(12)) as screen:
        await screen.press("slash", *"title 12", "escape", "slash", *"title 3")
        await screen.until(lambda: screen.main.library.found_q == "title 3")
        assert screen.main.query_one("#search", Input).value == "title 3"

        await screen.press("escape", "1")

        assert screen.main.query_one("#search", Input).value == ""


async def test_nothing_found_says_so() -> None:
    async with opened(library()) as screen:
        await screen.press("slash", *"zzz")
        await screen.until(lambda: screen.main.library.view == views.SEARCH)

        assert "Nothing found for “zzz”." in screen.text


async def test_the_search_field_takes_the_room_of_the_views_while_one_types() -> None:
    async with opened(library()) as screen:
        assert "4 Uploads" in screen.lines[0]

        await screen.press("slash", *"title")
        assert "Uploads" not in screen.lines[0]
        await screen.press("escape")

        assert "4 Uploads" in screen.lines[0]


async def test_in_a_narrow_window_only_the_open_view_has_its_name() -> None:
    async with opened(uploads(), size=(50, 14)) as screen:
        await screen.press("4")

        assert screen.lines[0].startswith(" 1  2  3  4 Uploads  5 ")
        assert [line[1] for line in screen.lines[1:4]] == ["…", "!", " "]


async def test_letters_in_the_search_field_are_not_commands() -> None:
    async with opened(library()) as screen:
        await screen.press("slash", *"rs/q g", "space")

        assert screen.main.queue.loop is Loop.OFF
        assert screen.app.is_running


# --- other screens -----------------------------------------------------------------------------------


async def test_help_filters_and_does_what_is_chosen() -> None:
    async with opened(library()) as screen:
        await screen.press("question_mark")
        assert isinstance(screen.app.screen, HelpScreen)

        await screen.press(*"shuffle", "enter")

        assert screen.main.queue.shuffled


async def test_the_track_page_tells_what_is_known() -> None:
    async with opened(library()) as screen:
        await screen.press("i")
        assert len(screen.app.screen.query("#track-facts")) == 1
        for fact in ("Signals (1996)", "FLAC · 256 kbit/s · 44.1 kHz · stereo", "2026-05-01 by Ada"):
            assert fact in screen.text

        await screen.press("escape")

        assert screen.app.screen is screen.main


async def test_the_page_of_what_plays_is_reached_from_anywhere() -> None:
    async with opened(library()) as screen:
        await screen.press("I")
        assert screen.notice == "Nothing plays"
        await screen.play()

        await screen.press("j", "j", "5", "I")

        assert "track 1" in screen.text
        assert "get t1" in screen.library.requests


@pytest.mark.parametrize("key", ["question_mark", "i"])
async def test_a_small_dialog_says_what_closes_it_and_that_there_is_more(key: str) -> None:
    async with opened(library(), size=(50, 14)) as screen:
        assert "? keys" in screen.lines[-1]

        await screen.press(key)

        await screen.until(lambda: "esc closes   ↑ ↓ more" in screen.text)


async def test_the_palette_does_what_keys_do() -> None:
    async with opened(library()) as screen:
        await screen.press("colon")
        await screen.pilot.pause(0.3)
        await screen.press(*"shuffle")
        await screen.pilot.pause(0.3)
        await screen.press("enter")

        await screen.until(lambda: screen.main.queue.shuffled)


@pytest.mark.parametrize("size", [(200, 60), WIDE, SMALL, (56, 16), (40, 10), (24, 4), (12, 3)])
async def test_every_size_draws_and_plays(size: tuple[int, int]) -> None:
    async with opened(library(), size=size) as screen:
        await screen.play()
        screen.player.reach(100_000)
        await screen.press("j", "a", "5", "1")

        assert len(screen.lines) == size[1]
        assert any("│" in line for line in screen.lines)


def test_the_app_class_holds_no_playing_logic() -> None:
    """Controllers do; the application opens screens (docs/architecture.md)."""
    assert not [name for name in vars(TonearmApp) if "play" in name.replace("player", "")]
