"""How often somebody may ask: on a clock that is turned, alone, over a real Redis, and through the front door."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from tests.redis_server import Redis, running_redis
from tests.server.auth.conftest import TurnedClock
from tests.support import running_server

from tonearm_api.errors import RateLimited
from tonearm_server.kit import limits
from tonearm_server.kit.limits import Limiter, Rule, Standing, address_prefix, open_limiter

RULE = Rule("tries", 5, 600)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def limiter(clock: TurnedClock) -> AsyncIterator[Limiter]:
    async with open_limiter(clock) as opened:
        yield opened


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with running_redis(tmp_path) as running:
        yield running


async def hits(limiter: Limiter, *key: str, rule: Rule = RULE) -> int:
    """How many are let through at once."""
    for count in range(rule.amount + 1):
        try:
            await limiter.hit(rule, *key)
        except RateLimited:
            return count
    return rule.amount + 1


async def wait_of(limiter: Limiter, *key: str, rule: Rule = RULE) -> int:
    with pytest.raises(RateLimited) as caught:
        await limiter.hit(rule, *key)
    return int(caught.value.headers["Retry-After"])


async def test_who_used_a_rule_up_is_told_how_long_to_wait(limiter: Limiter) -> None:
    assert await limiter.peek(RULE, "ada") == Standing(5, 5, 0)
    assert (await limiter.hit(RULE, "ada")).remaining == 4
    assert await hits(limiter, "ada") == 4

    with pytest.raises(RateLimited) as caught:
        await limiter.hit(RULE, "ada")

    assert caught.value.headers == {
        "Retry-After": "601",
        "RateLimit-Limit": "5",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "601",
    }
    assert "10 min" in caught.value.detail


@pytest.mark.parametrize("rule", [RULE, Rule("one", 1, 60), Rule("many", 100, 3600), Rule("quick", 7, 1)])
async def test_after_the_wait_one_more_is_let_through_and_a_second_before_it_none(
    limiter: Limiter, clock: TurnedClock, rule: Rule
) -> None:
    assert await hits(limiter, "ada", rule=rule) == rule.amount

    for _ in range(5):
        wait_s = await wait_of(limiter, "ada", rule=rule)
        clock.turn(s=max(0, wait_s - 1.001))
        assert await wait_of(limiter, "ada", rule=rule) <= 2
        clock.turn(s=min(wait_s, 1.001))
        assert await hits(limiter, "ada", rule=rule) >= 1


async def test_in_no_stretch_of_a_period_much_more_than_the_amount_gets_through(
    limiter: Limiter, clock: TurnedClock
) -> None:
    let_through: list[int] = []
    for _ in range(6000):  # one try a second
        clock.turn(s=1)
        try:
            await limiter.hit(RULE, "ada")
        except RateLimited:
            continue
        let_through.append(clock.ms)

    busiest = max(sum(at <= other < at + 600_000 for other in let_through) for at in let_through)
    assert len(let_through) <= 5 + 10 * 5
    assert busiest <= 2 * 5 - 1  # two periods that meet; a count by fixed periods would allow one more


async def test_keys_and_rules_are_counted_apart(limiter: Limiter) -> None:
    assert await hits(limiter, "ada") == 5

    assert await hits(limiter, "grace") == 5
    assert await hits(limiter, "ad", "a") == 5
    assert await hits(limiter, "ada", rule=Rule("others", 5, 600)) == 5


async def test_what_is_cleared_is_forgotten(limiter: Limiter) -> None:
    assert await hits(limiter, "ada") == 5

    await limiter.clear(RULE, "ada")

    assert await limiter.peek(RULE, "ada") == Standing(5, 5, 0)


async def test_memory_holds_no_more_keys_than_a_bound_and_none_that_is_over(
    limiter: Limiter, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_KEYS", 100)
    for number in range(1000):
        await limiter.hit(RULE, str(number))
    counts = limiter._own._counts[RULE.name]
    assert len(counts) == 100
    assert (await limiter.peek(RULE, "999")).remaining == 4

    clock.turn(s=2 * RULE.per_s)
    await limiter.hit(RULE, "new")

    assert len(counts) == 1


async def test_switched_off_nothing_is_counted_and_it_is_said(
    clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_limiter(clock, is_on=False) as limiter:
        assert await hits(limiter, "ada") == 6
        assert await limiter.peek(RULE, "ada") == Standing(5, 5, 0)

    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2ff:3::4", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("-", "-"),
        ("not an address", "not an address"),
    ],
)
def test_neighbours_have_one_prefix(address: str, prefix: str) -> None:
    assert address_prefix(address) == prefix


async def test_several_processes_count_together_in_redis_and_name_nobody_there(
    redis: Redis, clock: TurnedClock
) -> None:
    async with (
        open_limiter(clock, redis_url=redis.url) as first,
        open_limiter(clock, redis_url=redis.url) as second,
    ):
        assert await hits(first, "ada@example.test") == 5

        assert await hits(second, "ada@example.test") == 0
        assert (await second.peek(RULE, "ada@example.test")).remaining == 0
        assert 595 <= await wait_of(second, "ada@example.test") <= 601
        keys = redis.ask("KEYS", "*")
        assert keys != []
        assert [key for key in keys if not key.startswith("tonearm") or "ada" in key] == []
        await first.clear(RULE, "ada@example.test")
        assert await hits(second, "ada@example.test") == 5


async def test_while_redis_is_away_each_process_is_stricter_and_then_they_are_back(
    redis: Redis, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_limiter(clock, redis_url=redis.url) as limiter:
        await limiter.hit(RULE, "ada")
        redis.kill()

        assert await hits(limiter, "ada") == 2
        clock.turn(s=6)  # asked once more, still away
        assert await hits(limiter, "ada") == 0
        await limiter.clear(RULE, "ada")
        assert (await limiter.peek(RULE, "ada")).limit == 2

        redis.start()
        assert (await limiter.peek(RULE, "ada")).limit == 2  # not yet asked again
        clock.turn(s=6)
        assert (await limiter.peek(RULE, "ada")).limit == 5
        assert await hits(limiter, "ada") == 5

    said = [(record.levelno, record.getMessage().split()[1]) for record in caplog.records]
    assert [word for level, word in said if level == logging.WARNING] == ["does"]


async def test_a_server_starts_without_its_redis_and_says_so(
    clock: TurnedClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_limiter(clock, redis_url=Redis(tmp_path).url) as limiter:
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        assert await hits(limiter, "ada") == 2


def test_a_stranger_who_asks_too_often_has_to_wait(tmp_path: Path, redis: Redis) -> None:
    with running_server(tmp_path / "data", rate_limits="on", redis_url=redis.url) as server:
        wanted = {"email": "nobody@example.test"}
        answers = [httpx.post(f"{server.url}/api/v1/auth/forgot", json=wanted) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
        assert answers[-1].json()["code"] == "rate_limited"
        assert int(answers[-1].headers["Retry-After"]) > 3000
        assert answers[-1].headers["RateLimit-Limit"] == "3"
        assert answers[-1].headers["RateLimit-Remaining"] == "0"
        redis.kill()
        assert httpx.post(f"{server.url}/api/v1/auth/forgot", json=wanted).status_code == 202
        assert httpx.post(f"{server.url}/api/v1/auth/forgot", json=wanted).status_code == 429
    assert "".join(server.log).count("Redis does not answer") == 1
