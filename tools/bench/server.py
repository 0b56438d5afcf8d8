"""The server by itself: how soon it is ready, what it holds and what it does while nobody asks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.measuring import Row, cpu_s, interleaved, pss_mb, rss_mb
from bench.peers import free_port, serve_command, started

_ROUNDS = 4
_IDLE_S = 20
_BARE = """
import sys
from aiohttp import web
async def hello(request): return web.Response(text="hello")
app = web.Application()
app.router.add_get("/", hello)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=lambda _: print("listening", flush=True))
"""


def measure(folder: Path) -> Iterator[Row]:
    serve, bare = serve_command(folder), [sys.executable, "-c", _BARE, str(free_port())]
    _ready_ms(serve, folder)  # makes and migrates the database once
    own, least = interleaved(_ROUNDS, lambda: _ready_ms(serve, folder), lambda: _ready_ms(bare, folder))
    own_cpu, least_cpu = interleaved(_ROUNDS, lambda: _ready_cpu_ms(serve, folder), lambda: _ready_cpu_ms(bare, folder))
    yield Row(what="start to listening, CPU", measured=own_cpu, unit="ms", yardstick="bare aiohttp", beside=least_cpu)
    yield Row(what="start to listening", measured=own, unit="ms", yardstick="bare aiohttp", beside=least, aim=1000)
    with started(serve, folder=folder) as (pid, _), started(bare, folder=folder) as (bare_pid, _):
        time.sleep(3)  # the first round of housekeeping is part of the start
        before = cpu_s(pid)
        time.sleep(_IDLE_S)
        idle_percent = (cpu_s(pid) - before) / _IDLE_S * 100
        yield Row(
            what="idle memory, server process",
            measured=rss_mb(pid),
            unit="MB RSS",
            yardstick="bare aiohttp",
            beside=rss_mb(bare_pid),
            aim=90,
        )
        yield Row(
            what="idle memory with the sandbox",
            measured=pss_mb(pid),
            unit="MB PSS",
            yardstick="bare aiohttp",
            beside=pss_mb(bare_pid),
        )
        yield Row(what="idle CPU", measured=idle_percent, unit="%", aim=0.3)


def _ready_cpu_ms(command: Sequence[str], folder: Path) -> float:
    """Of the process alone, in steps of 10 ms: what a busy machine does not change much."""
    with started(command, folder=folder) as (pid, _):
        return cpu_s(pid) * 1000


def _ready_ms(command: Sequence[str], folder: Path) -> float:
    start = time.perf_counter()
    with started(command, folder=folder):
        return (time.perf_counter() - start) * 1000
