"""The demo album as a listener and a tag reader find it."""

import io
import re
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import mutagen
import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[2] / "tools" / "demo_music.py"
PCM_MD5 = {
    "02 Tram № 4 at Dusk.flac": 0xB865CC52EA1CE270CC541E05268C5CD4,
    "03 Last Side Lights Low.flac": 0xC6575FE3BC2FE07AA071C14AF1C9C71B,
}
"""What FLAC itself records of the samples; it changes only together with the music, and then `EDITION` must too."""


def make_album(folder: Path) -> list[Path]:
    made = subprocess.run(
        [sys.executable, SCRIPT, folder], capture_output=True, text=True, encoding="utf-8", check=True, timeout=100
    )
    return [Path(line) for line in made.stdout.splitlines()]


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_album(tmp_path_factory.mktemp("album"))


def loudness_lufs(path: Path) -> float:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-nostats", "-i", str(path)]
    measured = subprocess.run(
        [*command, "-map", "0:a", "-af", "ebur128=framelog=quiet", "-f", "null", "-"],
        capture_output=True, text=True, encoding="utf-8", check=True, timeout=60,
    )  # fmt: skip
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", measured.stderr)[-1])


def test_the_album_is_one_mp3_and_two_flac_files(album: list[Path]) -> None:
    assert [path.suffix for path in album] == [".mp3", ".flac", ".flac"]
    assert not any("," in path.name for path in album)


def test_every_piece_lasts_24_to_40_seconds(album: list[Path]) -> None:
    lengths_s = [mutagen.File(path).info.length for path in album]

    assert all(24 <= length_s <= 40 for length_s in lengths_s), lengths_s


def test_every_piece_is_as_loud_as_streaming_services_play_it(album: list[Path]) -> None:
    loudness = [loudness_lufs(path) for path in album]

    assert all(-17 <= lufs <= -15 for lufs in loudness), loudness


def test_every_piece_says_what_it_is(album: list[Path]) -> None:
    tags = [mutagen.File(path, easy=True).tags for path in album]

    assert [tag["tracknumber"][0] for tag in tags] == ["1/3", "2/3", "3/3"]
    assert [tag["title"][0] for tag in tags] == ["Kettle, Window, Rain", "Tram № 4 at Dusk", "Last Side, Lights Low"]
    for name, value in {"artist": "Õhtu Trio", "albumartist": "Õhtu Trio", "date": "2026"}.items():
        assert [[value]] * 3 == [tag[name] for tag in tags]


def test_every_piece_carries_the_square_sleeve(album: list[Path]) -> None:
    pictures = [mutagen.File(path) for path in album]
    covers = [
        file.pictures[0] if path.suffix == ".flac" else file.tags.getall("APIC")[0]
        for path, file in zip(album, pictures, strict=True)
    ]

    for cover in covers:
        with Image.open(io.BytesIO(cover.data)) as picture:
            assert (picture.format, picture.size) == ("JPEG", (1000, 1000))


def test_the_samples_are_the_same_everywhere(album: list[Path]) -> None:
    made = {path.name: mutagen.File(path).info.md5_signature for path in album if path.suffix == ".flac"}

    assert made == PCM_MD5


def test_making_the_album_again_leaves_it_alone(album: list[Path]) -> None:
    before = [path.stat().st_mtime_ns for path in album]

    again = make_album(album[0].parent)

    assert album == again
    assert before == [path.stat().st_mtime_ns for path in again]
