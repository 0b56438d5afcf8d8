"""Forks one caged child a file. Standard library only; the program that calls `serve` brings the parsers.

A request is one byte, its kind, with two descriptors: the file and the writing end of a pipe. The child writes
its answer there. When a child dies without one, the zygote says so in its place; so a pipe that ends empty
means that the zygote itself is gone.
"""

from __future__ import annotations

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
    """What one file may cost; a file of 16 MB of tags and a 25-megapixel cover takes a tenth of it."""

    cpu_s: int = 10
    wall_s: float = 15.0
    memory_bytes: int = 512 << 20


BUDGET: Final = Budget()


class Endings(NamedTuple):
    """Answers given in the place of a child that died: `spent` for one that used up its budget, else `crashed`."""

    spent: bytes
    crashed: bytes


class _Child(NamedTuple):
    reply: int
    deadline: float


def serve(control: socket.socket, *, handlers: Mapping[bytes, Handler], endings: Endings, budget: Budget) -> None:
    """Answer requests until `control` ends; then kill what is left. Everything must be imported before."""
    children: dict[int, _Child] = {}
    woken, waker = socket.socketpair()
    for end in (woken, waker):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    poll = select.poll()
    for source in (control, woken):
        poll.register(source, select.POLLIN)
    while True:
        ready = {descriptor for descriptor, _ in poll.poll(_POLL_MS if children else None)}
        if woken.fileno() in ready:
            woken.recv(4096)
        _reap(children, endings=endings)
        _kill_late(children)
        if control.fileno() in ready and not _accept(control, children, handlers=handlers, budget=budget):
            break
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _accept(
    control: socket.socket, children: dict[int, _Child], *, handlers: Mapping[bytes, Handler], budget: Budget
) -> bool:
    """Start a child for the next request; False when there will be no more."""
    kind, descriptors, _, _ = socket.recv_fds(control, 1, 2)
    if not kind:
        return False
    if len(descriptors) != 2:  # descriptors are dropped when this process may hold no more
        for descriptor in descriptors:
            os.close(descriptor)
        return True
    file, reply = descriptors
    zygote_pid, handler = os.getpid(), handlers[kind]
    try:
        pid = os.fork()
    except OSError:  # the machine has no room for a process: the pipe ends empty, which the server understands
        os.close(reply)
    else:
        if pid == 0:
            _be_child(handler, file=file, reply=reply, zygote_pid=zygote_pid, budget=budget)
        children[pid] = _Child(reply=reply, deadline=time.monotonic() + budget.wall_s)
    os.close(file)
    return True


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


def _reap(children: dict[int, _Child], *, endings: Endings) -> None:
    """Close the books of children that have ended, and speak for those that died unanswered."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        child = children.pop(pid)
        if status and _happenings(child.reply) == select.POLLOUT:  # somebody listens and there is room
            died_of = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            spent = died_of in {signal.SIGXCPU, signal.SIGKILL}
            os.write(child.reply, endings.spent if spent else endings.crashed)
        os.close(child.reply)


def _kill_late(children: dict[int, _Child]) -> None:
    """Kill children that are over time or whose asker has closed the pipe; they are reaped when they have ended."""
    now = time.monotonic()
    for pid, child in children.items():
        if child.deadline < now or _happenings(child.reply) & select.POLLERR:
            os.kill(pid, signal.SIGKILL)


def _happenings(reply: int) -> int:
    """What poll(2) says of a reply's writing end: POLLERR when its reader is gone, POLLOUT when there is room."""
    poll = select.poll()
    poll.register(reply, select.POLLOUT)
    return next((event for _, event in poll.poll(0)), 0)
