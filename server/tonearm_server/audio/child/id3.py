"""Walks the frames of an ID3v2 tag to see that they are within limits, and where the tag ends.

Layout: id3.org, ID3v2.2.0, ID3v2.3.0 and ID3v2.4.0 (structure).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from tonearm_api.errors import TruncatedAudio
from tonearm_server.audio.child import limits
from tonearm_server.audio.child.source import Source

_HEADER_BYTES: Final = 10
_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_LARGE_FRAMES: Final = frozenset({b"APIC", b"PIC", b"GEOB", b"GEO"})
_STACKED_TAGS: Final = 8  # some taggers put a new tag before the old one


class _Frame(NamedTuple):
    name: bytes
    compressed: bool
    content: bytes
    size_bytes: int


def skip_id3(source: Source, offset: int) -> int:
    """Where the audio begins after the ID3v2 tags at `offset`.

    Raises TagLimits for a tag that no honest tagger writes, TruncatedAudio for one that outlasts the file.
    """
    for _ in range(_STACKED_TAGS):
        size_bytes = check_id3(source, offset)
        if not size_bytes:
            break
        offset += size_bytes
    return offset


def check_id3(source: Source, offset: int) -> int:
    """Size of the ID3v2 tag at `offset`, 0 where there is none; raises what `skip_id3` raises."""
    header = source.read(offset, _HEADER_BYTES)
    if len(header) < _HEADER_BYTES or header[:3] != b"ID3" or max(header[6:]) > 0x7F:
        return 0
    version, flags = header[3], header[5]
    body_bytes = _synchsafe(header[6:])
    footer_bytes = _HEADER_BYTES if version == 4 and flags & _FOOTER else 0
    limits.bound(body_bytes, limits.TAG_BYTES)
    if offset + _HEADER_BYTES + body_bytes > source.size_bytes:
        raise TruncatedAudio
    if version in {2, 3, 4}:
        _check_frames(source.read(offset + _HEADER_BYTES, body_bytes), version=version, flags=flags)
    return _HEADER_BYTES + body_bytes + footer_bytes


def _check_frames(body: bytes, *, version: int, flags: int) -> None:
    if version < 4 and flags & _UNSYNCHRONISED:
        body = body.replace(b"\xff\x00", b"\xff")
    start = _extended_header_bytes(body, version=version) if flags & _EXTENDED and version > 2 else 0
    inflated_bytes = 0
    for count, frame in enumerate(_frames(body, start, version=version, plain_sizes=version == 3), start=1):
        limits.bound(count, limits.ENTRIES)
        limits.bound(frame.size_bytes, limits.PICTURE_BYTES if frame.name in _LARGE_FRAMES else limits.TEXT_BYTES)
        if frame.compressed:
            inflated_bytes += _inflated_bytes(frame.content)
            limits.bound(inflated_bytes, limits.INFLATED_BYTES)
    if version == 4:  # some taggers write plain sizes in v2.4, and a parser may take either reading
        for count, _ in enumerate(_frames(body, start, version=version, plain_sizes=True), start=1):
            limits.bound(count, limits.ENTRIES)


def _frames(body: bytes, at: int, *, version: int, plain_sizes: bool) -> Iterator[_Frame]:
    name_bytes, header_bytes = (3, 6) if version == 2 else (4, 10)
    while at + header_bytes <= len(body) and body[at]:
        name = body[at : at + name_bytes]
        size_field = body[at + name_bytes : at + 2 * name_bytes]
        plain = version == 2 or plain_sizes or max(size_field) > 0x7F
        size_bytes = int.from_bytes(size_field, "big") if plain else _synchsafe(size_field)
        compressed = version > 2 and bool(body[at + 9] & (0x08 if version == 4 else 0x80))
        at += header_bytes
        yield _Frame(name, compressed, body[at : at + size_bytes] if compressed else b"", size_bytes)
        at += size_bytes


def _inflated_bytes(content: bytes) -> int:
    """How large a compressed frame becomes, looked at no further than the limit."""
    largest = 0
    for start in (0, 4):  # the length before the compressed bytes is optional in practice
        for stored in (content[start:], content[start:].replace(b"\xff\x00", b"\xff")):
            try:
                inflated = zlib.decompressobj().decompress(stored, limits.INFLATED_BYTES + 1)
            except zlib.error:
                continue
            largest = max(largest, len(inflated))
    return largest


def _extended_header_bytes(body: bytes, *, version: int) -> int:
    field = body[:4]
    if len(field) < 4:
        return 0
    return _synchsafe(field) if version == 4 else 4 + int.from_bytes(field, "big")


def _synchsafe(field: bytes) -> int:
    """An integer of 7 bits a byte (ID3v2.4.0 structure, section 6.2)."""
    value = 0
    for byte in field:
        value = value << 7 | byte & 0x7F
    return value
