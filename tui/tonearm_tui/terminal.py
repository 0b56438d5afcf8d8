"""Keeps the screen for the program that draws it: what C libraries say goes to a file. Knows no screen."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_STDERR = 2


@contextlib.contextmanager
def libraries_silenced(log: Path) -> Iterator[None]:
    """Until it is left, file descriptor 2 is `log`, begun anew, while Python's own stderr stays what it was.

    ALSA, JACK and their like write to descriptor 2 whatever the program does with its terminal, which is where Textual
    draws. Tracebacks go through `sys.stderr` and are seen; what the interpreter says when it dies is in the file.
    """
    ours = os.fdopen(os.dup(_STDERR), "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1)
    before = sys.stderr, sys.__stderr__
    descriptor = _open(log)
    os.dup2(descriptor, _STDERR)
    os.close(descriptor)
    sys.stderr = sys.__stderr__ = ours  # type: ignore[misc]  # a constant for everybody but who moves it
    try:
        yield
    finally:
        sys.stderr, sys.__stderr__ = before  # type: ignore[misc]
        ours.flush()
        os.dup2(ours.fileno(), _STDERR)
        ours.close()


def _open(log: Path) -> int:
    """The file, private and empty; nowhere at all where it cannot be written."""
    try:
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
