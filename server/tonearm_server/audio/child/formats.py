"""Decides what a file is by its bytes, never by its name, and checks that its structure holds."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tonearm_api.errors import EmptyFile, PlaylistFile, UnknownFormat
from tonearm_api.library import AudioFormat
from tonearm_server.audio.child.flac import check_flac
from tonearm_server.audio.child.id3 import skip_id3
from tonearm_server.audio.child.mp3 import Stream, find_stream
from tonearm_server.audio.child.mp4 import check_mp4
from tonearm_server.audio.child.ogg import check_ogg
from tonearm_server.audio.child.source import Source
from tonearm_server.audio.child.wav import Wave, read_wave

_HEAD_BYTES: Final = 4096
_JUNK_BYTES: Final = 2_882  # a stream cut out of another begins within two of the largest frames
_JUNK_AFTER_TAG_BYTES: Final = 1 << 16  # padding that a tag forgot to count
_OTHER_KINDS: Final = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b",
    b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\x7fELF", b"MZ", b"%PDF", b"\x1aE\xdf\xa3", b"SQLite",
    b"\xca\xfe\xba\xbe",
)  # fmt: skip

_PLAYLIST = re.compile(
    rb"""\s*(?: \#EXTM3U | \[playlist\] | ffconcat\ version | (?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:playlist|asx)\b
    | (?:REM\ [^\n]*\n\s* | (?:PERFORMER|TITLE|CATALOG)\ [^\n]*\n\s*)*FILE\ [^\n]+\ (?:WAVE|MP3|FLAC|AIFF|BINARY)\b
    | (?:\#[^\n]*\n\s*)*[^\n\x00]+\.(?:mp3|flac|ogg|oga|opus|m4a|mp4|aac|wav|ts|m3u8?)\s*(?:\n|$) )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


class Identity(NamedTuple):
    """A format, and what was learned on the way where the tag parser knows less."""

    format: AudioFormat
    mpeg: Stream | None = None
    wave: Wave | None = None


def identify(source: Source) -> Identity:
    """What the file is. Raises EmptyFile, UnknownFormat, PlaylistFile, BrokenContainer, TruncatedAudio or TagLimits."""
    if not source.size_bytes:
        raise EmptyFile
    head = source.read(0, _HEAD_BYTES)
    if head.startswith(b"OggS"):
        return Identity(check_ogg(source))
    if head.startswith(b"RIFF"):
        if head[8:12] != b"WAVE":
            raise UnknownFormat
        return Identity(AudioFormat.WAV, wave=read_wave(source))
    if head[4:8] == b"ftyp":
        return Identity(check_mp4(source))
    return _identify_behind_tags(source, head)


def _identify_behind_tags(source: Source, head: bytes) -> Identity:
    """FLAC and MP3 may have ID3 tags in front; a playlist or a page may hide behind them."""
    if head.startswith(_OTHER_KINDS):
        raise UnknownFormat
    offset = skip_id3(source, 0)
    body = source.read(offset, _HEAD_BYTES)
    if body.startswith(b"fLaC"):
        check_flac(source, offset)
        return Identity(AudioFormat.FLAC)
    if _PLAYLIST.match(_as_ascii(body)):
        raise PlaylistFile
    stream = find_stream(source, offset, junk_bytes=_JUNK_AFTER_TAG_BYTES if offset else _JUNK_BYTES)
    if stream is None or body.startswith(_OTHER_KINDS):
        raise UnknownFormat
    return Identity(AudioFormat.MP3, mpeg=stream)


def _as_ascii(body: bytes) -> bytes:
    """Text without byte order mark and without the zero bytes of UTF-16."""
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        if body.startswith(mark):
            return body[len(mark) :].replace(b"\x00", b"")
    return body
