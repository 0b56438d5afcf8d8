"""A program like the parsers' own, in the same cage, whose handlers try to get out. No upload can reach it."""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tonearm_server.audio.child import parser, zygote

BUDGET = zygote.Budget(cpu_s=1, wall_s=2.0)

_LIBC = ctypes.CDLL(None, use_errno=True)
_ESCAPED = b"escaped"


def _attempt(escape: Callable[[], object]) -> zygote.Handler:
    def probe(_: BinaryIO) -> bytes:
        try:
            escape()
        except (OSError, MemoryError, RuntimeError) as refused:
            return type(refused).__name__.encode()
        return _ESCAPED

    return probe


def _call(name: str, *arguments: object) -> None:
    if getattr(_LIBC, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def _spin(_: BinaryIO) -> bytes:
    while True:
        pass


def _wait(_: BinaryIO) -> bytes:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
    return _ESCAPED


def _crash(_: BinaryIO) -> bytes:
    ctypes.string_at(0)
    return _ESCAPED


def _count_open_descriptors(_: BinaryIO) -> bytes:
    """Close is one of the few calls left: whatever can be closed was open."""
    count = 0
    for descriptor in range(256):
        try:
            os.close(descriptor) if descriptor != 4 else None  # the answer still has to get out
        except OSError:
            continue
        count += 1
    return str(count).encode()


def _read_environment(_: BinaryIO) -> bytes:
    return " ".join(sorted(os.environ)).encode()


ESCAPES: dict[str, tuple[bytes, Callable[[], object]]] = {
    "a TCP socket": (b"A", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),
    "a UDP socket": (b"B", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
    "a pair of sockets": (b"C", socket.socketpair),
    "a file to read": (b"D", lambda: os.open("/etc/passwd", os.O_RDONLY)),
    "a file to write": (b"E", lambda: os.open("/tmp/tonearm-escaped", os.O_WRONLY | os.O_CREAT)),
    "a look at a name": (b"F", lambda: Path("/etc/passwd").stat()),
    "a folder": (b"G", lambda: list(Path("/").iterdir())),
    "another process": (b"H", os.fork),
    "another program": (b"I", lambda: _call("execv", b"/bin/true", None)),
    "a signal": (b"J", lambda: os.kill(1, 0)),
    "a debugger": (b"K", lambda: _call("ptrace", 16, os.getpid(), 0, 0)),
    "writable code": (b"L", lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)),
    "a gigabyte": (b"M", lambda: bytearray(1 << 30)),
    "a thread": (b"N", lambda: threading.Thread(target=os.getpid).start()),
    "a new limit": (b"O", lambda: _call("setrlimit", 0, ctypes.byref((ctypes.c_ulong * 2)(1000, 1000)))),
}
SPIN, WAIT, CRASH, FLOOD, DESCRIPTORS, ENVIRONMENT, READ = (b"s", b"w", b"c", b"f", b"d", b"e", b"r")

HANDLERS: dict[bytes, zygote.Handler] = {
    **{kind: _attempt(escape) for kind, escape in ESCAPES.values()},
    SPIN: _spin,
    WAIT: _wait,
    CRASH: _crash,
    FLOOD: lambda _: bytes(32 << 20),
    DESCRIPTORS: _count_open_descriptors,
    ENVIRONMENT: _read_environment,
    READ: lambda file: file.read(),
}


def main() -> None:
    parser.run(HANDLERS, parent_pid=int(sys.argv[1]), budget=BUDGET)
