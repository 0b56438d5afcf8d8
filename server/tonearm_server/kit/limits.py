"""How often somebody may ask: rules, the counting, and what is answered to who has to wait.

Each process counts for itself, or all together in Redis where one is configured. While Redis is away each
process counts for itself and is stricter, so that an outage opens no door.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ipaddress
import logging
import math
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from aiohttp import web

from tonearm_api.errors import RateLimited
from tonearm_server.kit.clock import Clock

if TYPE_CHECKING:
    from limits.aio.storage import RedisStorage
    from redis.asyncio import ConnectionPool

log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

_PREFIX = "tonearm"
_DIGEST_BYTES = 16

_KEYS = 50_000
"""Keys of one rule that a process remembers, about 15 MB; beyond, who asked longest ago is forgotten."""

_REDIS_ANSWER_S = 0.5
"""On one network Redis answers within milliseconds; no sign-in waits longer for it."""

_TRY_AGAIN_S = 5
"""How long Redis is left alone after it did not answer, so that not every request waits in vain."""

_ROUNDING_S = 1e-6
"""More than floating point is off by, so that nobody who waited as told is sent away again."""

_IPV4_PREFIX = 24
"""The smallest block that the internet routes: who rents one address often has its neighbours."""

_IPV6_PREFIX = 56
"""What a provider gives to one home (RFC 6177 §2), which may use 2^72 addresses of it at will."""


@dataclass(frozen=True)
class Rule:
    """`amount` times within `per_s` seconds, for each key by itself. The name keeps counts of two rules apart."""

    name: str
    amount: int
    per_s: int

    def halved(self) -> Rule:
        return Rule(self.name, max(1, self.amount // 2), self.per_s)


@dataclass(frozen=True)
class Standing:
    """How far a rule is used up for one key; after `reset_s` seconds more is left than now."""

    limit: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-06 §5 names them; the reset is in seconds from now."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }


class Window(NamedTuple):
    """What was counted of a key in this period and in the one before, and for how long each matters.

    The period before fades: it counts by the part of it that lies within the last `per_s` seconds. The library
    `limits` counts in Redis in the same way and answers in this form.
    """

    previous: int
    previous_left_s: float
    current: int
    current_left_s: float

    def used(self, rule: Rule) -> float:
        return self.previous * self.previous_left_s / rule.per_s + self.current

    def standing(self, rule: Rule) -> Standing:
        remaining = max(0, rule.amount - math.floor(self.used(rule)))
        return Standing(rule.amount, remaining, self._reset_s(rule, goal=rule.amount - remaining))

    def _reset_s(self, rule: Rule, *, goal: int) -> int:
        """Whole seconds, rounded up, until `used` has fallen below `goal`."""
        if goal == 0:
            return 0
        if self.current < goal:  # what is left of the period before has to fade
            wait_s = (self.used(rule) - goal) * rule.per_s / self.previous
        else:  # this period has to end, and to fade
            wait_s = self.current_left_s - rule.per_s + rule.per_s * (1 - goal / self.current)
        return math.floor(wait_s + _ROUNDING_S) + 1


class Limiter:
    """Counts, and refuses what is too much. Made by `open_limiter`."""

    def __init__(self, clock: Clock, *, shared: _SharedWindows | None, is_on: bool) -> None:
        self._own = _OwnWindows(clock)
        self._shared = shared
        self._is_on = is_on

    async def hit(self, rule: Rule, *key: str) -> Standing:
        """Count one. Raises RateLimited, and counts nothing, where the rule is used up for that key."""
        if not self._is_on:
            return Standing(rule.amount, rule.amount, 0)
        is_allowed, standing = await self._hit(rule, _digest(rule, key))
        if not is_allowed:
            wait_s = max(1, standing.reset_s)
            raise RateLimited(
                f"Too many requests: try again in {_in_words(wait_s)}",
                headers={"Retry-After": str(wait_s), **standing.headers},
            )
        return standing

    async def peek(self, rule: Rule, *key: str) -> Standing:
        """How far the rule is used up for that key; counts nothing."""
        if not self._is_on:
            return Standing(rule.amount, rule.amount, 0)
        digest = _digest(rule, key)
        if self._shared is not None:
            try:
                return (await self._shared.window(rule, digest)).standing(rule)
            except _Away:
                rule = rule.halved()
        return self._own.window(rule, digest).standing(rule)

    async def clear(self, rule: Rule, *key: str) -> None:
        """Forget what was counted of that key."""
        digest = _digest(rule, key)
        self._own.clear(rule, digest)
        if self._shared is not None:
            with contextlib.suppress(_Away):
                await self._shared.clear(rule, digest)

    async def _hit(self, rule: Rule, digest: str) -> tuple[bool, Standing]:
        if self._shared is not None:
            try:
                is_allowed = await self._shared.hit(rule, digest)
                return is_allowed, (await self._shared.window(rule, digest)).standing(rule)
            except _Away:
                rule = rule.halved()
        is_allowed = self._own.hit(rule, digest)
        return is_allowed, self._own.window(rule, digest).standing(rule)


LIMITER: web.AppKey[Limiter] = web.AppKey("limiter", Limiter)


@contextlib.asynccontextmanager
async def open_limiter(clock: Clock, *, redis_url: str | None = None, is_on: bool = True) -> AsyncIterator[Limiter]:
    """A limiter for as long as the block lasts: of this process alone, or over Redis where an address is given."""
    if not is_on:
        log.warning("Rate limits are off: anybody on this machine may guess passwords at any speed")
    if redis_url is None or not is_on:
        yield Limiter(clock, shared=None, is_on=is_on)
        return
    pool, storage, errors = await asyncio.to_thread(_load_redis, redis_url)
    shared = _SharedWindows(storage, errors=errors, clock=clock)
    try:
        await shared.knock()
        yield Limiter(clock, shared=shared, is_on=is_on)
    finally:
        await pool.aclose()


def _load_redis(url: str) -> tuple[ConnectionPool, RedisStorage, tuple[type[Exception], ...]]:
    """Half a second of the start, which only who asks for Redis pays (measured 2026-11). Connects to nothing yet."""
    from limits.aio.storage import RedisStorage  # noqa: PLC0415  # see above
    from redis import RedisError  # noqa: PLC0415
    from redis.asyncio import ConnectionPool  # noqa: PLC0415

    pool = ConnectionPool.from_url(url)
    storage = RedisStorage(
        url,
        implementation="redispy",
        key_prefix=_PREFIX,
        connection_pool=pool,  # type: ignore[arg-type]  # handed on to redis-py as it is
    )
    return pool, storage, (OSError, RedisError, TimeoutError)


class _Count(NamedTuple):
    began_s: float
    previous: int
    current: int


class _OwnWindows:
    """Counts of this process, in bounded memory.

    Not the store in memory that `limits` has: with 20,000 keys each of its hits took 3 ms (measured 2026-11),
    and strangers may make up any number of keys.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: defaultdict[str, OrderedDict[str, _Count]] = defaultdict(OrderedDict)

    def hit(self, rule: Rule, digest: str) -> bool:
        now_s = self._clock.monotonic_s()
        window = self.window(rule, digest)
        if window.used(rule) >= rule.amount:
            return False
        began_s = now_s - (2 * rule.per_s - window.current_left_s)
        counts = self._counts[rule.name]
        counts[digest] = _Count(began_s, window.previous, window.current + 1)
        counts.move_to_end(digest)
        self._forget(counts, before_s=now_s - 2 * rule.per_s)
        return True

    def window(self, rule: Rule, digest: str) -> Window:
        now_s = self._clock.monotonic_s()
        began_s, previous, current = self._counts[rule.name].get(digest, _Count(now_s, 0, 0))
        periods, into_s = divmod(now_s - began_s, rule.per_s)
        if periods:
            previous, current = (current if periods == 1 else 0), 0
        left_s = rule.per_s - into_s
        return Window(previous, left_s, current, left_s + rule.per_s)

    def clear(self, rule: Rule, digest: str) -> None:
        self._counts[rule.name].pop(digest, None)

    @staticmethod
    def _forget(counts: OrderedDict[str, _Count], *, before_s: float) -> None:
        """Drop from the front, where who asked longest ago stands, what no longer matters or is too much."""
        while counts and (len(counts) > _KEYS or next(iter(counts.values())).began_s <= before_s):
            counts.popitem(last=False)


