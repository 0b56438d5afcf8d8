"""Likes and plays under two hundred writers at once: every counter is that of its rows."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from tests.audio import make_audio
from tests.support import TONEARM, RunningServer, add_user, bearer, clean_environment, errors_of, upload

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat

pytestmark = pytest.mark.db

_WRITERS = 200
_TURNS = 40
_PASSWORD = "marble window fern"
_STARTED_AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC).isoformat()


async def account(server: RunningServer, email: str) -> dict[str, str]:
    """Headers of a new account."""
    await asyncio.to_thread(add_user, server, email, _PASSWORD)
    async with Client(server.url) as client:
        await client.log_in(email=email, password=_PASSWORD)
        return bearer(client)


async def all_at_once(requests: Sequence[Awaitable[httpx.Response]]) -> Counter[int]:
    return Counter(answer.status_code for answer in await asyncio.gather(*requests))


def miscounted(server: RunningServer) -> list[str]:
    """What the doctor says of counters that are not those of their rows."""
    command = [TONEARM, "server", "doctor", "--json", "--data", str(server.data)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=clean_environment(CI=""))
    findings = {finding["name"]: finding for finding in json.loads(ran.stdout)["findings"]}
    return [findings[name]["message"] for name in ("likes", "plays") if findings[name]["state"] != "ok"]


async def test_likes_and_plays_of_two_hundred_writers_are_exact(
    server: RunningServer, owner: Client, tmp_path: Path
) -> None:
    track = await upload(owner, make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=2))
    people = [await account(server, f"writer{number}@example.test") for number in range(4)]
    path = f"/api/v1/tracks/{track.id}"
    limits = httpx.Limits(max_connections=_WRITERS)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=server.url, limits=limits, timeout=60))

        def play(number: int) -> Awaitable[httpx.Response]:
            """Every report is sent twice: half as many plays as requests."""
            body = {"play_id": f"play-number-{number // 8}", "started_at": _STARTED_AT, "listened_ms": 2000}
            return http.post(f"{path}/plays", json=body, headers=people[number % 4])

        liked = await all_at_once([http.put(f"{path}/like", headers=people[n % 4]) for n in range(_WRITERS)])
        played = await all_at_once([play(number) for number in range(_WRITERS)])
        after_likes = await owner.get_track(track.id)
        turns = [http.request(("PUT", "DELETE")[n % 2], f"{path}/like", headers=people[n % 4]) for n in range(_TURNS)]
        turned = await all_at_once(turns)

    assert liked == played == {204: _WRITERS}
    assert turned == {204: _TURNS}
    assert (after_likes.likes, after_likes.plays) == (4, _WRITERS // 2)
    assert await asyncio.to_thread(miscounted, server) == []
    assert errors_of(server) == ""
