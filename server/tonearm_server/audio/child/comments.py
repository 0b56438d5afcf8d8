"""Counts Vorbis comments before a tag parser reads them. Layout: RFC 9639 section 8.6, which Ogg shares."""

from __future__ import annotations

from tonearm_api.errors import BrokenContainer
from tonearm_server.audio.child import limits

_PICTURE_FIELDS = (b"metadata_block_picture=", b"coverart=")


def check_comments(block: bytes) -> None:
    """Raises TagLimits for more or larger comments than an honest file has, BrokenContainer for ones cut short."""
    at = 4 + _length(block, 0)
    count = _length(block, at)
    limits.bound(count, limits.ENTRIES)
    at += 4
    for _ in range(count):
        size_bytes = _length(block, at)
        at += 4
        name = block[at : at + 32].lower()
        # A picture travels as base64, four characters for three bytes.
        most = limits.PICTURE_BYTES * 4 // 3 if name.startswith(_PICTURE_FIELDS) else limits.TEXT_BYTES
        limits.bound(size_bytes, most)
        at += size_bytes


def _length(block: bytes, at: int) -> int:
    field = block[at : at + 4]
    if len(field) < 4:
        raise BrokenContainer
    return int.from_bytes(field, "little")
