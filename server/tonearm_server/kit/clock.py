"""Time, injected: one clock object for the whole server, so that tests can travel."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from aiohttp import web


class Clock(Protocol):
    """Wall time for what people see and what expires; monotonic time for how long something took."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        ...

    def monotonic_s(self) -> float: ...


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()


def moment(at_ms: int) -> datetime:
    """Unix milliseconds as they travel: an aware time in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
