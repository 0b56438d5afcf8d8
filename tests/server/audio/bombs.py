"""Small files that cost a parser minutes or gigabytes: what a tag's counts and sizes can claim (threats T16, T17)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.audio import make_audio
from tests.server.audio.files import id3_frame, id3_tag, id3_text

from tonearm_api.library import AudioFormat

_STREAM_INFO_END = 4 + 4 + 34  # magic, block header and block of a FLAC file


def _flac_block(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + len(content).to_bytes(3, "big") + content


def _comments(count: int) -> bytes:
    return struct.pack("<II", 0, count) + b"\2\0\0\0X=" * count


def _compressed(size_bytes: int) -> bytes:
    return id3_frame("TXXX", struct.pack(">I", size_bytes) + zlib.compress(bytes(size_bytes)), flags=0x80)


def _atom(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def _nested_atoms(depth: int) -> bytes:
    nested = b""
    for _ in range(depth):
        nested = _atom(b"moov", nested)
    return nested


TAG_BOMBS: dict[str, Callable[[], bytes]] = {
    "300,000 text frames": lambda: id3_tag([id3_frame("TXXX", b"\0x\0y")] * 300_000),
    "a synchronised text of 4 MB": lambda: id3_tag([id3_frame("SYLT", b"\0eng\2\1\0" + b"a\0\0\0\0\1" * 700_000)]),
    "a compressed frame of 200 MB": lambda: id3_tag([_compressed(200_000_000)]),
    "a text of 2 MB": lambda: id3_tag([id3_text("TIT2", b"a" * 2_000_000)]),
    "a picture of 9 MB": lambda: id3_tag([id3_frame("APIC", b"\0image/png\0\3\0" + bytes(9 << 20))]),
    "a tag of 20 MB": lambda: id3_tag([id3_frame("APIC", bytes(5 << 20))] * 4),
}
BLOCK_BOMBS: dict[str, Callable[[], bytes]] = {
    "500,000 empty blocks": lambda: _flac_block(2, b"") * 500_000,
    "1,000,000 comments": lambda: _flac_block(4, _comments(1_000_000)),
    "a comment count that lies": lambda: _flac_block(4, struct.pack("<II", 0, 0xFFFFFFFF)),
}
ATOM_BOMBS: dict[str, Callable[[], bytes]] = {
    "20,000 atoms": lambda: _atom(b"moov", _atom(b"free", bytes(8)) * 20_000),
    "atoms 1,000 deep": lambda: _nested_atoms(1_000),
}

BOMBS = (*TAG_BOMBS, *BLOCK_BOMBS, *ATOM_BOMBS)


def write_bomb(path: Path, name: str) -> Path:
    """Write the bomb called `name`, inside a file of the format that it is for."""
    if name in ATOM_BOMBS:
        path.write_bytes(_atom(b"ftyp", b"M4A \0\0\0\0") + ATOM_BOMBS[name]() + _atom(b"mdat"))
        return path
    if name in TAG_BOMBS:
        make_audio(path, format=AudioFormat.MP3)
        path.write_bytes(TAG_BOMBS[name]() + path.read_bytes())
        return path
    whole = make_audio(path, format=AudioFormat.FLAC).read_bytes()
    path.write_bytes(whole[:_STREAM_INFO_END] + BLOCK_BOMBS[name]() + whole[_STREAM_INFO_END:])
    return path
