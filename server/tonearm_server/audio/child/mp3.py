"""Is it MPEG audio layer III, and how long: frames are found, not believed. Header layout: ISO/IEC 11172-3, 2.4.1.3."""

from __future__ import annotations

from typing import Final, NamedTuple

from tonearm_server.audio.child.source import Source

_KBITS: Final = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
}
_SAMPLE_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_SIDE_BYTES: Final = {(True, False): 32, (True, True): 17, (False, False): 17, (False, True): 9}
"""Side information by MPEG 1 or not and mono or not; the Xing header follows it."""

_CONSECUTIVE: Final = 3
"""Frames in a row that make MPEG audio: one header appears by chance once in 2,000 random bytes, three never."""
_LONGEST_FRAME_BYTES: Final = 1_441
_CHUNK_BYTES: Final = 1 << 20
_MOST_FRAMES: Final = 2_000_000  # 14 hours at 44.1 kHz; a second of counting


class Frame(NamedTuple):
    size_bytes: int
    samples: int
    sample_rate_hz: int
    mpeg_version: int
    mono: bool


class Stream(NamedTuple):
    """Where the first frame is, and the duration where no header declares one (null where one does)."""

    offset: int
    counted_ms: int | None
    counted_bytes: int


def find_stream(source: Source, offset: int, *, junk_bytes: int) -> Stream | None:
    """The frames that begin within `junk_bytes` of `offset`; None where there are none."""
    start = _find_first(source, offset, junk_bytes=junk_bytes)
    if start is None:
        return None
    first = source.read(start, _LONGEST_FRAME_BYTES)
    frame = parse_frame(first, 0)
    if frame is None or _declares_length(first, frame):
        return Stream(start, None, 0)
    counted, counted_bytes = _count_frames(source, start)
    return Stream(start, counted * frame.samples * 1000 // frame.sample_rate_hz, counted_bytes)


def parse_frame(window: bytes, at: int) -> Frame | None:
    """The frame whose header is at `at`; None unless it is layer III with a stated bit rate."""
    if at + 4 > len(window) or window[at] != 0xFF or window[at + 1] & 0xE6 != 0xE2:
        return None
    version = window[at + 1] >> 3 & 3
    bitrate, rate, padding = window[at + 2] >> 4, window[at + 2] >> 2 & 3, window[at + 2] >> 1 & 1
    if version == 1 or bitrate in {0, 15} or rate == 3:
        return None
    sample_rate_hz = _SAMPLE_RATES[version][rate]
    samples = 1152 if version == 3 else 576
    size_bytes = samples // 8 * _KBITS[3 if version == 3 else 2][bitrate] * 1000 // sample_rate_hz + padding
    return Frame(size_bytes, samples, sample_rate_hz, version, window[at + 3] >> 6 == 3)


def _find_first(source: Source, offset: int, *, junk_bytes: int) -> int | None:
    window = source.read(offset, junk_bytes + _CONSECUTIVE * _LONGEST_FRAME_BYTES)
    at = window.find(b"\xff")
    while 0 <= at <= junk_bytes:
        if _runs(window, at):
            return offset + at
        at = window.find(b"\xff", at + 1)
    return None


def _runs(window: bytes, at: int) -> bool:
    """Whether enough frames of one kind follow each other from `at`."""
    kinds = set()
    for _ in range(_CONSECUTIVE):
        frame = parse_frame(window, at)
        if frame is None:
            return False
        kinds.add((frame.sample_rate_hz, frame.mpeg_version))
        at += frame.size_bytes
    return len(kinds) == 1


def _declares_length(first: bytes, frame: Frame) -> bool:
    """Whether the first frame is a Xing, Info or VBRI header that counts the frames."""
    at = 4 + _SIDE_BYTES[frame.mpeg_version == 3, frame.mono]
    counts = first[at : at + 4] in {b"Xing", b"Info"} and bool(int.from_bytes(first[at + 4 : at + 8], "big") & 1)
    return counts or first[36:40] == b"VBRI"


def _count_frames(source: Source, at: int) -> tuple[int, int]:
    """How many frames follow each other from `at`, and their bytes; stops at the first thing that is none."""
    start, count = at, 0
    chunk, chunk_at = b"", at
    while count < _MOST_FRAMES:
        if at + 4 > chunk_at + len(chunk):
            chunk, chunk_at = source.read(at, _CHUNK_BYTES), at
        frame = parse_frame(chunk, at - chunk_at)
        if frame is None:
            break
        count, at = count + 1, at + frame.size_bytes
    return count, at - start
