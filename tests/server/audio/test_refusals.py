"""What is refused, under which name, and how soon."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.audio import make_audio, picture, png_cover
from tests.server.audio.bombs import BOMBS, write_bomb
from tests.server.audio.files import covers_of, header_of, id3_tag, id3_text

from tonearm_api import errors
from tonearm_api.library import AudioFormat
from tonearm_server.audio.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAYLISTS = {
    "m3u": "#EXTM3U\n#EXTINF:1,x\nsong.mp3\n",
    "plain m3u": "# mine\nMusic/one.mp3\nMusic/two.flac\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nhttp://localhost/1.ts\n",
    "pls": "[playlist]\nFile1=song.mp3\n",
    "xspf": '<?xml version="1.0"?>\n<playlist version="1" xmlns="http://xspf.org/ns/0/"></playlist>',
    "asx": '<asx version="3.0"><entry/></asx>',
    "ffconcat": "ffconcat version 1.0\nfile secret.wav\n",
    "cue": 'REM GENRE Rock\nPERFORMER "x"\nFILE "album.flac" WAVE\n  TRACK 01 AUDIO\n',
}
OTHERS = {
    "text": b"It was a bright cold day in April.\n" * 200,
    "zip": b"PK\x03\x04" + b"\0" * 400,
    "html": b"<!doctype html><html><script>alert(1)</script></html>",
    "elf": b"\x7fELF\x02\x01\x01" + b"\0" * 400,
    "png": png_cover(),
    "webp": picture(8, 8, kind="WEBP"),
    "one byte": b"\xff",
    "zeros": bytes(100_000),
    "only a tag": id3_tag([id3_text("TIT2", b"Nothing follows")]),
    "html behind a tag": id3_tag([id3_text("TIT2", b"x")]) + b"<html>" + b" " * 4000,
}


async def test_an_empty_file_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.touch()

    with pytest.raises(errors.EmptyFile):
        await header_of(sandbox, path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", PLAYLISTS.values(), ids=PLAYLISTS)
async def test_playlists_are_refused_as_playlists(sandbox: Sandbox, tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(text.encode(encoding))

    with pytest.raises(errors.PlaylistFile):
        await header_of(sandbox, path)


async def test_a_playlist_behind_a_tag_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(id3_tag([id3_text("TIT2", b"x")]) + PLAYLISTS["hls"].encode())

    with pytest.raises(errors.PlaylistFile):
        await header_of(sandbox, path)


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS)
async def test_other_files_are_refused_as_unknown(sandbox: Sandbox, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(content)

    with pytest.raises(errors.UnknownFormat):
        await header_of(sandbox, path)


async def test_audio_inside_an_archive_is_an_archive(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.MP3)
    path.write_bytes(b"PK\x03\x04" + b"\0" * 36 + path.read_bytes())

    with pytest.raises(errors.UnknownFormat):
        await header_of(sandbox, path)


@pytest.mark.parametrize(
    "audio_format",
    [AudioFormat.FLAC, AudioFormat.WAV, AudioFormat.AAC, AudioFormat.ALAC, AudioFormat.VORBIS, AudioFormat.OPUS],
)
@pytest.mark.parametrize("missing_bytes", [1, 700, None])
async def test_a_file_that_ends_too_soon_is_refused(
    sandbox: Sandbox, tmp_path: Path, audio_format: AudioFormat, missing_bytes: int | None
) -> None:
    path = make_audio(tmp_path / "x", format=audio_format, seconds=3)
    whole = path.read_bytes()
    path.write_bytes(whole[:-missing_bytes] if missing_bytes else whole[: len(whole) // 2])

    with pytest.raises(errors.TruncatedAudio):
        await header_of(sandbox, path)


async def test_flac_whose_last_frames_are_gone_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.FLAC, seconds=3)
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"\xff\xf8")])

    with pytest.raises(errors.TruncatedAudio):
        await header_of(sandbox, path)


async def test_flac_with_an_old_tag_at_its_end_is_whole(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.FLAC, seconds=3)
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))

    assert (await header_of(sandbox, path)).format is AudioFormat.FLAC


async def test_mpeg_4_without_its_index_is_broken(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.AAC)
    path.write_bytes(path.read_bytes().replace(b"moov", b"free"))

    with pytest.raises(errors.BrokenContainer):
        await header_of(sandbox, path)


async def test_a_film_is_not_a_track(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.AAC)
    path.write_bytes(path.read_bytes().replace(b"mp4a", b"avc1", 1).replace(b"soun", b"vide", 1))

    with pytest.raises(errors.UnknownFormat):
        await header_of(sandbox, path)


async def test_ogg_with_another_codec_is_unknown(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.OPUS)
    path.write_bytes(path.read_bytes().replace(b"OpusHead", b"Speex   "))

    with pytest.raises(errors.UnknownFormat):
        await header_of(sandbox, path)


async def _assert_refused_unparsed(sandbox: Sandbox, path: Path) -> None:
    """Refused by the count: a parser that had been let at them would end on its CPU limit, which is another error."""
    with pytest.raises(errors.TagLimits):
        await header_of(sandbox, path)


@pytest.mark.parametrize("name", BOMBS)
async def test_bombs_are_refused_at_once(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    await _assert_refused_unparsed(sandbox, write_bomb(tmp_path / "x", name))


async def test_a_large_honest_picture_is_no_bomb(sandbox: Sandbox, tmp_path: Path) -> None:
    cover = picture(1800, 1800, kind="PNG")
    path = make_audio(tmp_path / "x", format=AudioFormat.OPUS, cover=cover + bytes(3 << 20))

    header = await header_of(sandbox, path)

    assert header.has_picture
    assert await covers_of(sandbox, path)
