"""`/stream/{id}` beside nginx and a bare FileResponse: whole files and ranges, signed in, over 1 to 64 connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.load import Plan, request, run_load
from bench.measuring import Row, cpu_s, interleaved
from bench.peers import Peer, bare_aiohttp, nginx, tonearm, upload, write_noise

_SIZE = 10_000_000
_RANGE = 256 * 1024
_ROUNDS = 3
_FILES, _RANGES = 60, 1500
"""Enough for CPU that is counted in steps of 10 ms."""

_FILES_EACH, _RANGES_EACH = 4, 60
"""And so many on each connection at least, as whoever listens or seeks stays on theirs."""


def measure(folder: Path) -> Iterator[Row]:
    file = write_noise(folder / "noise.wav", size_bytes=_SIZE)
    with tonearm(folder) as signed_in, nginx(folder, file) as limit, bare_aiohttp(folder, file) as bare:
        (track_id,) = asyncio.run(upload(signed_in, file))
        ours = replace(signed_in, path=f"/stream/{track_id}")
        for connections in (1, 16, 64):
            yield from _whole(ours, limit, bare, connections)
        for connections in (1, 16, 64):
            yield from _ranges(ours, limit, bare, connections)


def _whole(ours: Peer, limit: Peer, bare: Peer, connections: int) -> Iterator[Row]:
    peers = (ours, limit, bare)
    speeds: dict[int, list[float]] = {peer.pid: [] for peer in peers}
    count = max(_FILES, _FILES_EACH * connections)

    def cpu_per_gb(peer: Peer) -> float:
        before = cpu_s(peer.pid)
        outcome = run_load(
            Plan(port=peer.port, requests=[request(peer.path, **peer.headers())], connections=connections, count=count)
        )
        speeds[peer.pid].append(outcome.size_bytes / outcome.took_s / 1e6)
        return (cpu_s(peer.pid) - before) / (outcome.size_bytes / 1e9)

    own, least, framework = interleaved(_ROUNDS, *(lambda peer=peer: cpu_per_gb(peer) for peer in peers))
    what = f"10 MB file, {connections} connections"
    yield Row(
        what=f"{what}, CPU", measured=own, unit="s/GB", yardstick="nginx", beside=least, aim=1.8, aim_is_ratio=True
    )
    yield Row(what=f"{what}, CPU", measured=own, unit="s/GB", yardstick="FileResponse", beside=framework)
    yield _speed(f"{what}, throughput", ours, limit, speeds, "MB/s")


def _ranges(ours: Peer, limit: Peer, bare: Peer, connections: int) -> Iterator[Row]:
    peers = (ours, limit, bare)
    speeds: dict[int, list[float]] = {peer.pid: [] for peer in peers}
    count = max(_RANGES, _RANGES_EACH * connections)
    starts = [number * _RANGE for number in range(_SIZE // _RANGE)]

    def cpu_ms(peer: Peer) -> float:
        texts = [request(peer.path, **peer.headers(Range=f"bytes={start}-{start + _RANGE - 1}")) for start in starts]
        before = cpu_s(peer.pid)
        outcome = run_load(Plan(port=peer.port, requests=texts, connections=connections, count=count))
        speeds[peer.pid].append(outcome.answers / outcome.took_s)
        return (cpu_s(peer.pid) - before) / outcome.answers * 1000

    own, least, framework = interleaved(_ROUNDS, *(lambda peer=peer: cpu_ms(peer) for peer in peers))
    what = f"256 KiB range, {connections} connections"
    yield Row(what=f"{what}, CPU", measured=own, unit="ms", yardstick="nginx", beside=least, aim=3, aim_is_ratio=True)
    yield Row(what=f"{what}, CPU", measured=own, unit="ms", yardstick="FileResponse", beside=framework)
    yield _speed(f"{what}, requests", ours, limit, speeds, "/s")


def _speed(what: str, ours: Peer, limit: Peer, speeds: dict[int, list[float]], unit: str) -> Row:
    own, least = (sorted(speeds[peer.pid])[_ROUNDS // 2] for peer in (ours, limit))
    return Row(what=what, measured=own, unit=unit, yardstick="nginx", beside=least)