class _Away(Exception):
    """Redis does not answer."""


class _SharedWindows:
    """Counts in Redis. Every call raises _Away while it does not answer; each outage is one WARNING."""

    def __init__(self, storage: RedisStorage, *, errors: tuple[type[Exception], ...], clock: Clock) -> None:
        self._storage = storage
        self._errors = errors
        self._clock = clock
        self._is_away = False
        self._try_again_at_s = 0.0

    async def knock(self) -> None:
        """Ask once, so that an operator reads at the start what is amiss."""
        with contextlib.suppress(_Away):
            await self._ask(self._storage.get, "knock")

    async def hit(self, rule: Rule, digest: str) -> bool:
        return await self._ask(self._storage.acquire_sliding_window_entry, digest, rule.amount, rule.per_s)

    async def window(self, rule: Rule, digest: str) -> Window:
        return Window(*await self._ask(self._storage.get_sliding_window, digest, rule.per_s))

    async def clear(self, rule: Rule, digest: str) -> None:
        await self._ask(self._storage.clear_sliding_window, digest, rule.per_s)

    async def _ask(self, question: Callable[..., Awaitable[ResultT]], *asked: str | int) -> ResultT:
        if self._is_away and self._clock.monotonic_s() < self._try_again_at_s:
            raise _Away
        try:
            async with asyncio.timeout(_REDIS_ANSWER_S):
                answer = await question(*asked)
        except self._errors as error:
            self._go_on_alone(error)
            raise _Away from error
        if self._is_away:
            self._is_away = False
            log.info("Redis answers again: requests are counted together")
        return answer

    def _go_on_alone(self, error: Exception) -> None:
        self._try_again_at_s = self._clock.monotonic_s() + _TRY_AGAIN_S
        if not self._is_away:
            self._is_away = True
            log.warning("Redis does not answer (%s): each process counts, and allows half", type(error).__name__)


def address_prefix(address: str) -> str:
    """The network that one person or hoster can use freely: IPv4 /24, IPv6 /56. What is no address stays itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        if mapped is None:
            return str(ipaddress.IPv6Network((parsed.packed, _IPV6_PREFIX), strict=False))
        parsed = mapped
    return str(ipaddress.IPv4Network((parsed.packed, _IPV4_PREFIX), strict=False))


def _digest(rule: Rule, key: tuple[str, ...]) -> str:
    """A rule and a key as one short name that holds nobody's address: Redis, its dumps and logs see it."""
    parts = "\0".join((rule.name, *key)).encode("utf-8", "surrogatepass")
    return f"{rule.name}:{hashlib.blake2b(parts, digest_size=_DIGEST_BYTES).hexdigest()}"


def _in_words(wait_s: int) -> str:
    return f"{wait_s} s" if wait_s < 120 else f"{round(wait_s / 60)} min"
