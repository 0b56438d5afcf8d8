"""Walks a RIFF WAVE file: what it declares, whether the samples are all there, and where its tags are.

Layout: Microsoft's Multimedia Programming Interface and Data Specifications 1.0 (1991), and mmreg.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from tonearm_api.errors import BrokenContainer, TruncatedAudio, UnknownFormat
from tonearm_server.audio.child import limits
from tonearm_server.audio.child.id3 import check_id3
from tonearm_server.audio.child.source import Source

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_UNKNOWN_LENGTH: Final = 0xFFFFFFFF  # what an encoder writes that could not go back to fill the length in


class Chunk(NamedTuple):
    name: bytes
    offset: int
    size_bytes: int


class Wave(NamedTuple):
    channels: int
    sample_rate_hz: int
    bitrate_bps: int
    duration_ms: int
    id3: Chunk | None
    texts: list[Chunk]


def read_wave(source: Source) -> Wave:
    """Raises UnknownFormat for compressed WAVE, BrokenContainer, TruncatedAudio and TagLimits."""
    chunks = list(_chunks(source, 12, source.size_bytes))
    described, samples = _find(chunks, b"fmt "), _find(chunks, b"data")
    if described is None or samples is None or described.size_bytes < 16:
        raise BrokenContainer
    header = source.read(described.offset, 40)
    encoding, channels, sample_rate_hz, _, block_bytes, bits = struct.unpack_from("<HHIIHH", header)
    if encoding == _EXTENSIBLE and len(header) >= 26:
        encoding = int.from_bytes(header[24:26], "little")
    if encoding not in {_PCM, _FLOAT}:
        raise UnknownFormat
    if not (channels and sample_rate_hz and bits) or block_bytes != channels * ((bits + 7) // 8):
        raise BrokenContainer
    return Wave(
        channels=channels,
        sample_rate_hz=sample_rate_hz,
        bitrate_bps=sample_rate_hz * block_bytes * 8,
        duration_ms=_sample_bytes(source, samples) // block_bytes * 1000 // sample_rate_hz,
        id3=_find_tag(source, chunks),
        texts=_texts(source, chunks),
    )


def _find(chunks: list[Chunk], name: bytes) -> Chunk | None:
    return next((chunk for chunk in chunks if chunk.name.lower() == name), None)


def _sample_bytes(source: Source, samples: Chunk) -> int:
    available_bytes = source.size_bytes - samples.offset
    if samples.size_bytes == _UNKNOWN_LENGTH:
        return available_bytes
    if samples.size_bytes > available_bytes:
        raise TruncatedAudio
    return samples.size_bytes


def _find_tag(source: Source, chunks: list[Chunk]) -> Chunk | None:
    tag = _find(chunks, b"id3 ")
    return tag if tag and check_id3(source, tag.offset) else None


def _texts(source: Source, chunks: list[Chunk]) -> list[Chunk]:
    info = next((c for c in chunks if c.name == b"LIST" and source.read(c.offset, 4) == b"INFO"), None)
    if info is None:
        return []
    limits.bound(info.size_bytes, limits.TAG_BYTES)
    texts = list(_chunks(source, info.offset + 4, info.offset + info.size_bytes))
    for text in texts:
        limits.bound(text.size_bytes, limits.TEXT_BYTES)
    return texts


def _chunks(source: Source, at: int, end: int) -> Iterator[Chunk]:
    count = 0
    while at + 8 <= end:
        header = source.read(at, 8)
        if len(header) < 8:
            return
        name, size_bytes = struct.unpack("<4sI", header)
        yield Chunk(name, at + 8, size_bytes)
        at += 8 + size_bytes + size_bytes % 2
        count += 1
        limits.bound(count, limits.ENTRIES)
