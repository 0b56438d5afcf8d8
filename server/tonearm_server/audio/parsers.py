"""The server's end of the zygote: hands it descriptors, waits for answers, starts it again when it has died."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Sequence
from typing import Final

from tonearm_api.errors import Unavailable
from tonearm_server.audio.child.answers import LANDLOCK, MOST_BYTES, SECCOMP
from tonearm_server.audio.child.zygote import BUDGET
from tonearm_server.audio.pipes import open_anew, read_pipe

log = logging.getLogger(__name__)

PARSER_COMMAND: Final = (sys.executable, "-I", "-m", "tonearm_server.audio.child.parser")

_START_S: Final = 10.0
_WALL_S: Final = BUDGET.wall_s + 3.0
"""The zygote ends a child that is over time; this is for a zygote that does not."""

_QUEUE_S: Final = 60.0  # a person waits for this answer
_ATTEMPTS: Final = 2
_END_S: Final = 2.0
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8"}  # no secret of the server's is in reach of a parser


class _Zygote:
    """One running zygote and the socket that its requests go through."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self.process = process
        self.control = control
        self.layers = 0

    async def end(self) -> None:
        self.control.close()
        try:
            async with asyncio.timeout(_END_S):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


class Parsers:
    """Runs the parsers of `command` on files, as many at once as there are cores."""

    def __init__(self, command: Sequence[str] = PARSER_COMMAND) -> None:
        self._command = command
        self._zygote: _Zygote | None = None
        self._starting = asyncio.Lock()
        self._slots = asyncio.Semaphore(os.cpu_count() or 1)

    async def start(self) -> None:
        """Start the zygote, and say which layers of the cage this machine lacks."""
        with contextlib.suppress(Unavailable):
            for name in await self.missing_layers():
                log.warning("%s is missing here: uploaded files are parsed in a weaker sandbox", name)

    async def missing_layers(self) -> list[str]:
        """Raises Unavailable where there is no zygote and none can be started."""
        running = await self._running()
        return [name for layer, name in ((LANDLOCK, "Landlock"), (SECCOMP, "seccomp")) if not running.layers & layer]

    async def close(self) -> None:
        async with self._starting:
            if self._zygote is not None:
                await self._zygote.end()
                self._zygote = None

    async def parse(self, kind: bytes, descriptor: int) -> bytes:
        """The child's answer, at most `MOST_BYTES`. Raises Unavailable when there is no answer to be had."""
        try:
            async with asyncio.timeout(_QUEUE_S):
                await self._slots.acquire()
        except TimeoutError as late:
            raise Unavailable from late
        try:
            for _ in range(_ATTEMPTS):
                running = await self._running()
                answer = await _ask(running, kind, descriptor)
                if answer:
                    return answer
                await self._discard(running)
        finally:
            self._slots.release()
        log.error("The parsers' zygote died on one file twice")
        raise Unavailable

    async def _running(self) -> _Zygote:
        async with self._starting:
            if self._zygote is None or self._zygote.process.returncode is not None:
                self._zygote = await self._start()
            return self._zygote

    async def _start(self) -> _Zygote:
        try:
            return await _start(self._command)
        except OSError as failed:
            log.exception("The parsers' zygote does not start")
            raise Unavailable from failed

    async def _discard(self, dead: _Zygote) -> None:
        """End `dead`, so that the next request starts another; a neighbour may have done so already."""
        async with self._starting:
            if self._zygote is dead:
                self._zygote = None
                await dead.end()


async def _ask(running: _Zygote, kind: bytes, descriptor: int) -> bytes:
    """The answer; empty when the zygote did not live to give one, or did not give it in time."""
    listening, speaking = os.pipe()
    with os.fdopen(listening, "rb", buffering=0) as answer:
        if not _send(running.control, kind, descriptor=descriptor, speaking=speaking):
            return b""
        try:
            async with asyncio.timeout(_WALL_S):
                return await read_pipe(answer, most_bytes=MOST_BYTES)
        except TimeoutError:
            return b""


def _send(control: socket.socket, kind: bytes, *, descriptor: int, speaking: int) -> bool:
    """Hand over the file and the pipe, of which this side keeps nothing; False when nobody takes them."""
    try:
        with open_anew(descriptor) as file, contextlib.suppress(OSError):
            return bool(socket.send_fds(control, [kind], [file, speaking]))
        return False
    finally:
        os.close(speaking)


async def _start(command: Sequence[str]) -> _Zygote:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    try:
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *command,
                str(os.getpid()),
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.DEVNULL,
                env=_ENVIRONMENT,
                start_new_session=True,  # Ctrl-C at the server's terminal is the server's to handle
            )
    except BaseException:
        ours.close()
        raise
    started = _Zygote(process, ours)
    try:
        started.layers = await _first_byte(ours)
    except BaseException:
        await started.end()
        raise
    return started


async def _first_byte(control: socket.socket) -> int:
    """The layers that hold, which the zygote sends when it is ready. Raises OSError when it does not come so far."""
    async with asyncio.timeout(_START_S):  # TimeoutError is an OSError
        first = await asyncio.get_running_loop().sock_recv(control, 1)
    if not first:
        raise ConnectionResetError
    return first[0]
