"""A terminal of our own around a program: what it writes, byte for byte, and the screen that these bytes make."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from collections.abc import Callable
from typing import Self

import pyte
from tests.support import WAIT_S, clean_environment

_CHUNK_BYTES = 65_536


class Emulator:
    """Use as `async with`. `received` is everything that the program wrote, `title` the window's."""

    def __init__(self, *command: str, columns: int, lines: int) -> None:
        self._command = command
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._size = struct.pack("HHHH", lines, columns, 0, 0)
        self._changed = asyncio.Event()
        self.received = b""

    @property
    def title(self) -> str:
        return self._screen.title

    @property
    def text(self) -> str:
        """The screen, top to bottom."""
        return "\n".join(self._screen.display)

    async def __aenter__(self) -> Self:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, self._size)
        environment = clean_environment(
            TERM="xterm-256color", LC_ALL="C.UTF-8", TONEARM_CONFIG_DIR=os.environ["TONEARM_CONFIG_DIR"]
        )
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        asyncio.get_running_loop().add_reader(self._ours, self._read)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._ours)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        os.close(self._ours)

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    async def until(self, is_so: Callable[[str], bool]) -> None:
        """Wait for a screen of which `is_so`; fails with the last one."""
        try:
            async with asyncio.timeout(WAIT_S):
                while not is_so(self.text):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"the screen did not come; the last one:\n{self.text}") from None

    async def ended(self) -> None:
        async with asyncio.timeout(WAIT_S):
            await self._process.wait()

    def _read(self) -> None:
        try:
            written = os.read(self._ours, _CHUNK_BYTES)
        except OSError:  # Linux's word for a terminal that the program has left
            written = b""
        if not written:
            asyncio.get_running_loop().remove_reader(self._ours)
        self.received += written
        self._stream.feed(written)
        self._changed.set()
