"""Guessing held: how often an account may be tried, by whom, and how long they wait after failures.

Counted in the database, so that a restart forgets nothing, and before the proof is looked at, so that a
thousand guesses at once are no more than one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_api.errors import RateLimited
from tonearm_server.auth.models import SignInFailure
from tonearm_server.auth.people import email_key
from tonearm_server.auth.sealing import Sealer
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import execute, transaction

_SECOND_MS = 1000
_DAY_MS = 24 * 3600 * _SECOND_MS

_FREE_FAILURES = 5
"""People mistype; waiting begins after as many (ASVS 5.0 6.3.1)."""

_MAX_WAIT_S = 900
_SOMEBODY = [(_FREE_FAILURES + n, min(2**n, _MAX_WAIT_S) * _SECOND_MS) for n in range(11)]
"""For one account from one place: 1, 2, 4 … seconds, up to a quarter of an hour."""

_EVERYBODY = [(100, _DAY_MS)]
"""For one account from everywhere: NIST SP 800-63B-4 §3.2.2 allows a hundred failures in a row."""

_CODES = [(_FREE_FAILURES, 2 * _SECOND_MS), (10, 390 * _SECOND_MS)]
"""For the codes of one account: ten, then fewer than ten an hour, which leaves a guess of six digits hopeless (T34)."""

_COUNT = """
    INSERT INTO sign_in_failure (key, failures, free_at_ms, last_at_ms) VALUES (?, 1, 0, ?)
    ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN {is_forgotten} THEN 1 ELSE sign_in_failure.failures + 1 END,
        free_at_ms = CASE WHEN {is_forgotten} THEN 0 {waits} ELSE 0 END,
        last_at_ms = excluded.last_at_ms
    WHERE sign_in_failure.free_at_ms <= excluded.last_at_ms
"""


def _counting(waits: Sequence[tuple[int, int]]) -> str:
    """The statement for a rule: from so many failures on, wait so many milliseconds."""
    cases = " ".join(
        f"WHEN sign_in_failure.failures + 1 >= {failures} THEN excluded.last_at_ms + {wait_ms}"
        for failures, wait_ms in reversed(waits)
    )
    return _COUNT.format(waits=cases, is_forgotten=f"sign_in_failure.last_at_ms < excluded.last_at_ms - {_DAY_MS}")


_COUNT_SOMEBODY, _COUNT_EVERYBODY, _COUNT_CODES = map(_counting, (_SOMEBODY, _EVERYBODY, _CODES))


@dataclass(frozen=True, slots=True)
class Throttle:
    sealer: Sealer
    clock: Clock

    async def count_password(self, email: str, *, place: str, is_known: bool) -> None:
        """One more try of that address from `place`. Raises RateLimited where it has to wait.

        A device that somebody signed in from before `is_known`: what others do to the account does not stop it.
        """
        async with transaction() as connection:
            await self._count(_COUNT_SOMEBODY, self._somebody(email, place), connection)
            if not is_known:
                await self._count(_COUNT_EVERYBODY, self._everybody(email), connection)

    async def clear_password(self, email: str, *, place: str) -> None:
        """The right one was given from that place."""
        await SignInFailure.filter(key__in=[self._somebody(email, place), self._everybody(email)]).delete()

    async def forgive(self, email: str) -> None:
        """Whoever reads that address's mail has proved themselves otherwise."""
        await SignInFailure.filter(key=self._everybody(email)).delete()

    async def count_code(self, user_id: str) -> None:
        """One more try of a second factor. Raises RateLimited where it has to wait."""
        async with transaction() as connection:
            await self._count(_COUNT_CODES, self._code(user_id), connection)

    async def clear_code(self, user_id: str) -> None:
        await SignInFailure.filter(key=self._code(user_id)).delete()

    async def _count(self, statement: str, key: str, connection: BaseDBAsyncClient) -> None:
        now_ms = self.clock.now_ms()
        if not await execute(connection, statement, [key, now_ms]):
            counted = await SignInFailure.get(key=key, using_db=connection)
            wait_s = max(1, -(-(counted.free_at_ms - now_ms) // 1000))
            raise RateLimited("Too many wrong tries: wait a while", headers={"Retry-After": str(wait_s)})

    def _somebody(self, email: str, place: str) -> str:
        return self.sealer.mac(f"{email_key(email)}\n{place}", about="sign-in of somebody")

    def _everybody(self, email: str) -> str:
        return self.sealer.mac(email_key(email), about="sign-in of everybody")

    def _code(self, user_id: str) -> str:
        return self.sealer.mac(user_id, about="code")


async def forget_failures(clock: Clock) -> None:
    """Delete what is too old to count."""
    await SignInFailure.filter(last_at_ms__lt=clock.now_ms() - _DAY_MS).delete()
