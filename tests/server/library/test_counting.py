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
_DELETIONS = 4
_PASSWORD = "marble window fern"
_STARTED_AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC).isoformat()


@pytest.fixture(scope="module")
def emails(server: RunningServer) -> list[str]:
    """Of four accounts."""
    made = [f"writer{number}@example.test" for number in range(4)]
    for email in made:
        add_user(server, email, _PASSWORD)
    return made


@pytest.fixture
async def people(server: RunningServer, emails: list[str]) -> list[dict[str, str]]:
    """Headers of each account."""
    headers = []
    for email in emails:
        async with Client(server.url) as client:
            await client.log_in(email=email, password=_PASSWORD)
            headers.append(bearer(client))
    return headers


async def all_at_once(requests: Sequence[Awaitable[httpx.Response]]) -> Counter[int]:
    return Counter(answer.status_code for answer in await asyncio.gather(*requests))


def miscounted(server: RunningServer) -> list[str]:
    """What the doctor says of counters that are not those of their rows."""
    command = [TONEARM, "server", "doctor", "--json", "--data", str(server.data)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=clean_environment(CI=""))
    findings = {finding["name"]: finding for finding in json.loads(ran.stdout)["findings"]}
    return [findings[name]["message"] for name in ("likes", "plays") if findings[name]["state"] != "ok"]


async def test_likes_and_plays_of_two_hundred_writers_are_exact(
    server: RunningServer, owner: Client, people: list[dict[str, str]], tmp_path: Path
) -> None:
    track = await upload(owner, make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=2))
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


async def test_a_deletion_amid_likes_and_plays_ends_them_all_well(
    server: RunningServer, owner: Client, people: list[dict[str, str]], tmp_path: Path
) -> None:
    lengths_s = [0.1 + number / 20 for number in range(_DELETIONS)]
    files = [make_audio(tmp_path / f"{s}.flac", format=AudioFormat.FLAC, seconds=s) for s in lengths_s]
    tracks = [await upload(owner, file) for file in files]
    limits = httpx.Limits(max_connections=_WRITERS)
    answers: Counter[int] = Counter()
    async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=60) as http:
        for track in tracks:
            path = f"/api/v1/tracks/{track.id}"

            def change(number: int, path: str = path) -> Awaitable[httpx.Response]:
                if number == _TURNS // 2:
                    return http.delete(path, headers=bearer(owner))
                method = ("PUT", "DELETE", "POST")[number // 4 % 3]
                if method == "POST":
                    body = {"play_id": f"play-amid-{number}", "started_at": _STARTED_AT, "listened_ms": 2000}
                    return http.post(f"{path}/plays", json=body, headers=people[number % 4])
                return http.request(method, f"{path}/like", headers=people[number % 4])

            answers += await all_at_once([change(number) for number in range(_TURNS)])

    assert set(answers) <= {204, 404}, answers
    assert await asyncio.to_thread(miscounted, server) == []
    assert errors_of(server) == ""
