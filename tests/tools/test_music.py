"""What `make music` prepares, as integration tests find it."""

from pathlib import Path

import mutagen
import pytest

pytestmark = pytest.mark.music


def test_two_albums_of_tagged_ogg_vorbis(real_music: Path) -> None:
    tracks = [mutagen.File(path) for path in (real_music / "originals").glob("*.ogg")]

    albums = {track["album"][0] for track in tracks}

    assert albums == {"Endgame: Singularity (Advanced Research)", "Endgame: Singularity Original Soundtrack"}
    assert all(track["title"] and track["artist"] == ["Maxstack"] for track in tracks)


def test_one_track_in_each_other_format(real_music: Path) -> None:
    encoded = {path.name.partition(".")[2] for path in (real_music / "encoded").iterdir()}

    assert encoded == {"mp3", "flac", "opus", "aac.m4a", "alac.m4a", "wav"}


def test_the_encoded_tracks_last_two_minutes(real_music: Path) -> None:
    lengths_s = {path.name: mutagen.File(path).info.length for path in (real_music / "encoded").iterdir()}

    assert all(119.9 <= length_s <= 120.1 for length_s in lengths_s.values()), lengths_s
