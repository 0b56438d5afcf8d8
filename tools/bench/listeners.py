"""Many listeners at the pace of their music, 320 kbit/s, signed in: whose sound stops, and what it costs."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.load import Plan, finish_load, request, start_load
from bench.measuring import Row, cpu_s, rss_mb
from bench.peers import Peer, nginx, raise_limit, tonearm, upload, write_noise

_CROWDS = (1_000, 4_000)
_BYTES_S = 320_000 // 8
_SETTLED_S, _WATCHED_S, _SPARE_S = 8, 12, 3
_MOST_OVERSLEPT = 0.01
_AIM_CPU_PERCENT, _AIM_RSS_MB = 40, 200


def measure(folder: Path) -> Iterator[Row]:
    raise_limit()
    file = write_noise(folder / "noise.wav", size_bytes=10_000_000)
    with tonearm(folder) as signed_in, nginx(folder, file) as limit:
        (track_id,) = asyncio.run(upload(signed_in, file))
        ours = replace(signed_in, path=f"/stream/{track_id}")
        for crowd in _CROWDS:
            own, least = _listen(ours, crowd), _listen(limit, crowd)
            is_aimed_at = crowd == max(_CROWDS)
            for what, unit, aim, mine, theirs in zip(
                ("stalls", "CPU", "memory"),
                ("", "% of a core", "MB RSS"),
                (0, _AIM_CPU_PERCENT, _AIM_RSS_MB),
                own,
                least,
                strict=True,
            ):
                name = f"{crowd:,} listeners, {what}"
                yield Row(
                    what=name,
                    measured=mine,
                    unit=unit,
                    yardstick="nginx",
                    beside=theirs,
                    aim=aim if is_aimed_at else None,
                )


def _listen(peer: Peer, crowd: int) -> tuple[float, float, float]:
    """Stalls over everything, then CPU in percent and memory once all have their sound."""
    seconds = _SETTLED_S + _WATCHED_S + _SPARE_S
    texts = [request(peer.path, **peer.headers())]
    load = start_load(Plan(port=peer.port, requests=texts, connections=crowd, bytes_s=_BYTES_S, seconds=seconds))
    time.sleep(_SETTLED_S)
    before = cpu_s(peer.pid)
    time.sleep(_WATCHED_S)
    cpu_percent = (cpu_s(peer.pid) - before) / _WATCHED_S * 100
    memory_mb = rss_mb(peer.pid)
    outcome = finish_load(load)
    if outcome.overslept > _MOST_OVERSLEPT:
        note = f"the load was short of CPU in {outcome.overslept:.0%} of its turns: stalls judge the machine"
        print(note, file=sys.stderr)
    return outcome.stalls, cpu_percent, memory_mb
