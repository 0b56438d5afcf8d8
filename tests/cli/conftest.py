"""A login for the command line, and tracks to work on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.audio import make_audio
from tests.support import RunningServer

from tonearm_api.client import Client
from tonearm_api.credentials import CredentialStore, read_client_settings
from tonearm_api.library import AudioFormat
from tonearm_server.audio.types import AudioTags

MakeSong = Callable[..., Path]


@pytest.fixture
def login(server: RunningServer, owner: Client) -> None:
    """The command line is signed in as the owner."""
    stored = owner.store.find()
    assert stored is not None
    CredentialStore(read_client_settings()).save(stored)


@pytest.fixture
def song(tmp_path: Path) -> MakeSong:
    """Makes a one-second FLAC file; each pitch gives other bytes."""

    def make(name: str = "song.flac", *, title: str = "Song", artist: str = "Somebody", pitch_hz: int = 440) -> Path:
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        tags = AudioTags(
            title=title,
            artists=[artist],
            album="Album",
            album_artist=None,
            genres=["Folk"],
            year=1999,
            track_number=1,
            disc_number=1,
        )
        return make_audio(path, format=AudioFormat.FLAC, frequency_hz=pitch_hz, tags=tags)

    return make
