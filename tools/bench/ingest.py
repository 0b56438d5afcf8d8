"""Uploads through the front door: small files one after the other, and the bytes of large ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measuring import Row, cpu_s
from bench.peers import tonearm, upload, write_noise

_SMALL, _SMALL_BYTES = 40, 88_200
_LARGE_BYTES = 60_000_000


def measure(folder: Path) -> Iterator[Row]:
    small = [write_noise(folder / f"{number}.wav", size_bytes=_SMALL_BYTES, seed=number) for number in range(_SMALL)]
    large = write_noise(folder / "large.wav", size_bytes=_LARGE_BYTES, seed=_SMALL)
    with tonearm(folder) as peer:
        asyncio.run(upload(peer, write_noise(folder / "first.wav", size_bytes=_SMALL_BYTES, seed=_SMALL + 1)))
        before, start = cpu_s(peer.pid), time.perf_counter()
        asyncio.run(upload(peer, *small))
        took_s, used_s = time.perf_counter() - start, cpu_s(peer.pid) - before
        yield Row(
            what="ingest of half a second of sound, until decoded", measured=took_s / _SMALL * 1000, unit="ms a track"
        )
        yield Row(
            what="ingest of half a second of sound, CPU with sandbox and ffmpeg",
            measured=used_s / _SMALL * 1000,
            unit="ms a track",
        )
        before = cpu_s(peer.pid)
        asyncio.run(upload(peer, large))
        used_s = cpu_s(peer.pid) - before
        yield Row(
            what="ingest of a 60 MB file, CPU with decoding all of it",
            measured=used_s / _LARGE_BYTES * 1e9,
            unit="s/GB",
        )
