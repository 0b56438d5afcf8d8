"""Passwords: judged, hashed and verified with Argon2id (RFC 9106) in a small pool, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tonearm_api.errors import Fault, WeakPassword

ResultT = TypeVar("ResultT")

_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1
"""OWASP's minimum for Argon2id: 18 ms of one core (measured 2026-08)."""

_AT_ONCE = 2
"""Hashes under way at the same time: 38 MiB, and the other requests keep a core."""

_MIN_CHARACTERS = 10
_MIN_SCORE = 3
_JUDGED_CHARACTERS = 32
"""zxcvbn's time grows steeply with look-alike characters: 72 of the worst took 5 s, 32 take 0.3 (measured 2026-11)."""


class Passwords:
    """One for each server. `verify` costs the same for unknown accounts as for known ones."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tonearm-password")
        self._nobodys = self._pool.submit(self._hasher.hash, "nobody has this password")

    async def refuse_weak(self, password: str, *, about: Sequence[str], pointer: str = "/password") -> None:
        """Raise WeakPassword with a hint where the password is guessable; `about` are the person's own words.

        `pointer` is the field that it came in.
        """
        fault = await self._run(_find_fault, password, *about)
        if fault is not None:
            raise WeakPassword(fault, faults=(Fault(place="body", pointer=pointer, code="weak", message=fault),))

    async def hash(self, password: str) -> str:
        return await self._run(self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is the hash's. None stands for an account that does not exist."""
        matches = await self._run(self._verify, password, password_hash or self._nobodys.result())
        return matches and password_hash is not None

    def close(self) -> None:
        self._pool.shutdown()

    def _verify(self, password: str, password_hash: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, function: Callable[..., ResultT], *args: str) -> ResultT:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)


PASSWORDS: web.AppKey[Passwords] = web.AppKey("passwords", Passwords)


def _find_fault(password: str, *about: str) -> str | None:
    """What makes the password guessable, as advice; None for a good one."""
    if len(password) < _MIN_CHARACTERS:
        return f"Use at least {_MIN_CHARACTERS} characters"
    from zxcvbn import zxcvbn  # noqa: PLC0415  # its word lists cost 50 ms, which only a new password needs

    verdict = zxcvbn(password[:_JUDGED_CHARACTERS], user_inputs=[*about, "tonearm"])
    if verdict["score"] >= _MIN_SCORE:
        return None
    advice = verdict["feedback"]
    return advice["warning"] or " ".join(advice["suggestions"]) or "Use a few uncommon words"
