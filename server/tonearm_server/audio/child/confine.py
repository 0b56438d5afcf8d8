"""The two cages: what a tag parser and what ffmpeg may still do; standard library only.

Every layer stands alone: where the kernel lacks one, the others hold, and the server warns at start.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Final

from tonearm_server.audio.child.seccomp import Calls, Word, give_up_calls, has_seccomp

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_PROT_EXEC, _CLONE_THREAD = 0x4, 0x10000
_WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ALL_BITS = 0xFFFFFFFF


def _always(names: str) -> Calls:
    return dict.fromkeys(names.split(), ())


_NOT_EXECUTABLE = (Word(argument=2, mask=_PROT_EXEC, value=0),)
_MEMORY_AND_SIGNALS: Final[Calls] = _always(
    "brk munmap mremap madvise futex rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack "
    "restart_syscall clock_gettime getrandom sched_yield getpid gettid exit exit_group"
)

PARSER_CALLS: Final[Calls] = {
    **_MEMORY_AND_SIGNALS,
    **_always("read pread64 readv write writev lseek close"),
    "mmap": _NOT_EXECUTABLE,
    "mprotect": _NOT_EXECUTABLE,
}
"""Read and write what is open, and use memory that is never code. No file is opened, none looked at by name."""

DECODER_CALLS: Final[Calls] = {
    **_MEMORY_AND_SIGNALS,
    **_always("read pread64 readv write writev lseek close dup fcntl poll ppoll"),
    # Loading: a dynamic program maps its libraries as code and asks about the machine.
    **_always(
        "mmap mprotect execve access faccessat readlink readlinkat stat lstat fstat newfstatat statx "
        "arch_prctl set_tid_address set_robust_list rseq uname sysinfo getcwd getrusage "
        "getuid geteuid getgid getegid sched_getaffinity nanosleep clock_nanosleep"
    ),
    "openat": (Word(argument=2, mask=_WRITING_FLAGS, value=0),),
    "clone": (Word(argument=0, mask=_CLONE_THREAD, value=_CLONE_THREAD),),
    "prctl": (Word(argument=0, mask=_ALL_BITS, value=_PR_SET_NAME),),
    # Only its own limits, and only to read them: the pointer to new ones must be null.
    "prlimit64": (
        Word(argument=0, mask=_ALL_BITS, value=0),
        Word(argument=2, mask=_ALL_BITS, value=0),
        Word(argument=2, mask=_ALL_BITS, value=0, high=True),
    ),
}
"""Threads but no processes, files to read but none to write, no sockets. Landlock narrows the files further."""


def set_limits(*, cpu_s: int, memory_bytes: int, open_files: int) -> None:
    """Bound this process and what it starts: CPU time, address space, descriptors; no files grow, no core dumps.

    At the limit of CPU time comes SIGXCPU, which says what happened, and a second later SIGKILL.
    """
    _bound(resource.RLIMIT_CPU, cpu_s, at_most=cpu_s + 1)
    _bound(resource.RLIMIT_AS, memory_bytes, at_most=memory_bytes)
    _bound(resource.RLIMIT_NOFILE, open_files, at_most=open_files)
    _bound(resource.RLIMIT_FSIZE, 0, at_most=0)
    _bound(resource.RLIMIT_CORE, 0, at_most=0)


def _bound(limit: int, amount: int, *, at_most: int) -> None:
    hard = resource.getrlimit(limit)[1]
    if hard != resource.RLIM_INFINITY:
        amount, at_most = min(amount, hard), min(at_most, hard)
    resource.setrlimit(limit, (amount, at_most))


def keep_calls(calls: Calls) -> None:
    """Give up every other system call, where this machine can; raises OSError when it could and the kernel refused."""
    if has_seccomp():
        give_up_calls(except_for=calls)


def die_with(parent_pid: int) -> None:
    """Make the kernel kill this process when its parent ends; exits at once if that has happened already."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)
