"""Opens a checked file with mutagen: its header, its tags and its pictures."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO, Final, NamedTuple

from mutagen import MutagenError
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3, Frames, Frames_2_2, ID3NoHeaderError
from mutagen.mp3 import MPEGInfo
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from tonearm_api.library import AudioFormat
from tonearm_server.audio.child import tags
from tonearm_server.audio.child.formats import Identity
from tonearm_server.audio.child.mp3 import Stream
from tonearm_server.audio.child.source import Source
from tonearm_server.audio.child.text import MOST_ENTRIES
from tonearm_server.audio.child.wav import Wave
from tonearm_server.audio.types import AudioHeader, AudioTags

_FRONT_COVER: Final = 3  # ID3v2.4.0 native frames, section 4.14; FLAC and Ogg share the numbers
_OPUS_RATE_HZ: Final = 48_000  # RFC 7845 section 4: whatever the input was
_LONGEST_MS: Final = 7 * 24 * 3_600_000  # a declared week is a mistake or a trap: better not known

_MOST_BPS: Final = 1 << 30  # 32 channels of 32 bits at 1 MHz
_MOST_HZ: Final = 1 << 22  # DSD rates and then some

_WANTED = "TIT2 TPE1 TPE2 TALB TCON TDRC TYER TDAT TDOR TORY TRCK TPOS APIC TT2 TP1 TP2 TAL TCO TYE TDA TOR TRK TPA PIC"
_FRAMES: Final = {name: kind for name, kind in (*Frames.items(), *Frames_2_2.items()) if name in _WANTED.split()}
"""Only these are parsed: frames that are costly to parse (lyrics, chapters, objects) stay bytes."""


# mutagen is only partly typed: its classes are called, and what they hold is read, through Any.
_OPENERS: Final[dict[AudioFormat, Any]] = {
    AudioFormat.FLAC: FLAC,
    AudioFormat.VORBIS: OggVorbis,
    AudioFormat.OPUS: OggOpus,
    AudioFormat.AAC: MP4,
    AudioFormat.ALAC: MP4,
}
_ID3: Final[Any] = ID3
_PICTURE: Final[Any] = Picture


class Tagged(NamedTuple):
    """`pictures` are the embedded ones as stored, the front cover first."""

    header: AudioHeader
    pictures: list[bytes]


def read_tagged(source: Source, identity: Identity) -> Tagged:
    """Raises MutagenError, and whatever else a damaged file makes mutagen raise."""
    source.file.seek(0)
    if identity.wave is not None:
        return _read_wave(source, identity.wave)
    if identity.mpeg is not None:
        return _read_mp3(source, identity.mpeg)
    kind = identity.format
    file = _OPENERS[kind](source.file)
    found = file.tags or {}
    if kind in {AudioFormat.AAC, AudioFormat.ALAC}:
        pictures = [bytes(cover) for cover in found.get("covr", [])]
        return Tagged(_header(source, kind, file.info, tags.tags_from_mp4(found), pictures), pictures)
    embedded = file.pictures if kind is AudioFormat.FLAC else _comment_pictures(found)
    pictures = _front_first(embedded)
    return Tagged(_header(source, kind, file.info, tags.tags_from_comments(found), pictures), pictures)


def _read_mp3(source: Source, stream: Stream) -> Tagged:
    id3 = _id3(source.file)
    info = MPEGInfo(source.file, stream.offset)
    if stream.counted_ms:
        info.length = stream.counted_ms / 1000
        info.bitrate = stream.counted_bytes * 8_000 // stream.counted_ms
    pictures = _front_first(id3.getall("APIC"))
    return Tagged(_header(source, AudioFormat.MP3, info, tags.tags_from_id3(id3), pictures), pictures)


def _read_wave(source: Source, wave: Wave) -> Tagged:
    id3 = _id3(io.BytesIO(source.read(wave.id3.offset, wave.id3.size_bytes))) if wave.id3 else _ID3()
    texts = {text.name: source.read(text.offset, text.size_bytes) for text in wave.texts}
    pictures = _front_first(id3.getall("APIC"))
    header = AudioHeader(
        format=AudioFormat.WAV,
        duration_ms=_within(wave.duration_ms, most=_LONGEST_MS),
        bitrate_bps=_within(wave.bitrate_bps, most=_MOST_BPS),
        sample_rate_hz=_within(wave.sample_rate_hz, most=_MOST_HZ),
        channels=wave.channels,
        tags=tags.tags_from_id3(id3) if wave.id3 else tags.tags_from_riff(texts),
        has_picture=bool(pictures),
    )
    return Tagged(header, pictures)


def _id3(file: BinaryIO) -> Any:
    try:
        return _ID3(file, known_frames=_FRAMES)
    except ID3NoHeaderError:
        return _ID3()


def _header(source: Source, kind: AudioFormat, info: Any, found: AudioTags, pictures: list[bytes]) -> AudioHeader:
    """`info` is mutagen's: a class of its own for every format, alike in what is read here."""
    duration_ms = _within(round(info.length * 1000), most=_LONGEST_MS)
    average_bps = source.size_bytes * 8_000 // duration_ms if duration_ms else 0
    # What ALAC declares is the rate before compression, Opus nothing.
    declared_bps = 0 if kind is AudioFormat.ALAC else int(getattr(info, "bitrate", 0))
    return AudioHeader(
        format=kind,
        duration_ms=duration_ms,
        bitrate_bps=_within(declared_bps, most=_MOST_BPS) or _within(average_bps, most=_MOST_BPS),
        sample_rate_hz=_within(int(getattr(info, "sample_rate", _OPUS_RATE_HZ)), most=_MOST_HZ),
        channels=_within(info.channels, most=255),
        tags=found,
        has_picture=bool(pictures),
    )


def _front_first(pictures: Iterable[Any]) -> list[bytes]:
    """`pictures` are ID3's or FLAC's: both have a type and bytes."""
    return [picture.data for picture in sorted(pictures, key=lambda picture: picture.type != _FRONT_COVER)]


def _comment_pictures(comments: Mapping[str, list[str]]) -> list[Picture]:
    pictures = []
    for encoded in comments.get("metadata_block_picture", [])[:MOST_ENTRIES]:
        try:
            pictures.append(_PICTURE(base64.b64decode(encoded)))
        except (binascii.Error, MutagenError):
            continue
    return pictures


def _within(amount: int, *, most: int) -> int | None:
    return amount if 0 < amount <= most else None
