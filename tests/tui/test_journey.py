"""The player against the real server: signing in, browsing, searching, liking, hearing; once in a real terminal."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pyotp
import pytest
from tests.audio import make_audio
from tests.support import (
    OWNER_EMAIL,
    OWNER_NAME,
    OWNER_PASSWORD,
    TONEARM,
    RunningServer,
    add_user,
    clean_environment,
    until,
    upload,
)
from tests.tui.fakes import FakePlayer
from tests.tui.harness import SMALL, Opened
from textual import events
from textual.widgets import Input

from tonearm_api import factors
from tonearm_api.client import Client
from tonearm_api.credentials import ClientSettings, CredentialStore
from tonearm_api.endpoint import Nothing
from tonearm_api.library import AudioFormat, ListTracks, Track
from tonearm_server.audio.types import AudioTags
from tonearm_tui.app import TonearmApp
from tonearm_tui.headless import play_first
from tonearm_tui.screens.login import LoginScreen, is_unencrypted, server_url
from tonearm_tui.screens.main import MainScreen

SECONDS = 8.0
TITLES = ("Kestrel Letters", "River [b]Motion[/b]", "東京の夜")


@pytest.fixture
async def tracks(owner: Client, tmp_path: Path) -> list[Track]:
    """Three tracks, the newest last; uploading them again finds them there."""
    found = []
    for number, title in enumerate(TITLES):
        path = tmp_path / f"{number}.flac"
        tags = AudioTags(title=title, artists=["The Lumen Maps"], album="Signals")
        make_audio(path, format=AudioFormat.FLAC, seconds=SECONDS, frequency_hz=220 * (number + 1), tags=tags)
        found.append(await upload(owner, path))
    return found


@pytest.fixture
def settings(server: RunningServer, tmp_path: Path) -> ClientSettings:
    return ClientSettings(server=server.url, profile="default", token_file=None, config_dir=tmp_path / "config")


@pytest.fixture
async def screen(settings: ClientSettings, tracks: list[Track]) -> AsyncIterator[Opened]:
    """The player as it starts for somebody who is not signed in."""
    player = FakePlayer()
    app = TonearmApp(settings=settings, player=player)
    async with app.run_test(size=SMALL) as pilot:
        screen = Opened(app, pilot, player)
        await shown(screen, lambda: isinstance(app.screen, LoginScreen))
        yield screen


async def shown(screen: Opened, is_so: Callable[[], bool]) -> None:
    """Wait for the server and the screen, which answer in their own time."""

    async def check() -> bool:
        await screen.pilot.pause()
        return is_so()

    await until(check, what="the screen")


async def sign_in(screen: Opened, *, password: str = OWNER_PASSWORD) -> None:
    await screen.press(*OWNER_EMAIL, "enter", *(key_of(character) for character in password), "enter")


def key_of(character: str) -> str:
    return {" ": "space", "\t": "tab"}.get(character, character)


async def test_signing_in_shows_the_library_and_keeps_the_login(screen: Opened, settings: ClientSettings) -> None:
    await sign_in(screen)
    await shown(screen, lambda: isinstance(screen.app.screen, MainScreen) and TITLES[0] in screen.text)

    login = CredentialStore(settings).find()

    assert login is not None
    assert (login.server, login.email) == (settings.server, OWNER_EMAIL)
    assert OWNER_NAME in screen.lines[0]
    assert all(title in screen.text for title in TITLES)


async def test_keys_typed_ahead_go_to_the_field_that_they_were_meant_for(screen: Opened) -> None:
    keys = [events.Key(key_of(character), character) for character in f"{OWNER_EMAIL}\t{OWNER_PASSWORD}"]
    for key in keys:
        screen.app.post_message(key)
    await screen.pilot.pause()
    await shown(screen, lambda: screen.app.screen.query_one("#login-password", Input).value == OWNER_PASSWORD)

    assert screen.app.screen.query_one("#login-email", Input).value == OWNER_EMAIL


async def test_a_wrong_password_is_said_and_the_fields_stay(screen: Opened) -> None:
    await sign_in(screen, password="wrong password")

    await shown(screen, lambda: "E-mail or password is wrong" in screen.text)

    assert OWNER_EMAIL in screen.text


async def test_the_code_of_an_authenticator_is_asked_for(screen: Opened, server: RunningServer) -> None:
    email, password = "grace@example.test", "copper lantern drift"
    add_user(server, email, password)
    async with Client(server.url) as client:
        await client.log_in(email=email, password=password)
        seed = await client.call(factors.NEW_AUTHENTICATOR, Nothing())
        totp = pyotp.TOTP(seed.secret)
        code = factors.ConfirmAuthenticator(code=totp.now())
        recovery = (await client.call(factors.CONFIRM_AUTHENTICATOR, code)).codes[0]

    await screen.press(*email, "enter", *(key_of(character) for character in password), "enter")
    await shown(screen, lambda: "authenticator" in screen.text)
    await screen.press(*"wrong", "enter")
    await shown(screen, lambda: "That code is wrong" in screen.text)
    await screen.press(*(key_of(character) for character in recovery), "enter")

    await shown(screen, lambda: isinstance(screen.app.screen, MainScreen))


async def test_search_like_and_play_reach_the_server(screen: Opened, owner: Client, tracks: list[Track]) -> None:
    await sign_in(screen)
    await shown(screen, lambda: isinstance(screen.app.screen, MainScreen))

    await screen.press("slash", *"motion", "enter")
    await shown(screen, lambda: screen.player.loaded is not None)
    await screen.press("asterisk")

    async def liked() -> bool:
        return (await owner.get_track(tracks[1].id)).liked

    await until(liked, what="the like on the server")
    assert TITLES[1] in screen.lines[-2]
    await owner.unlike(tracks[1].id)


async def test_a_kept_login_opens_the_library_at_once(
    settings: ClientSettings, tracks: list[Track], server: RunningServer
) -> None:
    async with Client(server.url, store=CredentialStore(settings)) as client:
        await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
    player = FakePlayer()
    app = TonearmApp(settings=settings, player=player)

    async with app.run_test(size=SMALL) as pilot:
        screen = Opened(app, pilot, player)
        await shown(screen, lambda: isinstance(app.screen, MainScreen) and TITLES[0] in screen.text)


async def test_signing_out_forgets_the_login(screen: Opened, settings: ClientSettings) -> None:
    await sign_in(screen)
    await shown(screen, lambda: isinstance(screen.app.screen, MainScreen))

    await screen.app.sign_out()
    await shown(screen, lambda: isinstance(screen.app.screen, LoginScreen))

    assert CredentialStore(settings).find() is None


async def test_a_server_that_is_not_there_is_said(settings: ClientSettings) -> None:
    player = FakePlayer()
    app = TonearmApp(
        settings=ClientSettings(
            server="http://127.0.0.1:9", profile="default", token_file=None, config_dir=settings.config_dir
        ),
        player=player,
    )
    async with app.run_test(size=SMALL) as pilot:
        screen = Opened(app, pilot, player)
        await shown(screen, lambda: isinstance(app.screen, LoginScreen))
        await sign_in(screen)

        await shown(screen, lambda: "does not answer" in screen.text)


async def test_without_a_screen_the_first_track_really_plays(owner: Client, tracks: list[Track]) -> None:
    said: list[str] = []

    reached_s = await play_first(owner, seconds=2, audio_output="null", report=said.append)

    assert reached_s >= 2
    assert said == [f"playing {TITLES[2]} by The Lumen Maps", "position 0:01 of 0:08", "position 0:02 of 0:08"]


@pytest.mark.parametrize(
    ("typed", "server"),
    [
        ("music.example.org", "https://music.example.org"),
        (" music.example.org/ ", "https://music.example.org"),
        ("localhost:8337", "http://localhost:8337"),
        ("127.0.0.1:8337", "http://127.0.0.1:8337"),
        ("[::1]:8337", "http://[::1]:8337"),
        ("http://192.168.1.5:8337", "http://192.168.1.5:8337"),
    ],
)
def test_what_a_person_types_as_the_server(typed: str, server: str) -> None:
    assert server_url(typed) == server


@pytest.mark.parametrize(
    ("server", "expected"),
    [("https://a.example", False), ("http://127.0.0.1:8337", False), ("http://a.example", True)],
)
def test_a_password_in_the_clear_needs_a_second_thought(server: str, expected: bool) -> None:
    assert is_unencrypted(server) is expected


# --- in a terminal -----------------------------------------------------------------------------------


class Terminal:
    """A tmux of our own with one window."""

    def __init__(self, folder: Path) -> None:
        self._tmux = ["tmux", "-u", "-f", os.devnull, "-S", str(folder / "tmux")]

    def run(self, *arguments: str) -> str:
        return subprocess.run([*self._tmux, *arguments], capture_output=True, text=True, check=True, timeout=20).stdout

    def start(self, command: str, **environment: str) -> None:
        settings = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
        subprocess.run(
            [*self._tmux, "new-session", "-d", "-x", "80", "-y", "24", *settings, command],
            check=True,
            timeout=20,
            env=clean_environment(LC_ALL="C.UTF-8"),
        )

    def type(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    async def until(self, pattern: str) -> re.Match[str]:
        """The first place of the screen that matches."""

        async def match() -> re.Match[str] | None:
            return re.search(pattern, await asyncio.to_thread(self.run, "capture-pane", "-p"))

        return await until(match, what=pattern)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        pytest.fail("tmux is missing: make setup-dev installs it")
    terminal = Terminal(tmp_path)
    yield terminal
    subprocess.run([*terminal._tmux, "kill-server"], capture_output=True, check=False, timeout=20)


@pytest.mark.terminal
async def test_in_a_terminal_one_signs_in_searches_plays_and_likes(
    terminal: Terminal, server: RunningServer, owner: Client, tracks: list[Track], tmp_path: Path
) -> None:
    terminal.start(
        shlex.join([TONEARM, "tui", "--audio-output", "null"]),
        TONEARM_CONFIG_DIR=str(tmp_path / "terminal"),
        TONEARM_SERVER=server.url,
    )
    await terminal.until("Password")
    terminal.type(OWNER_EMAIL, "Enter", OWNER_PASSWORD, "Enter")
    await terminal.until(TITLES[0])

    terminal.type("/kestrel", "Enter")
    await terminal.until(r"▶ +1 +Kestrel Letters")
    await terminal.until(r"0:02 / 0:08")
    terminal.type("*")
    await terminal.until(r"♥ +0:0\d / 0:08")

    async def liked() -> bool:
        page = await owner.list_tracks(ListTracks(liked=True))
        return [track.id for track in page.items] == [tracks[0].id]

    await until(liked, what="the like on the server")
    terminal.type("q", "q")
