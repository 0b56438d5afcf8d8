"""Walks the atoms of an MPEG-4 file: one audio codec, all of the audio there, tags within limits.

Layout: ISO/IEC 14496-12 (boxes) and 14496-14; the tag list is Apple's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tonearm_api.errors import BrokenContainer, TruncatedAudio, UnknownFormat
from tonearm_api.library import AudioFormat
from tonearm_server.audio.child import limits
from tonearm_server.audio.child.source import Source

_CONTAINERS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"meta", b"ilst"})
_CODECS: Final = {b"mp4a": AudioFormat.AAC, b"alac": AudioFormat.ALAC}
_STILL_PICTURES: Final = frozenset({b"jpeg", b"png ", b"mjpa"})  # chapter pictures of audio books
_DEEPEST: Final = 10  # moov, udta, meta, ilst, item, data are six
_TOP_LEVEL: Final = 50_000  # a day in fragments of four seconds


class _Atom(NamedTuple):
    name: bytes
    offset: int
    end: int
    parent: bytes


def check_mp4(source: Source) -> AudioFormat:
    """The codec of the audio track. Raises UnknownFormat, BrokenContainer, TruncatedAudio or TagLimits."""
    top = {atom.name: atom for atom in _top_level(source)}
    movie = top.get(b"moov")
    if movie is None or b"mdat" not in top:
        raise BrokenContainer
    handlers: list[bytes] = []
    codecs: dict[bytes, bytes] = {}
    for atom in _within(source, movie, depth=1):
        if atom.parent == b"ilst":
            _check_item(atom)
        elif atom.name == b"hdlr" and atom.parent == b"mdia":
            handlers.append(source.read(atom.offset + 8, 4))
        elif atom.name == b"stsd" and handlers:
            codecs.setdefault(handlers[-1], source.read(atom.offset + 12, 4))
    if codecs.get(b"vide", b"jpeg") not in _STILL_PICTURES:
        raise UnknownFormat
    audio = codecs.get(b"soun")
    if audio is None:
        raise BrokenContainer
    if audio not in _CODECS:
        raise UnknownFormat
    return _CODECS[audio]


def _check_item(item: _Atom) -> None:
    limits.bound(item.end - item.offset, limits.PICTURE_BYTES if item.name == b"covr" else limits.TEXT_BYTES)


def _top_level(source: Source) -> Iterator[_Atom]:
    at, count = 0, 0
    while at + 8 <= source.size_bytes:
        atom = _atom_at(source, at, end=source.size_bytes, parent=b"")
        if atom.end > source.size_bytes:
            raise TruncatedAudio
        count += 1
        limits.bound(count, _TOP_LEVEL)
        yield atom
        at = atom.end


def _within(source: Source, parent: _Atom, *, depth: int) -> Iterator[_Atom]:
    """Every atom below `parent`, in file order."""
    limits.bound(depth, _DEEPEST)
    at = parent.offset + (4 if parent.name == b"meta" and _is_versioned(source, parent) else 0)
    count = 0
    while at + 8 <= parent.end:
        atom = _atom_at(source, at, end=parent.end, parent=parent.name)
        if atom.end > parent.end:
            raise BrokenContainer
        count += 1
        limits.bound(count, limits.ENTRIES)
        yield atom
        if atom.name in _CONTAINERS:
            yield from _within(source, atom, depth=depth + 1)
        at = atom.end


def _is_versioned(source: Source, meta: _Atom) -> bool:
    """ISO's meta begins with a version, QuickTime's with its first atom."""
    return source.read(meta.offset + 4, 4) != b"hdlr"


def _atom_at(source: Source, at: int, *, end: int, parent: bytes) -> _Atom:
    header = source.read(at, 16)
    size_bytes, name, header_bytes = int.from_bytes(header[:4], "big"), header[4:8], 8
    if size_bytes == 0:  # to the end of what holds it
        size_bytes = end - at
    elif size_bytes == 1:
        size_bytes, header_bytes = int.from_bytes(header[8:16], "big"), 16
    if size_bytes < header_bytes:
        raise BrokenContainer
    return _Atom(name, at + header_bytes, at + size_bytes, parent)
