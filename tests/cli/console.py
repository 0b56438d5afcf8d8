"""Runs `tonearm` as people and scripts do: as a program of its own, on a pipe or on a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyte
from tests.support import WAIT_S

COMMAND = (
    sys.executable,
    "-c",
    "import sys; sys.modules['click'] = None; sys.argv[0] = 'tonearm'; from tonearm_cli.main import run; run()",
)
"""As installed, that is without the click of the development tools, for which httpx loads half of Pygments (0.3 s)."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a finished command said where."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:  # Any: the command's own document
        return json.loads(self.stdout)

    @property
    def error(self) -> Any:  # Any: see above
        return json.loads(self.stderr)["error"]

    @property
    def rows(self) -> list[list[str]]:
        """The tab-separated fields of stdout."""
        return [line.split("\t") for line in self.stdout.splitlines()]


async def tonearm(*arguments: str | bytes, stdin: str = "", **environment: str) -> Ran:
    """Run one command line on pipes."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    async with asyncio.timeout(WAIT_S):
        stdout, stderr = await process.communicate(stdin.encode())
    return Ran(code=process.returncode or 0, stdout=stdout.decode(), stderr=stderr.decode())


async def on_terminal(
    *arguments: str,
    columns: int = 80,
    answers: Sequence[tuple[str, str]] = (),
) -> tuple[int, list[str]]:
    """Run one command line on a terminal: its exit code and the lines of the screen that stay.

    Each of `answers` is typed once its first part stands on the screen.
    """
    async with asyncio.timeout(WAIT_S):
        return await asyncio.to_thread(_run_on_terminal, arguments, columns, list(answers))


def _run_on_terminal(arguments: Sequence[str], columns: int, answers: list[tuple[str, str]]) -> tuple[int, list[str]]:
    screen = pyte.Screen(columns, 200)
    stream = pyte.ByteStream(screen)
    ours, theirs = os.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 200, columns, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}}
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**environment, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(theirs)
        _converse(ours, stream, screen, answers)
        return process.wait(timeout=WAIT_S), _lines(screen)
    finally:
        os.close(ours)


def _converse(ours: int, stream: pyte.ByteStream, screen: pyte.Screen, answers: list[tuple[str, str]]) -> None:
    """Until the program closes its end, which Linux tells as an input error."""
    with contextlib.suppress(OSError):
        while written := os.read(ours, 65536):
            stream.feed(written)
            if answers and answers[0][0] in "\n".join(_lines(screen)):
                os.write(ours, answers.pop(0)[1].encode())


def _lines(screen: pyte.Screen) -> list[str]:
    """Without the blank rest; pyte leaves an empty cell behind a wide character, as terminals do."""
    lines = [line.rstrip() for line in screen.display]
    while lines and not lines[-1]:
        lines.pop()
    return lines
