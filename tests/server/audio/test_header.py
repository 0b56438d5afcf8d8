"""What is read of honest files: format, stream and tags, whatever the container."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from tests.audio import make_audio, png_cover
from tests.server.audio.files import header_of, id3_frame, id3_tag, id3_text, opened

from tonearm_api.library import AudioFormat
from tonearm_server.audio.sandbox import Sandbox
from tonearm_server.audio.types import AudioTags

pytestmark = pytest.mark.asyncio(loop_scope="module")

TAGS = AudioTags(
    title="Тихий океан",
    artists=["Кобальт", "静かな部屋"],
    album="Rooms of Glass",
    album_artist="Various",
    genres=["Ambient", "Field Recording"],
    year=2003,
    track_number=3,
    disc_number=2,
)


@pytest.mark.parametrize("audio_format", AudioFormat)
async def test_every_format_is_known_by_its_content_and_gives_its_tags(
    sandbox: Sandbox, tmp_path: Path, audio_format: AudioFormat
) -> None:
    path = make_audio(tmp_path / "song.txt", format=audio_format, tags=TAGS, cover=png_cover())

    header = await header_of(sandbox, path)

    assert audio_format == header.format
    assert header.tags == TAGS
    assert header.has_picture


@pytest.mark.parametrize("audio_format", AudioFormat)
async def test_the_stream_is_described(sandbox: Sandbox, tmp_path: Path, audio_format: AudioFormat) -> None:
    header = await header_of(sandbox, make_audio(tmp_path / "x", format=audio_format, seconds=2))

    assert header.duration_ms == pytest.approx(2000, abs=60)  # encoders pad by a frame or two
    assert header.sample_rate_hz == (48_000 if audio_format is AudioFormat.OPUS else 44_100)
    assert header.channels == 2
    assert header.bitrate_bps is not None
    assert header.bitrate_bps > 10_000
    assert header.tags == AudioTags()
    assert not header.has_picture


async def test_reading_does_not_move_the_callers_position(sandbox: Sandbox, tmp_path: Path) -> None:
    with opened(make_audio(tmp_path / "x", format=AudioFormat.FLAC)) as descriptor:
        os.lseek(descriptor, 17, os.SEEK_SET)

        await sandbox.read_header(descriptor)

        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 17


async def mp3_tags(sandbox: Sandbox, tmp_path: Path, *frames: bytes, version: int = 3) -> AudioTags:
    bare = make_audio(tmp_path / "bare", format=AudioFormat.MP3).read_bytes()
    path = tmp_path / "tagged"
    path.write_bytes(id3_tag(frames, version=version) + bare[10 + _id3_bytes(bare) :])
    return (await header_of(sandbox, path)).tags


def _id3_bytes(mp3: bytes) -> int:
    return int.from_bytes(mp3[8:10], "big") if mp3.startswith(b"ID3") else -10


async def test_text_loses_control_characters_and_gains_normal_form(sandbox: Sandbox, tmp_path: Path) -> None:
    tags = await mp3_tags(
        sandbox, tmp_path, id3_text("TIT2", "E\u0301te\u0301\x1b]0;x\x07\n two ".encode(), encoding=3)
    )

    assert tags.title == "Été]0;x two"


async def test_text_is_cut_at_500_characters_and_lists_at_50(sandbox: Sandbox, tmp_path: Path) -> None:
    artists = "\0".join(f"{number:03}" + "я" * 600 for number in range(80))

    tags = await mp3_tags(sandbox, tmp_path, id3_text("TPE1", artists.encode("utf-16"), encoding=1))

    assert len(tags.artists) == 50
    assert {len(artist) for artist in tags.artists} == {500}


async def test_artists_are_separated_by_nul_and_never_by_slash(sandbox: Sandbox, tmp_path: Path) -> None:
    tags = await mp3_tags(sandbox, tmp_path, id3_text("TPE1", b"AC/DC\0Axl Rose\0AC/DC"))

    assert tags.artists == ["AC/DC", "Axl Rose"]


@pytest.mark.parametrize(
    ("stored", "genres"), [(b"(17)", ["Rock"]), (b"(17)(8)", ["Rock", "Jazz"]), (b"17", ["Rock"]), (b"(250)", [])]
)
async def test_genre_numbers_become_names(sandbox: Sandbox, tmp_path: Path, stored: bytes, genres: list[str]) -> None:
    tags = await mp3_tags(sandbox, tmp_path, id3_text("TCON", stored))

    assert tags.genres == genres


@pytest.mark.parametrize(
    ("stored", "number"), [(b"3/12", 3), (b"07", 7), (b"0", None), (b"A1", None), (b"10000", None)]
)
async def test_track_numbers(sandbox: Sandbox, tmp_path: Path, stored: bytes, number: int | None) -> None:
    tags = await mp3_tags(sandbox, tmp_path, id3_text("TRCK", stored))

    assert tags.track_number == number


async def test_windows_1251_stored_as_latin_1_is_mended(sandbox: Sandbox, tmp_path: Path) -> None:
    tags = await mp3_tags(
        sandbox,
        tmp_path,
        id3_text("TIT2", "Песня ёлки".encode("cp1251")),
        id3_text("TALB", "Été à Nîmes".encode("latin-1")),
    )

    assert tags.title == "Песня ёлки"
    assert tags.album == "Été à Nîmes"


async def test_an_old_tag_at_the_end_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.MP3)
    old = struct.pack("3s30s30s30s4s28sBBB", b"TAG", b"Short", b"Lumen", b"Signals", b"1999", b"", 0, 4, 17)
    path.write_bytes(path.read_bytes() + old)

    tags = (await header_of(sandbox, path)).tags

    assert tags == AudioTags(
        title="Short", artists=["Lumen"], album="Signals", genres=["Rock"], year=1999, track_number=4
    )


async def test_unknown_frames_are_passed_over(sandbox: Sandbox, tmp_path: Path) -> None:
    tags = await mp3_tags(sandbox, tmp_path, id3_frame("SYLT", b"\0" * 5000), id3_text("TIT2", b"Kept"))

    assert tags.title == "Kept"


async def test_tags_of_riff_are_read(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.WAV)
    texts = b"INFO" + _chunk(b"INAM", "Тень".encode("cp1251")) + _chunk(b"IART", b"Lumen\0")
    path.write_bytes(path.read_bytes() + _chunk(b"LIST", texts))

    tags = (await header_of(sandbox, path)).tags

    assert tags == AudioTags(title="Тень", artists=["Lumen"])


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


async def test_mp3_without_a_length_header_is_counted(sandbox: Sandbox, tmp_path: Path) -> None:
    whole = make_audio(tmp_path / "x", format=AudioFormat.MP3, seconds=10).read_bytes()
    path = tmp_path / "headless"
    path.write_bytes(whole[whole.index(b"\xff\xfb", whole.index(b"Info")) :])

    header = await header_of(sandbox, path)

    assert header.duration_ms == pytest.approx(10_000, abs=60)


async def test_mp3_that_begins_in_the_middle_of_a_frame_is_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    whole = make_audio(tmp_path / "x", format=AudioFormat.MP3, seconds=3).read_bytes()
    path = tmp_path / "ripped"
    path.write_bytes(whole[9_000:])

    header = await header_of(sandbox, path)

    assert header.format is AudioFormat.MP3


async def test_flac_behind_an_id3_tag_is_flac(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.FLAC, tags=TAGS)
    path.write_bytes(id3_tag([id3_text("TIT2", b"Other")]) + path.read_bytes())

    header = await header_of(sandbox, path)

    assert header.format is AudioFormat.FLAC
    assert header.tags == TAGS


async def test_ogg_cut_between_pages_is_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.OPUS, seconds=5)
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"OggS")])

    header = await header_of(sandbox, path)

    assert header.format is AudioFormat.OPUS
