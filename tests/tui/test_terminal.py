"""The screen belongs to the player: C libraries write elsewhere, and what Python has to say still comes through."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.audio import make_audio
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, TONEARM, RunningServer, upload
from tests.tui.emulator import Emulator
from tests.tui.harness import SMALL

from tonearm_api.client import Client
from tonearm_api.credentials import CredentialStore, read_client_settings
from tonearm_api.library import AudioFormat
from tonearm_server.audio.types import AudioTags

COLUMNS, LINES = SMALL

CRASH = """
import os, sys
from pathlib import Path
from tonearm_tui.terminal import libraries_silenced
with libraries_silenced(Path(sys.argv[1])):
    os.write(2, b"a driver talks")
    sys.stderr.write("python talks\\n")
    raise RuntimeError("the reason")
"""


@pytest.mark.usefixtures("owner")
async def test_what_a_sound_library_says_stays_off_the_screen(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALSA_CONFIG_PATH", "/dev/null")  # no card, whatever this machine has
    song = tmp_path / "song.flac"
    make_audio(song, format=AudioFormat.FLAC, tags=AudioTags(title="Slow Harbour", artists=["The Lumen Maps"]))
    settings = read_client_settings()
    async with Client(server.url, store=CredentialStore(settings)) as client:
        await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
        await upload(client, song)

    async with Emulator(TONEARM, "tui", "--audio-output", "alsa", columns=COLUMNS, lines=LINES) as terminal:
        await terminal.until(lambda text: "Slow Harbour" in text)
        terminal.type("\r")
        await terminal.until(lambda text: "No sound" in text)
        top = terminal.text.splitlines()[0]
        terminal.type("q")
        await terminal.ended()

    assert top.startswith(" 1 Recent")
    assert b"ALSA lib" not in terminal.received
    assert "ALSA lib" in settings.player_log.read_text()


async def test_a_crash_is_told_on_the_terminal_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "player.log"

    async with Emulator(sys.executable, "-c", CRASH, str(log), columns=COLUMNS, lines=LINES) as terminal:
        await terminal.until(lambda text: "RuntimeError: the reason" in text)
        await terminal.ended()

    assert "python talks" in terminal.text
    assert b"a driver talks" not in terminal.received
    assert log.read_text() == "a driver talks"
