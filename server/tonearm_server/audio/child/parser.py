"""The program of the zygote: brings the parsers into memory, closes the cage and serves. Run with `python -I -m`."""

from __future__ import annotations

import codecs
import gc
import os
import socket
import sys
from collections.abc import Callable
from typing import BinaryIO, Final

import msgspec

from tonearm_api.errors import BrokenContainer, RefusedFile, TagLimits
from tonearm_server.audio.child import confine, covers, zygote
from tonearm_server.audio.child.answers import COVERS, HEADER, LANDLOCK, SECCOMP, Answer, Covers, Header, Refused
from tonearm_server.audio.child.formats import identify
from tonearm_server.audio.child.landlock import give_up_files
from tonearm_server.audio.child.reading import Tagged, read_tagged
from tonearm_server.audio.child.seccomp import has_seccomp
from tonearm_server.audio.child.source import Source

_CODECS: Final = ("ascii", "cp1251", "latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le")
"""Codecs are imported when first used, and nothing can be imported in the cage."""

ENDINGS: Final = zygote.Endings(
    spent=msgspec.msgpack.encode(Refused(TagLimits.code, "used up its budget")),
    crashed=msgspec.msgpack.encode(Refused(BrokenContainer.code, "crashed the parser")),
)


def read_header(file: BinaryIO) -> bytes:
    return _answer(lambda: Header(_read(file).header))


def render_covers(file: BinaryIO) -> bytes:
    return _answer(lambda: Covers(covers.render(_read(file).pictures)))


HANDLERS: Final[dict[bytes, zygote.Handler]] = {HEADER: read_header, COVERS: render_covers}


def run(handlers: dict[bytes, zygote.Handler], *, parent_pid: int, budget: zygote.Budget = zygote.BUDGET) -> None:
    """Serve `handlers` on the socket that is standard input; the first byte out says which layers hold."""
    confine.die_with(parent_pid)
    preload()
    layers = (LANDLOCK if give_up_files() else 0) | (SECCOMP if has_seccomp() else 0)
    gc.freeze()  # pages that no collection touches stay shared with the children
    with socket.socket(fileno=sys.stdin.fileno()) as control:
        try:
            control.send(bytes([layers]))
        except BrokenPipeError:  # the server has given up its own start meanwhile, and says why
            return
        os.dup2(sys.stdout.fileno(), sys.stderr.fileno())  # a C library's complaint about a file is nobody's news
        zygote.Zygote(handlers, endings=ENDINGS, budget=budget).serve(control)


def preload() -> None:
    """Make every parser import and load what it does on first use."""
    for name in _CODECS:
        codecs.lookup(name)
    covers.warm_up()


def _read(file: BinaryIO) -> Tagged:
    source = Source(file)
    return read_tagged(source, identify(source))


def _answer(read: Callable[[], Answer]) -> bytes:
    try:
        answer = read()
    except RefusedFile as refused:
        answer = Refused(refused.code)
    except MemoryError:
        answer = Refused(TagLimits.code, "MemoryError")
    # Whatever else a parser raises, the file made it do so; the note tells the log what it was.
    except Exception as error:  # noqa: BLE001
        answer = Refused(BrokenContainer.code, repr(error)[:200])
    return msgspec.msgpack.encode(answer)


if __name__ == "__main__":
    run(HANDLERS, parent_pid=int(sys.argv[1]))
