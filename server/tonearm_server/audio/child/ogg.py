"""Walks Ogg pages: which codec, comments within limits, and a last page that is whole. RFC 3533, RFC 7845.

A stream without the end-of-stream flag is taken: recordings of radio have none. A page that is cut is refused:
every program writes whole pages, so the rest of the file is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tonearm_api.errors import BrokenContainer, TruncatedAudio, UnknownFormat
from tonearm_api.library import AudioFormat
from tonearm_server.audio.child import limits
from tonearm_server.audio.child.comments import check_comments
from tonearm_server.audio.child.source import Source

_CODECS: Final = {b"\x01vorbis": AudioFormat.VORBIS, b"OpusHead": AudioFormat.OPUS}
_COMMENT_MARKS: Final = {AudioFormat.VORBIS: b"\x03vorbis", AudioFormat.OPUS: b"OpusTags"}
_HEADER_BYTES: Final = 27
_LARGEST_PAGE_BYTES: Final = 65_307  # RFC 3533 section 6
_FIRST_PAGE: Final = 0x02
_HEADER_PAGES: Final = 8_192  # 16 MiB of comments in pages of 2 KiB; encoders write 4 KiB and more


class _Page(NamedTuple):
    flags: int
    serial: bytes
    segments: bytes
    body_at: int

    @property
    def end(self) -> int:
        return self.body_at + sum(self.segments)


def check_ogg(source: Source) -> AudioFormat:
    """The codec of the first audio stream. Raises UnknownFormat, BrokenContainer, TruncatedAudio or TagLimits."""
    serial, audio_format = _find_stream(source)
    comments = _second_packet(source, serial=serial)
    mark = _COMMENT_MARKS[audio_format]
    if not comments.startswith(mark):
        raise BrokenContainer
    check_comments(comments[len(mark) :])
    _check_last_page(source)
    return audio_format


def _find_stream(source: Source) -> tuple[bytes, AudioFormat]:
    for page in _pages(source, 0):
        if not page.flags & _FIRST_PAGE:
            break
        head = source.read(page.body_at, 8)
        for mark, audio_format in _CODECS.items():
            if head.startswith(mark):
                return page.serial, audio_format
    raise UnknownFormat


def _second_packet(source: Source, *, serial: bytes) -> bytes:
    """The comment packet, joined over its pages."""
    packet = bytearray()
    index = 0
    for count, page in enumerate(_pages(source, 0)):
        limits.bound(count, _HEADER_PAGES)
        if page.serial != serial:
            continue
        at = page.body_at
        for lacing in page.segments:
            if index == 1:
                packet += source.read(at, lacing)
            at += lacing
            index += lacing < 255
            if index > 1:
                return bytes(packet)
        limits.bound(len(packet), limits.TAG_BYTES)
    raise TruncatedAudio


def _pages(source: Source, at: int) -> Iterator[_Page]:
    while page := _page_at(source.read(at, _HEADER_BYTES + 255), 0, offset=at):
        yield page
        at = page.end


def _page_at(window: bytes, at: int, *, offset: int) -> _Page | None:
    header = window[at : at + _HEADER_BYTES]
    if len(header) < _HEADER_BYTES or header[:5] != b"OggS\x00" or header[5] > 7:
        return None
    table_at = at + _HEADER_BYTES
    segments = window[table_at : table_at + header[26]]
    return _Page(header[5], header[14:18], segments, offset + table_at + header[26])


def _check_last_page(source: Source) -> None:
    """Follow the pages of the file's last stretch; the chain must not lead beyond the end."""
    start = max(0, source.size_bytes - 2 * _LARGEST_PAGE_BYTES)
    tail = source.read(start, 2 * _LARGEST_PAGE_BYTES)
    at = tail.find(b"OggS\x00")
    while at >= 0:
        page = _page_at(tail, at, offset=start)
        if page is None or page.end > source.size_bytes:
            last = tail.find(b"OggS\x00", at + 1) < 0
            if last:
                raise TruncatedAudio
            at = tail.find(b"OggS\x00", at + 1)
            continue
        at = page.end - start
        if not tail.startswith(b"OggS", at):  # the end, or something appended
            return
    raise BrokenContainer
