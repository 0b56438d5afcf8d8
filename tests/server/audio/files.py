"""Opens files for the sandbox, and writes tags that no honest tagger writes."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tonearm_server.audio.sandbox import Sandbox
from tonearm_server.audio.types import Analysis, AudioHeader


@contextmanager
def opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def header_of(sandbox: Sandbox, path: Path) -> AudioHeader:
    with opened(path) as descriptor:
        return await sandbox.read_header(descriptor)


async def covers_of(sandbox: Sandbox, path: Path) -> dict[int, bytes]:
    with opened(path) as descriptor:
        return await sandbox.render_covers(descriptor)


async def analysis_of(sandbox: Sandbox, path: Path) -> Analysis:
    with opened(path) as descriptor:
        return await sandbox.analyse(descriptor, header=await sandbox.read_header(descriptor))


def id3_frame(name: str, content: bytes, *, flags: int = 0) -> bytes:
    """A frame of ID3v2.3."""
    return name.encode() + struct.pack(">IH", len(content), flags) + content


def id3_tag(frames: Iterable[bytes], *, version: int = 3) -> bytes:
    body = b"".join(frames)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, 0]) + size + body


def id3_text(name: str, text: bytes, *, encoding: int = 0) -> bytes:
    return id3_frame(name, bytes([encoding]) + text)
