"""Becomes ffmpeg inside its cage. Standard library only: it runs without site-packages for a quick start.

Arguments: parent's pid, CPU seconds, address space in bytes, path of ffmpeg, ffmpeg's arguments.
"""

from __future__ import annotations

import os
import sys
from typing import Final, Never

from tonearm_server.audio.child import confine
from tonearm_server.audio.child.landlock import give_up_files

CANNOT_RUN: Final = 126
"""Exit code when the cage could not be built or ffmpeg not be started; a shell says the same."""

_OPEN_FILES = 32  # three streams, the fingerprint, the file twice and libraries one at a time are under 10
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_LOADERS = (
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
)


def main(arguments: list[str]) -> Never:
    parent_pid, cpu_s, memory_bytes, program, *rest = arguments
    confine.die_with(int(parent_pid))
    try:
        confine.set_limits(cpu_s=int(cpu_s), memory_bytes=int(memory_bytes), open_files=_OPEN_FILES)
        give_up_files(readable=_LIBRARIES, runnable=(program, *_LOADERS))
        confine.keep_calls(confine.DECODER_CALLS)
        os.execv(program, [program, *rest])  # noqa: S606  # the arguments are our own, and no shell is wanted
    except OSError as refused:
        sys.stderr.write(f"cannot start ffmpeg: {refused.strerror}\n")
        os._exit(CANNOT_RUN)
