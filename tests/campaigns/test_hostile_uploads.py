"""Every bomb through the front door at once, while somebody else asks for something every few milliseconds."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.server.audio.bombs import BOMBS, write_bomb
from tests.support import RunningServer

from tonearm_api.client import Client
from tonearm_api.errors import TonearmError

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(600)]

ROUNDS = 3
AT_ONCE = 4
MIB = 1 << 20

_PROBE = """
import http.client, json, sys, time
host = sys.argv[1].removeprefix("http://")
connection, took = http.client.HTTPConnection(host), []
print("begun", flush=True)
until = time.monotonic() + 120
while time.monotonic() < until and not sys.stdin.closed:
    began = time.perf_counter()
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    took.append((time.perf_counter() - began) * 1000)
    print(json.dumps(took[-1]), flush=True)
    time.sleep(0.005)
"""


@contextmanager
def probing(url: str) -> Iterator[list[float]]:
    """Ask /healthz all the time from another process; the list holds the milliseconds of each when the block ends."""
    took_ms: list[float] = []
    probe = subprocess.Popen([sys.executable, "-c", _PROBE, url], stdout=subprocess.PIPE, text=True)
    assert probe.stdout is not None
    try:
        assert probe.stdout.readline() == "begun\n"
        yield took_ms
    finally:
        probe.kill()
        rest = probe.stdout.read().split("\n")[:-1]
        probe.stdout.close()
        probe.wait()
        took_ms += [json.loads(line) for line in rest]


async def refusal(client: Client, path: Path) -> tuple[str, float]:
    """The code of the refusal, and how many seconds it took."""
    began = time.perf_counter()
    try:
        await client.upload_track(path)
    except TonearmError as refused:
        return refused.code, time.perf_counter() - began
    return "taken", time.perf_counter() - began


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def test_bombs_are_refused_and_nobody_waits(server: RunningServer, owner: Client, tmp_path: Path) -> None:
    bombs = [write_bomb(tmp_path / str(number), name) for number, name in enumerate(BOMBS)]
    slots = asyncio.Semaphore(AT_ONCE)

    async def send(path: Path) -> tuple[str, float]:
        async with slots:
            return await refusal(owner, path)

    with probing(server.url) as calm_ms:
        await asyncio.sleep(3)
    before = high_water_bytes(server)
    with probing(server.url) as stormy_ms:
        answers = await asyncio.gather(*(send(path) for path in bombs * ROUNDS))
    grown = high_water_bytes(server) - before

    print(f"\n{len(answers)} bombs, {AT_ONCE} at once: slowest refusal {max(s for _, s in answers):.2f} s")
    for name, values in (("calm", calm_ms), ("bombs", stormy_ms)):
        shares = " ".join(f"p{share:.0%} {percentile(values, share):.1f}" for share in (0.5, 0.95, 0.99))
        print(f"/healthz, {name:5}: {len(values)} asked, {shares} max {max(values):.1f} ms")
    print(f"server's high-water mark: +{grown / MIB:.1f} MiB")
    assert {code for code, _ in answers} == {"tag_limits"}
    assert grown < 20 * MIB


def high_water_bytes(server: RunningServer) -> int:
    """The most memory that the server has ever held: proc(5), VmHWM."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
