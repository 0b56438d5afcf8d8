"""Real music through the whole server: two albums of tagged Ogg Vorbis, and every other format made of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.support import raw, upload

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, ListTracks, TrackState

pytestmark = pytest.mark.music


async def test_every_format_of_real_music_becomes_ready_and_streams_back(owner: Client, real_music: Path) -> None:
    files = sorted((real_music / "encoded").iterdir())
    files += sorted((real_music / "originals").glob("*.ogg"))[:3]

    tracks = await asyncio.gather(*(upload(owner, path) for path in files))

    assert {TrackState.READY} == {track.state for track in tracks}
    assert set(AudioFormat) == {track.format for track in tracks}
    async with raw(owner) as http:
        for path, track in zip(files, tracks, strict=True):
            assert path.read_bytes() == (await http.get(f"/stream/{track.id}")).content
            assert max(await owner.waveform(track.id)) == 255


async def test_real_tags_are_found_again(owner: Client, real_music: Path) -> None:
    originals = sorted((real_music / "originals").glob("*.ogg"))[3:6]
    tracks = [await upload(owner, path) for path in originals]

    for track in tracks:
        assert track.artist
        assert track.album
        assert track.id in {found.id for found in (await owner.search(track.title)).tracks}
        assert track.id in {found.id for found in (await owner.list_tracks(ListTracks(album=track.album))).items}
