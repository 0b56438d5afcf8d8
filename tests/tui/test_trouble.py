"""The main screen while the server is away, and after it has ended the session."""

from __future__ import annotations

from typing import cast

import pytest
from tests.tui.fakes import FakeLibrary, make_track
from tests.tui.harness import opened

from tonearm_api.client import Client
from tonearm_api.errors import Internal, SessionEnded, TonearmError, Unavailable, Unreachable
from tonearm_tui.playback import Status
from tonearm_tui.player import Ended, Failure
from tonearm_tui.screens.login import LoginScreen, SignedIn
from tonearm_tui.screens.main import MainScreen


def library() -> FakeLibrary:
    return FakeLibrary([make_track(number) for number in range(1, 6)])


async def test_an_unreachable_server_is_named_while_the_music_plays_on() -> None:
    async with opened(library()) as screen:
        await screen.play()
        screen.library.error = Unreachable("http://fake.example does not answer")
        await screen.press("2")
        await screen.until(lambda: "trying again" in screen.notice)
        assert "offline" in screen.lines[0]
        assert screen.playback.is_audible

        screen.library.error = None
        await screen.pilot.pause(1.1)
        await screen.until(lambda: "offline" not in screen.lines[0])

        assert screen.notice == ""


@pytest.mark.parametrize("key", ["asterisk", "greater_than_sign"])
async def test_liking_and_playing_notice_that_the_server_is_away_and_back(key: str) -> None:
    async with opened(library()) as screen:
        await screen.play()
        screen.library.error = Unreachable("home does not answer")
        await screen.press(key)
        await screen.until(lambda: "○ ada offline" in screen.lines[0])
        assert "answer" in screen.notice

        screen.library.error = None
        await screen.pilot.pause(1.2)

        await screen.until(lambda: "● ada" in screen.lines[0])


async def test_a_narrow_window_keeps_the_hollow_sign() -> None:
    async with opened(library(), size=(50, 14)) as screen:
        assert "●" not in screen.lines[0]
        screen.library.error = Unreachable("home does not answer")

        await screen.press("asterisk")

        await screen.until(lambda: screen.lines[0].rstrip().endswith("○"))


async def test_an_ended_session_leads_to_signing_in_again() -> None:
    async with opened(library()) as screen:
        screen.library.error = SessionEnded()

        await screen.press("2")
        await screen.until(lambda: isinstance(screen.app.screen, LoginScreen))

        assert "session has ended" in screen.text
        assert screen.library.closed


@pytest.mark.parametrize("error", [Unreachable("home does not answer"), Unavailable("The server is going down")])
async def test_a_list_that_cannot_be_fetched_says_why_and_comes_by_itself(error: TonearmError) -> None:
    async with opened(library()) as screen:
        screen.library.error = error
        await screen.press("3")
        await screen.until(lambda: "The server does not answer." in screen.text)
        assert "3 asks at once" in screen.text

        screen.library.error = None
        await screen.press("3")

        await screen.until(lambda: "Title 1" in screen.text)


async def test_an_empty_list_is_fetched_as_soon_as_anybody_finds_the_server() -> None:
    async with opened(library()) as screen:
        screen.library.error = Unreachable("home does not answer")
        await screen.press("3")
        await screen.until(lambda: "The server does not answer." in screen.text)

        screen.library.error = None
        screen.main.server_found()

        await screen.until(lambda: "Title 1" in screen.text)
        assert screen.library.requests.count("list popular 0") == 2


async def test_a_refusal_takes_no_rows_away() -> None:
    many = FakeLibrary([make_track(number) for number in range(1, 151)])
    async with opened(many) as screen:
        many.error = Internal("The disk is full")

        await screen.press("G")
        await screen.until(lambda: bool(screen.notice))

        assert screen.notice == "The disk is full"
        assert "Title 100" in screen.text


async def test_a_refused_list_says_so_and_how_to_ask_again() -> None:
    async with opened(library()) as screen:
        screen.library.error = Internal("The disk is full")

        await screen.press("2")
        await screen.until(lambda: "That did not work." in screen.text)

        assert "The disk is full" in screen.text
        assert "2 asks again" in screen.text


async def test_reconnecting_is_said_beside_the_title_and_the_amber_is_out() -> None:
    async with opened(library()) as screen:
        await screen.play()
        screen.player.reach(90_000)
        assert screen.player.loaded is not None
        screen.library.error = Unreachable("home does not answer")

        screen.player.tell(Ended(screen.player.loaded, 90_000, Failure.TRANSPORT))
        await screen.until(lambda: "reconnecting" in screen.lines[-2])

        assert "1:30 / 3:20" in screen.lines[-2]
        assert not screen.playback.is_audible


async def test_signing_in_again_finds_the_queue_and_the_position() -> None:
    async with opened(library()) as screen:
        await screen.play()
        screen.player.reach(90_000)
        screen.library.error = SessionEnded()
        await screen.press("2")
        await screen.until(lambda: isinstance(screen.app.screen, LoginScreen))
        screen.library.error = None

        screen.app.post_message(SignedIn(cast("Client", screen.library), name="ada"))
        await screen.until(lambda: isinstance(screen.app.screen, MainScreen))
        await screen.press("space")
        await screen.until(lambda: screen.playback.status is Status.LOADING and screen.player.calls[-1][0] == "load")

        assert [entry.track.title for entry in screen.main.queue.entries] == [f"Title {n}" for n in range(1, 6)]
        assert screen.player.calls[-1][2] == 90_000
