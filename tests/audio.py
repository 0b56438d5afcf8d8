"""Makes tiny real audio files and covers with the project's own ffmpeg; none is committed."""

from __future__ import annotations

import base64
import functools
import io
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

import imageio_ffmpeg
from mutagen import flac, id3, mp3, mp4, oggopus, oggvorbis, wave
from PIL import Image

from tonearm_api.library import AudioFormat
from tonearm_server.audio.types import AudioTags

_ENCODERS: Final = {
    AudioFormat.MP3: ("-c:a", "libmp3lame", "-b:a", "128k", "-f", "mp3"),
    AudioFormat.FLAC: ("-c:a", "flac", "-sample_fmt", "s16", "-f", "flac"),
    AudioFormat.VORBIS: ("-c:a", "libvorbis", "-q:a", "4", "-f", "ogg"),
    AudioFormat.OPUS: ("-c:a", "libopus", "-b:a", "96k", "-f", "ogg"),
    AudioFormat.AAC: ("-c:a", "aac", "-b:a", "128k", "-f", "ipod"),
    AudioFormat.ALAC: ("-c:a", "alac", "-sample_fmt", "s16p", "-f", "ipod"),
    AudioFormat.WAV: ("-c:a", "pcm_s16le", "-f", "wav"),
}
# mutagen is only partly typed: its classes are called through Any.
_OPENERS: Final[dict[AudioFormat, Any]] = {
    AudioFormat.MP3: mp3.MP3,
    AudioFormat.FLAC: flac.FLAC,
    AudioFormat.VORBIS: oggvorbis.OggVorbis,
    AudioFormat.OPUS: oggopus.OggOpus,
    AudioFormat.AAC: mp4.MP4,
    AudioFormat.ALAC: mp4.MP4,
    AudioFormat.WAV: wave.WAVE,
}
_APIC: Final[Any] = id3.APIC
_PICTURE: Final[Any] = flac.Picture
_MP4_COVER: Final[Any] = mp4.MP4Cover
_ID3_FRAMES: Final[dict[str, Any]] = {
    "title": id3.TIT2,
    "artists": id3.TPE1,
    "album": id3.TALB,
    "album_artist": id3.TPE2,
    "genres": id3.TCON,
    "year": id3.TDRC,
    "track_number": id3.TRCK,
    "disc_number": id3.TPOS,
}
_COMMENTS: Final = {
    "title": "TITLE",
    "artists": "ARTIST",
    "album": "ALBUM",
    "album_artist": "ALBUMARTIST",
    "genres": "GENRE",
    "year": "DATE",
    "track_number": "TRACKNUMBER",
    "disc_number": "DISCNUMBER",
}
_ATOMS: Final = {
    "title": "\xa9nam",
    "artists": "\xa9ART",
    "album": "\xa9alb",
    "album_artist": "aART",
    "genres": "\xa9gen",
    "year": "\xa9day",
}


def make_audio(
    path: Path,
    *,
    format: AudioFormat,  # noqa: A002  # the word of the wire
    seconds: float = 1.0,
    frequency_hz: int = 440,
    tags: AudioTags | None = None,
    cover: bytes | None = None,
) -> Path:
    """Write a stereo tone at 44.1 kHz to `path`, tagged; the same arguments give the same bytes. Returns `path`."""
    shutil.copyfile(_encoded(format, seconds, frequency_hz), path)
    if tags is not None or cover is not None:
        write_tags(path, format=format, tags=tags or AudioTags(), cover=cover)
    return path


def png_cover(size: int = 64, colour: str = "#b5651d") -> bytes:
    """A square of one colour, `size` pixels wide."""
    return picture(size, size, colour=colour)


def picture(width: int, height: int, *, kind: str = "PNG", mode: str = "RGB", colour: str = "#b5651d") -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", (width, height), colour).convert(mode).save(encoded, kind)
    return encoded.getvalue()


def write_tags(path: Path, *, format: AudioFormat, tags: AudioTags, cover: bytes | None) -> None:  # noqa: A002
    """Tag the file in place, in the way that its format has."""
    if format in {AudioFormat.MP3, AudioFormat.WAV}:
        _write_id3(path, format, tags, cover)
    elif format in {AudioFormat.AAC, AudioFormat.ALAC}:
        _write_atoms(path, format, tags, cover)
    else:
        _write_comments(path, format, tags, cover)


@functools.cache
def _encoded(audio_format: AudioFormat, seconds: float, frequency_hz: int) -> Path:
    path = _folder() / f"{audio_format}-{seconds}-{frequency_hz}"
    tone = f"sine=frequency={frequency_hz}:sample_rate=44100:duration={seconds}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-threads", "1", "-f", "lavfi", "-i", tone]
    output = ["-ac", "2", "-fflags", "+bitexact", "-flags:a", "+bitexact", *_ENCODERS[audio_format], str(path)]
    subprocess.run([*command, *output], check=True, timeout=60)
    return path


@functools.cache
def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tonearm-audio-")


def _folder() -> Path:
    return Path(_temporary_folder().name)


def _texts(tags: AudioTags, field: str) -> list[str]:
    value = getattr(tags, field)
    if value is None:
        return []
    return value if isinstance(value, list) else [str(value)]


def _write_id3(path: Path, audio_format: AudioFormat, tags: AudioTags, cover: bytes | None) -> None:
    file = _OPENERS[audio_format](path)
    if file.tags is None:
        file.add_tags()
    for field, frame in _ID3_FRAMES.items():
        if texts := _texts(tags, field):
            file.tags.add(frame(encoding=id3.Encoding.UTF8, text=texts))
    if cover is not None:
        file.tags.add(_APIC(encoding=id3.Encoding.UTF8, mime="image/png", type=3, desc="", data=cover))
    file.save()


def _write_comments(path: Path, audio_format: AudioFormat, tags: AudioTags, cover: bytes | None) -> None:
    file = _OPENERS[audio_format](path)
    for field, comment in _COMMENTS.items():
        if texts := _texts(tags, field):
            file[comment] = texts
    if cover is not None:
        front = _PICTURE()
        front.type, front.mime, front.data = 3, "image/png", cover
        if audio_format is AudioFormat.FLAC:
            file.add_picture(front)
        else:
            file["METADATA_BLOCK_PICTURE"] = [base64.b64encode(front.write()).decode()]
    file.save()


def _write_atoms(path: Path, audio_format: AudioFormat, tags: AudioTags, cover: bytes | None) -> None:
    file = _OPENERS[audio_format](path)
    if file.tags is None:
        file.add_tags()
    for field, atom in _ATOMS.items():
        if texts := _texts(tags, field):
            file[atom] = texts
    if tags.track_number is not None:
        file["trkn"] = [(tags.track_number, 0)]
    if tags.disc_number is not None:
        file["disk"] = [(tags.disc_number, 0)]
    if cover is not None:
        file["covr"] = [_MP4_COVER(cover, imageformat=mp4.MP4Cover.FORMAT_PNG)]
    file.save()
