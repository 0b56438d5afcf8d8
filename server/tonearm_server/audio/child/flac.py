"""Walks a FLAC file: its metadata blocks within limits, and a last frame that reaches the declared length. RFC 9639."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tonearm_api.errors import BrokenContainer, TruncatedAudio
from tonearm_server.audio.child import limits
from tonearm_server.audio.child.comments import check_comments
from tonearm_server.audio.child.source import Source

_STREAMINFO, _PADDING, _COMMENTS, _PICTURE = 0, 1, 4, 6
_HEADER_BYTES: Final = 16  # the longest frame header, RFC 9639 section 9.1
_TAIL_BYTES: Final = 1 << 20
"""What is looked at of the end: eight times the frames of studio audio (192 kHz, 24 bits, 8 channels)."""

_TRIED_FRAMES: Final = 8  # headers that only look like one are rarer than 1 in 10^6 bytes
_ID3V1_BYTES: Final = 128


class _StreamInfo(NamedTuple):
    largest_frame_bytes: int
    largest_block_samples: int
    samples: int


class _Frame(NamedTuple):
    offset: int
    end_sample: int


def check_flac(source: Source, offset: int) -> None:
    """Raises BrokenContainer, TruncatedAudio or TagLimits for a file that is not whole or not honest."""
    audio_at, info = _check_metadata(source, offset + 4)
    if audio_at >= source.size_bytes:
        raise TruncatedAudio
    if _parse_frame(source.read(audio_at, _HEADER_BYTES), 0, info) is None:
        raise BrokenContainer
    if info.samples and not _reaches_the_end(source, audio_at, info):
        raise TruncatedAudio


def _check_metadata(source: Source, at: int) -> tuple[int, _StreamInfo]:
    info: _StreamInfo | None = None
    tag_bytes, last, count = 0, False, 0
    while not last:
        header = source.read(at, 4)
        if len(header) < 4:
            raise TruncatedAudio
        last, kind, size_bytes = bool(header[0] & 0x80), header[0] & 0x7F, int.from_bytes(header[1:], "big")
        at += 4
        count += 1
        limits.bound(count, limits.ENTRIES)
        if at + size_bytes > source.size_bytes:
            raise TruncatedAudio
        if kind == _STREAMINFO:
            info = _parse_stream_info(source.read(at, 34))
        elif kind != _PADDING:
            tag_bytes += size_bytes
            _check_block(source, at, kind=kind, size_bytes=size_bytes)
        limits.bound(tag_bytes, limits.TAG_BYTES)
        at += size_bytes
    if info is None:
        raise BrokenContainer
    return at, info


def _check_block(source: Source, at: int, *, kind: int, size_bytes: int) -> None:
    if kind == _PICTURE:
        limits.bound(size_bytes, limits.PICTURE_BYTES)
    elif kind == _COMMENTS:
        check_comments(source.read(at, size_bytes))


def _parse_stream_info(block: bytes) -> _StreamInfo:
    if len(block) < 34:
        raise BrokenContainer
    return _StreamInfo(
        largest_frame_bytes=int.from_bytes(block[7:10], "big"),
        largest_block_samples=int.from_bytes(block[2:4], "big"),
        samples=int.from_bytes(block[13:18], "big") & (1 << 36) - 1,
    )


def _reaches_the_end(source: Source, audio_at: int, info: _StreamInfo) -> bool:
    """Whether the last whole frame, proven by both checksums, holds the last declared sample."""
    start = max(audio_at, source.size_bytes - _tail_bytes(info))
    tail = source.read(start, source.size_bytes - start)
    ends = {len(tail)}
    if tail[-_ID3V1_BYTES:][:3] == b"TAG":
        ends.add(len(tail) - _ID3V1_BYTES)
    for tried, frame in enumerate(_frames_from_behind(tail, info)):
        if any(_crc16(tail[frame.offset : end]) == 0 for end in ends):
            return frame.end_sample >= info.samples
        if tried == _TRIED_FRAMES:
            break
    return False


def _tail_bytes(info: _StreamInfo) -> int:
    """A stretch that holds the last frame whole; encoders that write to a pipe do not say how large it may be."""
    if not info.largest_frame_bytes:
        return _TAIL_BYTES
    return min(2 * info.largest_frame_bytes + _ID3V1_BYTES, _TAIL_BYTES)


def _frames_from_behind(tail: bytes, info: _StreamInfo) -> Iterator[_Frame]:
    at = tail.rfind(b"\xff")
    while at >= 0:
        frame = _parse_frame(tail, at, info)
        if frame is not None:
            yield frame
        at = tail.rfind(b"\xff", 0, at)


def _parse_frame(window: bytes, at: int, info: _StreamInfo) -> _Frame | None:
    """The frame whose header is at `at`, if its checksum holds (RFC 9639 section 9.1)."""
    header = window[at : at + _HEADER_BYTES]
    if len(header) < 6 or header[0] != 0xFF or header[1] & 0xFE != 0xF8 or header[3] & 1:
        return None
    number_bytes = _coded_number_bytes(header[4])
    block_code, rate_code = header[2] >> 4, header[2] & 15
    block_bytes = {6: 1, 7: 2}.get(block_code, 0)
    rate_bytes = {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    end = 4 + number_bytes + block_bytes + rate_bytes
    if not number_bytes or not block_code or rate_code == 15 or end >= len(header) or _crc8(header[: end + 1]):
        return None
    number = _coded_number(header[4 : 4 + number_bytes])
    uncommon = header[4 + number_bytes : 4 + number_bytes + block_bytes]
    block_samples = _block_samples(block_code, uncommon)
    variable = header[1] & 1
    first_sample = number if variable else number * info.largest_block_samples
    return _Frame(at, first_sample + block_samples)


def _block_samples(code: int, uncommon: bytes) -> int:
    if uncommon:
        return int.from_bytes(uncommon, "big") + 1
    if code == 1:
        return 192
    return 576 << (code - 2) if code < 6 else 256 << (code - 8)


def _coded_number_bytes(first: int) -> int:
    """Length of a number coded like UTF-8; 0 for a byte that cannot begin one."""
    ones = 8 - (~first & 0xFF).bit_length()
    return 1 if ones == 0 else 0 if ones in {1, 8} else ones


def _coded_number(coded: bytes) -> int:
    number = coded[0] & (0x7F if len(coded) == 1 else (1 << max(7 - len(coded), 0)) - 1)
    for byte in coded[1:]:
        number = number << 6 | byte & 0x3F
    return number


def _crc8(covered: bytes) -> int:
    crc = 0
    for byte in covered:
        crc = _CRC8[crc ^ byte]
    return crc


def _crc16(covered: bytes) -> int:
    crc = 0
    for byte in covered:
        crc = (crc << 8 & 0xFFFF) ^ _CRC16[crc >> 8 ^ byte]
    return crc


def _crc_table(polynomial: int, *, bits: int) -> list[int]:
    top, mask = 1 << bits - 1, (1 << bits) - 1
    table = []
    for byte in range(256):
        crc = byte << bits - 8
        for _ in range(8):
            crc = (crc << 1 ^ polynomial if crc & top else crc << 1) & mask
        table.append(crc)
    return table


_CRC8: Final = _crc_table(0x07, bits=8)  # RFC 9639 section 9.1.8
_CRC16: Final = _crc_table(0x8005, bits=16)  # RFC 9639 section 9.3
