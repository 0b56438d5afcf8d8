"""Tags of strangers on every screen: drawn as they are, obeyed by nobody (security.md T21, T22)."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from tests.hostile import TEXTS, orders, upload_hostile
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, TONEARM, RunningServer
from tests.tui.emulator import Emulator
from tests.tui.fakes import FakeLibrary, make_track
from tests.tui.harness import SMALL, WIDE, Opened, opened

from tonearm_api.client import Client
from tonearm_api.credentials import CredentialStore, read_client_settings
from tonearm_api.errors import Internal
from tonearm_api.library import Track, Uploader
from tonearm_api.text import safe_text, steady_text


def hostile_library(*texts: str) -> FakeLibrary:
    """A track each whose every text is that one, made safe as the client does on arrival."""
    return FakeLibrary([hostile_track(number, safe_text(text)) for number, text in enumerate(texts, 1)])


def hostile_track(number: int, text: str) -> Track:
    return make_track(
        number,
        title=text,
        artist=text,
        artists=[text, text],
        album=text,
        album_artist=text + "!",
        genres=[text],
        uploaded_by=Uploader(id="u1", name=text),
    )


def assert_inert(screen: Opened) -> None:
    """Nothing that a terminal obeys, and every line exactly as wide as the screen."""
    width = screen.app.size.width
    for line in screen.lines:
        assert not orders(line)
        assert cell_len(line) == width


@pytest.mark.parametrize("size", [SMALL, WIDE, (40, 10)])
async def test_hostile_texts_are_inert_on_every_screen(size: tuple[int, int]) -> None:
    async with opened(hostile_library(*TEXTS.values()), size=size) as screen:
        for _ in TEXTS:
            await screen.play()
            assert_inert(screen)
            await screen.press("j")

        for _ in TEXTS if size == SMALL else ():
            await screen.press("i")
            assert_inert(screen)
            await screen.press("escape", "k")

        await screen.press("a")
        assert_inert(screen)

        await screen.press("5", "d")
        assert_inert(screen)
        await screen.press("1", "slash", "e")
        await screen.until(lambda: "search e" in screen.library.requests)
        assert_inert(screen)


@pytest.mark.parametrize("name", ["closing tag", "brackets", "unclosed", "click"])
async def test_brackets_are_shown_and_not_read_as_markup(name: str) -> None:
    text = TEXTS[name]
    async with opened(hostile_library(text), size=WIDE) as screen:
        await screen.play()
        assert text[:20] in screen.lines[2]
        assert text in screen.lines[-2]
        await screen.press("a")
        assert f"Queued: {text}" in screen.lines[-1]

        await screen.press("i")

        assert sum(text in line for line in screen.lines) >= 4


async def test_a_hostile_error_of_the_server_is_inert_too() -> None:
    async with opened(hostile_library("x")) as screen:
        screen.library.error = Internal(safe_text("[/b] \x1b[2J [@click=app.quit]now[/]"))

        await screen.press("2")
        await screen.until(lambda: "did not work" in screen.text)

        assert "[/b]" in screen.text
        assert_inert(screen)


# --- real files, through the real server, into a real terminal ------------------------------------------------------

COLUMNS, LINES = 100, 46


async def test_in_a_terminal_hostile_tags_are_shown_and_not_obeyed(
    server: RunningServer, owner: Client, tmp_path: Path
) -> None:
    tracks = await upload_hostile(owner, tmp_path)
    async with Client(server.url, store=CredentialStore(read_client_settings())) as client:
        await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
    async with Emulator(TONEARM, "tui", "--audio-output", "null", columns=COLUMNS, lines=LINES) as terminal:
        await terminal.until(lambda text: not missing(tracks, text))
        title = terminal.title

        terminal.type("/gone\r")
        await terminal.until(lambda text: "▶" in text)
        terminal.type("I")
        await terminal.until(lambda text: "esc closes" in text)
        page = terminal.text
        terminal.type("\x1b")
        await terminal.until(lambda text: "esc closes" not in text)
        terminal.type("qq")
        await terminal.ended()

    assert beginning(tracks["clear the screen"]) in page
    assert terminal.title == title
    assert "owned" not in terminal.title
    for order in (b"\x1b]52", b"\x1b]0;owned", b"\x1b]8;;http", b"\x1b[6n", b"\x1b]10;?", b"\x9b2J"):
        assert order not in terminal.received


def missing(tracks: dict[str, Track], text: str) -> list[str]:
    """Whose titles are not on the screen, as far as every row has room for them."""
    return [name for name, track in tracks.items() if beginning(track) not in text]


def beginning(track: Track) -> str:
    return steady_text(track.title)[:8].rstrip()
