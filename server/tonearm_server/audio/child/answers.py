"""What passes between the server and a parser's child: kinds of request, and answers as MessagePack."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tonearm_server.audio.types import AudioHeader

HEADER: Final = b"h"
COVERS: Final = b"c"

LANDLOCK: Final = 1
SECCOMP: Final = 2
"""Bits of the zygote's first byte: the layers that hold on this machine."""

MOST_BYTES: Final = 4 << 20
"""Of one answer: five WebP pictures are under 2 MB, a header is under 200 KB."""


class Header(msgspec.Struct, frozen=True, tag="header"):
    header: AudioHeader


class Covers(msgspec.Struct, frozen=True, tag="covers"):
    by_size: dict[int, bytes]


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """`code` names a class of `tonearm_api.errors`; `note` is for the log and may repeat what the file says."""

    code: str
    note: Annotated[str, Meta(max_length=200)] = ""


Answer = Header | Covers | Refused
