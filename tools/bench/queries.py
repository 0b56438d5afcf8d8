"""Lists and searches at 10,000 and 100,000 tracks, signed in: latency, CPU a request, requests a second."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.load import Plan, request, run_load
from bench.measuring import Row, cpu_s
from bench.peers import TONEARM, Peer, environment, tonearm

_SIZES = (10_000, 100_000)
_KEPT = Path(__file__).parents[2] / ".bench"
"""Libraries that were filled once, in minutes; `make clean` removes them."""

_COUNT = 600
_TYPED = ("r", "ri", "riv", "silent", "björn", "ночн", "golden mirror", "月光", "anna fje", "zimm")
"""What people type, from the first letter on; the last one is there by no name."""


@dataclass(frozen=True, slots=True)
class _Question:
    what: str
    paths: list[str]
    aim_ms: float
    """CPU a request at 10,000 tracks (issue 3)."""


_QUESTIONS = (
    _Question("list of 100", ["/api/v1/tracks?limit=100", "/api/v1/tracks?limit=100&sort=popular"], 0.75),
    _Question("search", [f"/api/v1/search?q={quote(typed)}" for typed in _TYPED], 1.4),
)
_AIM_P95_MS = 20


def measure(folder: Path) -> Iterator[Row]:
    for size in _SIZES:
        home = folder / str(size)
        # No question here reads a track's bytes, which are most of it.
        shutil.copytree(_filled(size), home / "data", ignore=shutil.ignore_patterns("blobs"))
        with tonearm(home) as peer:
            for question in _QUESTIONS:
                yield from _ask(peer, question, size=size)


def _filled(size: int) -> Path:
    """The data folder with a library of that many tracks, whole or not there."""
    kept = _KEPT / f"{size}-tracks"
    if not kept.exists():
        filling = kept.with_suffix(".filling")
        shutil.rmtree(filling, ignore_errors=True)
        command = [TONEARM, "server", "synth", "--tracks", str(size), "--data", str(filling)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment(_KEPT))
        filling.rename(kept)
    return kept


def _ask(peer: Peer, question: _Question, *, size: int) -> Iterator[Row]:
    texts = [request(path, **peer.headers()) for path in question.paths]
    run_load(Plan(port=peer.port, requests=texts, count=len(texts) * 2))
    before = cpu_s(peer.pid)
    one = run_load(Plan(port=peer.port, requests=texts, count=_COUNT))
    cpu_ms = (cpu_s(peer.pid) - before) / one.answers * 1000
    many = run_load(Plan(port=peer.port, requests=texts, connections=16, count=_COUNT))
    what = f"{question.what}, {size:,} tracks"
    is_large = size == max(_SIZES)
    yield Row(what=f"{what}, CPU", measured=cpu_ms, unit="ms", aim=None if is_large else question.aim_ms)
    yield Row(what=f"{what}, p50", measured=one.percentile_ms(0.5), unit="ms")
    yield Row(what=f"{what}, p95", measured=one.percentile_ms(0.95), unit="ms", aim=_AIM_P95_MS if is_large else None)
    yield Row(what=f"{what}, 16 connections", measured=many.answers / many.took_s, unit="/s")
