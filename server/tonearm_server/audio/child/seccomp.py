"""seccomp by ctypes: a process gives up every system call but a list; standard library only.

A refused call fails with EPERM instead of killing the process: a C library that merely asks for a luxury
falls back, and an attacker gains nothing by being told no. Another architecture's calls kill.
The filter language is classic BPF (Documentation/userspace-api/seccomp_filter.rst, linux/bpf_common.h).
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tonearm_server.audio.child.syscalls import NUMBERS

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 38, 22
_MODE_FILTER = 2
_LOAD_WORD, _AND, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x54, 0x15, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_NOT_IMPLEMENTED = 0x00050000 | errno.ENOSYS
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


class Word(NamedTuple):
    """A condition on 32 bits of a call's argument: `argument & mask == value`. `high` picks the upper half."""

    argument: int
    mask: int
    value: int
    high: bool = False


Calls = Mapping[str, Iterable[Word]]
"""Allowed calls by name, each with the conditions that must all hold; names that an architecture lacks are skipped."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def has_seccomp() -> bool:
    """Whether this kernel filters calls and this machine's call numbers are known."""
    if not sys.platform.startswith("linux") or platform.machine() not in NUMBERS:
        return False
    # A filter at address null is refused with EFAULT where filters exist and with EINVAL where they do not.
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, None, 0, 0)
    return ctypes.get_errno() == errno.EFAULT


def give_up_calls(*, except_for: Calls) -> None:
    """Allow only `except_for` in this thread and what it starts; raises OSError when the kernel refuses."""
    machine = platform.machine()
    program = _assemble(except_for, numbers=NUMBERS[machine], architecture=_AUDIT_ARCHITECTURES[machine])
    libc = ctypes.CDLL(None, use_errno=True)
    packed = _Program(len(program) // 8, program)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(packed)):
        raise OSError(ctypes.get_errno(), "the kernel refused the system call filter")


def _assemble(calls: Calls, *, numbers: Mapping[str, int], architecture: int) -> bytes:
    program = [
        _instruction(_LOAD_WORD, _ARCHITECTURE_AT),
        _instruction(_JUMP_IF_EQUAL, architecture, if_true=1),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD_WORD, _NUMBER_AT),
        # The C library falls back from clone3, whose flags a filter cannot see, to clone on ENOSYS alone.
        _instruction(_JUMP_IF_EQUAL, numbers["clone3"], if_false=1),
        _instruction(_RETURN, _NOT_IMPLEMENTED),
    ]
    for name, conditions in calls.items():
        if name in numbers:
            program += _rule(numbers[name], tuple(conditions))
    program.append(_instruction(_RETURN, _REFUSE))
    return b"".join(program)


def _rule(number: int, conditions: tuple[Word, ...]) -> list[bytes]:
    """Instructions that allow the call, refuse it for its arguments, or jump past themselves."""
    body: list[bytes] = []
    for word in conditions:
        at = _ARGUMENTS_AT + 8 * word.argument + (4 if word.high else 0)
        body += [
            _instruction(_LOAD_WORD, at),
            _instruction(_AND, word.mask),
            _instruction(_JUMP_IF_EQUAL, word.value, if_true=1),
            _instruction(_RETURN, _REFUSE),
        ]
    body.append(_instruction(_RETURN, _ALLOW))
    return [_instruction(_JUMP_IF_EQUAL, number, if_false=len(body)), *body]


def _instruction(code: int, operand: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
