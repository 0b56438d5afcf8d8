"""The main screen while the server is away, and after it has ended the session."""

from __future__ import annotations

import pytest
from tests.tui.fakes import FakeLibrary, make_track
from tests.tui.harness import opened

from tonearm_api.errors import SessionEnded, Unreachable
from tonearm_tui.screens.login import LoginScreen


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
