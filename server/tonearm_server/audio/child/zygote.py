"""Forks one caged child a file. Standard library only; the program that starts it brings the parsers.

A request is one byte, its kind, with two descriptors: the file and the writing end of a pipe. The child writes
its answer there. When the file makes a child die without one, the zygote says so in its place; so a pipe that ends
empty means that the zygote is gone, or that somebody else killed the child: trying again is worth while.
"""

from __future__ import annotations

import dataclasses
import fcntl
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final, NamedTuple, Never

from tonearm_server.audio.child import confine

Handler = Callable[[BinaryIO], bytes]
"""Reads a file and returns the answer; runs in the cage, where nothing can be opened or imported."""

_FILE_AT, _REPLY_AT = 3, 4  # descriptors of a child, above the standard streams
_POLL_MS = 500  # how late a hanging child may be noticed; its exit and new requests wake the zygote at once


class Budget(NamedTuple):
    """What one file may cost. A cover of 25 megapixels takes 1.3 s and 300 MB (measured 2026-11-24)."""

    cpu_s: int = 10
    wall_s: float = 15.0
    memory_bytes: int = 512 << 20


BUDGET: Final = Budget()


class Endings(NamedTuple):
    """Answers given in the place of a child that died: `spent` for one that used up its budget, else `crashed`."""

    spent: bytes
    crashed: bytes


@dataclasses.dataclass(slots=True)
class _Child:
    reply: int
    deadline: float
    late: bool = False


class Zygote:
    """Serves one control socket. Everything that a handler imports must be imported before."""

    def __init__(self, handlers: Mapping[bytes, Handler], *, endings: Endings, budget: Budget) -> None:
        self._handlers = handlers
        self._endings = endings
        self._budget = budget
        self._children: dict[int, _Child] = {}

    def serve(self, control: socket.socket) -> None:
        """Answer requests until `control` ends; then kill what is left."""
        woken = _wake_on_child_exit()
        poll = select.poll()
        for source in (control, woken):
            poll.register(source, select.POLLIN)
        open_for_requests = True
        while open_for_requests:
            ready = {descriptor for descriptor, _ in poll.poll(_POLL_MS if self._children else None)}
            if woken.fileno() in ready:
                woken.recv(4096)
            self._reap()
            self._kill_late()
            if control.fileno() in ready:
                open_for_requests = self._accept(control)
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def _accept(self, control: socket.socket) -> bool:
        """Start a child for the next request; False when there will be no more."""
        kind, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if kind and len(descriptors) == 2:  # the kernel drops descriptors when this process may hold no more
            self._fork(self._handlers[kind], file=descriptors[0], reply=descriptors[1])
        else:
            for descriptor in descriptors:
                os.close(descriptor)
        return bool(kind)

    def _fork(self, handler: Handler, *, file: int, reply: int) -> None:
        zygote_pid = os.getpid()
        try:
            pid = os.fork()
        except OSError:  # no room for a process: the pipe ends empty, and the server tries again
            os.close(reply)
        else:
            if pid == 0:
                _be_child(handler, file=file, reply=reply, zygote_pid=zygote_pid, budget=self._budget)
            self._children[pid] = _Child(reply, deadline=time.monotonic() + self._budget.wall_s)
        os.close(file)

    def _reap(self) -> None:
        """Close the books of children that have ended, and speak for those that died of their file."""
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self._children.pop(pid)
            last_words = self._last_words(status, late=child.late)
            if last_words and _happenings(child.reply) == select.POLLOUT:  # somebody listens and there is room
                os.write(child.reply, last_words)
            os.close(child.reply)

    def _last_words(self, status: int, *, late: bool) -> bytes:
        died_of = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if late or died_of == signal.SIGXCPU:
            return self._endings.spent
        if status == 0 or died_of == signal.SIGKILL:
            return b""
        return self._endings.crashed

    def _kill_late(self) -> None:
        """Kill children that are over time or whose asker has closed the pipe; they are reaped when they have ended."""
        now = time.monotonic()
        for pid, child in self._children.items():
            if child.deadline < now or _happenings(child.reply) & select.POLLERR:
                child.late = True
                os.kill(pid, signal.SIGKILL)


def _wake_on_child_exit() -> socket.socket:
    """A socket that becomes readable whenever a child has ended."""
    woken, waker = socket.socketpair()
    for end in (woken, waker):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.detach(), warn_on_full_buffer=False)
    return woken


def _happenings(reply: int) -> int:
    """What poll(2) says of a reply's writing end: POLLERR when its reader is gone, POLLOUT when there is room."""
    poll = select.poll()
    poll.register(reply, select.POLLOUT)
    return next((event for _, event in poll.poll(0)), 0)


def _be_child(handler: Handler, *, file: int, reply: int, zygote_pid: int, budget: Budget) -> Never:
    """Lock the door, read, answer, leave. Never returns: an exception ends the process too."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        confine.die_with(zygote_pid)
        _keep_only(file=file, reply=reply)
        readable = os.fdopen(_FILE_AT, "rb")
        confine.set_limits(cpu_s=budget.cpu_s, memory_bytes=budget.memory_bytes, open_files=0)
        confine.keep_calls(confine.PARSER_CALLS)
        answer = memoryview(handler(readable))
        while answer:
            answer = answer[os.write(_REPLY_AT, answer) :]
        code = 0
    finally:
        os._exit(code)


def _keep_only(*, file: int, reply: int) -> None:
    """Close everything but the two: a child must see neither the requests nor the files of others."""
    aside = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _REPLY_AT + 1) for descriptor in (file, reply)]
    os.dup2(aside[0], _FILE_AT, inheritable=False)
    os.dup2(aside[1], _REPLY_AT, inheritable=False)
    os.closerange(_REPLY_AT + 1, os.sysconf("SC_OPEN_MAX"))
