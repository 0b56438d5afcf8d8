"""Uploading from the player: real files, the real server, music that goes on meanwhile."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.audio import make_audio
from tests.cli.proxy import line_to
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, RunningServer, until
from tests.tui.fakes import FakePlayer
from tests.tui.harness import SMALL, WIDE, Opened
from textual.widgets import Input

from bench.peers import write_noise
from tonearm_api.client import Client
from tonearm_api.credentials import CredentialStore, read_client_settings
from tonearm_api.errors import why_refused
from tonearm_api.library import AudioFormat
from tonearm_api.resumable import CHUNK_BYTES
from tonearm_server.audio.types import AudioTags
from tonearm_tui.app import TonearmApp
from tonearm_tui.screens.main import MainScreen
from tonearm_tui.screens.quitting import QuitScreen
from tonearm_tui.screens.upload import UploadScreen
from tonearm_tui.uploading import typed_paths


async def log_in(server: str) -> None:
    async with Client(server, store=CredentialStore(read_client_settings())) as client:
        await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)


@asynccontextmanager
async def signed_in(server: str, *, size: tuple[int, int] = SMALL) -> AsyncIterator[Opened]:
    """The player of somebody who has signed in to `server` before."""
    await log_in(server)
    player = FakePlayer()
    app = TonearmApp(settings=read_client_settings(), player=player)
    async with app.run_test(size=size) as pilot:
        screen = Opened(app, pilot, player)
        await shown(screen, lambda: isinstance(app.screen, MainScreen) and player.on_event is not None)
        yield screen


async def shown(screen: Opened, is_so: Callable[[], bool]) -> None:
    async def check() -> bool:
        await screen.pilot.pause()
        return is_so()

    await until(check, what="the screen", timeout_s=30)


async def order(screen: Opened, text: str) -> None:
    """What a person does who pastes a path."""
    if not isinstance(screen.app.screen, UploadScreen):
        await screen.press("U")
    screen.app.screen.query_one(Input).value = text
    await screen.press("enter")


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Two songs, something that is none, and a picture."""
    folder = tmp_path / "an album"
    folder.mkdir()
    for number, title in enumerate(("Slow Harbour", "東京の夜"), 1):
        tags = AudioTags(title=title, artists=["The Lumen Maps"], album="Signals")
        make_audio(folder / f"{number}.flac", format=AudioFormat.FLAC, frequency_hz=200 * number, tags=tags)
    (folder / "3.mp3").write_bytes(b"no music at all" * 20)
    (folder / "cover.jpg").write_bytes(b"\xff\xd8")
    return folder


@pytest.mark.usefixtures("owner")
async def test_a_folder_is_uploaded_while_music_plays_and_each_file_has_its_verdict(
    server: RunningServer, album: Path
) -> None:
    async with signed_in(server.url, size=WIDE) as screen:
        await order(screen, str(album / "1.flac"))
        await shown(screen, lambda: "1 file uploaded" in screen.text)
        await screen.press("escape")
        await shown(screen, lambda: "Slow Harbour" in screen.lines[2])
        await screen.play()
        heard = len(screen.player.calls)

        await order(screen, str(album))
        await shown(screen, lambda: "2 files uploaded, 1 already there, 1 refused" in screen.text)

        page = [" ".join(line.split()) for line in screen.lines]
        assert any("✓ 1.flac already there" in line for line in page)
        assert any("✓ 2.flac uploaded" in line for line in page)
        assert any(f"✗ 3.mp3 {why_refused('unknown_format')}"[:50] in line for line in page)
        await screen.press("escape")
        assert "1 file uploaded, 1 already there, 1 refused · U shows why" in screen.lines[-1]
        await shown(screen, lambda: "東京の夜" in screen.lines[2])
        await screen.press("U")
        assert "✗ 3.mp3" in screen.text
        assert heard == len(screen.player.calls)


@pytest.mark.usefixtures("owner")
async def test_what_was_cut_off_goes_on_where_it_was(server: RunningServer, tmp_path: Path) -> None:
    side = write_noise(tmp_path / "side.wav", size_bytes=CHUNK_BYTES + 4_000_000)
    port = urlsplit(server.url).port or 0
    async with line_to(port) as line, signed_in(f"http://127.0.0.1:{line.port}") as screen:
        line.hold_at(line.sent_bytes + CHUNK_BYTES + 1_000_000)
        await order(screen, str(side))
        await line.held()
        await screen.press("escape")
        assert "↑ 1" in screen.lines[0]
        await screen.press("q")
        assert isinstance(screen.app.screen, QuitScreen)
        assert "Quitting stops the upload" in screen.text

        await screen.press("escape", "U", "ctrl+g")
        await shown(screen, lambda: "1 not sent" in screen.text)
        line.release()
        await order(screen, str(side))
        await shown(screen, lambda: "1 file uploaded, 1 not sent" in screen.text)

        assert re.search(r"✓ side\.wav +resumed at \d+\.\d MB · uploaded", screen.text)
        assert line.sent_bytes < side.stat().st_size + CHUNK_BYTES  # what was under way comes twice, no more


@pytest.mark.usefixtures("owner")
async def test_what_is_no_file_or_has_no_audio_is_said_and_tab_completes(server: RunningServer, album: Path) -> None:
    (album.parent / "nothing").mkdir()
    async with signed_in(server.url) as screen:
        await order(screen, str(album / "4.flac"))
        await shown(screen, lambda: "! There is no file or folder" in screen.text)
        await order(screen, str(album.parent / "nothing"))
        await shown(screen, lambda: "! No audio files there" in screen.text)

        field = screen.app.screen.query_one(Input)
        field.value = str(album.parent / "an")
        await shown(screen, lambda: field._suggestion != "")
        await screen.press("tab")

        assert field.value == f"{album}/"


async def test_the_shells_way_of_writing_a_path_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("it's here", "two words"):
        (tmp_path / name).mkdir()
    here, words = tmp_path / "it's here", tmp_path / "two words"

    assert [words] == typed_paths("~/two words ")
    assert [here] == typed_paths(str(here))
    assert [words] == typed_paths(f"'{words}'")
    assert [words, here] == typed_paths(f'{tmp_path}/two\\ words "{here}"')
    assert [Path("/no/such thing")] == typed_paths("/no/such thing")
    assert [] == typed_paths("  ")
