"""Runs ffmpeg over a file once, inside its cage and its budget, and reads off what it measured."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple

from tonearm_api.errors import TruncatedAudio, Unavailable, Undecodable
from tonearm_server.audio.child.launcher import CANNOT_RUN
from tonearm_server.audio.decoder import LOSSLESS, Budget, analysis_arguments, budget_for, caged, find_ffmpeg
from tonearm_server.audio.pipes import open_anew, read_pipe
from tonearm_server.audio.types import Analysis, AudioHeader
from tonearm_server.audio.waveform import Waveform

log = logging.getLogger(__name__)

_CHUNK_BYTES: Final = 1 << 16
_LOG_BYTES: Final = 1 << 16  # what is kept of ffmpeg's log: the summaries are its last 2 KB
_FINGERPRINT_BYTES: Final = 1 << 15  # two minutes are under 4 KB
_MISSING_MS: Final = 2_000
_MISSING_SHARE: Final = 0.02
"""A file is cut short when more than both are missing: encoders pad, and lossy lengths are estimates."""

_SILENT_LUFS: Final = -70.0  # the absolute gate of EBU R128: nothing was loud enough to measure
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}  # arenas of 64 MB a thread would fill the limit

_LOUDNESS = re.compile(r"\bI:\s+(-?\d+(?:\.\d+)?) LUFS")
_PEAK = re.compile(r"\bPeak:\s+(-?\d+(?:\.\d+)?) dBFS")
_DECODED = re.compile(r"(\d+) frames decoded; (\d+) decode errors")
_FINGERPRINT = re.compile(r"[A-Za-z0-9_-]{7,}")  # six characters are a header without content: too short a sound


class _Run(NamedTuple):
    """What one run of ffmpeg left behind."""

    exit_code: int
    waveform: Waveform
    fingerprint: str
    log: str


class Analyser:
    """Decodes as many files at once as there are cores."""

    def __init__(self, *, ffmpeg: Path | None) -> None:
        self._ffmpeg = ffmpeg
        self._slots = asyncio.Semaphore(os.cpu_count() or 1)
        self._running: set[asyncio.subprocess.Process] = set()
        self._closed = False

    async def close(self) -> None:
        """End every ffmpeg that still runs; whoever waits for one gets Unavailable."""
        self._closed = True
        for process in list(self._running):
            await _end(process)

    async def analyse(self, descriptor: int, *, header: AudioHeader) -> Analysis:
        """Raises Undecodable, TruncatedAudio, or Unavailable when ffmpeg cannot run or was ended by somebody else."""
        async with self._slots:
            run = await self._run(descriptor, header=header)
        if run.exit_code == CANNOT_RUN:
            log.error("ffmpeg cannot be started: %s", run.log[-200:].strip())
            raise Unavailable
        if run.exit_code == -signal.SIGKILL:  # not the budget, which ends with SIGXCPU: a drain, or no memory left
            raise Unavailable
        return _judge(run, header=header)

    async def _run(self, descriptor: int, *, header: AudioHeader) -> _Run:
        """One ffmpeg and its three outputs; over its budget, or when cancelled, its whole group is killed."""
        budget = budget_for(header.duration_ms)
        listening, speaking = os.pipe()
        with os.fdopen(listening, "rb", buffering=0) as fingerprint:
            process = await self._start(descriptor, header=header, budget=budget, speaking=speaking)
            self._running.add(process)
            try:
                if self._closed:  # between the decision to start and the start
                    raise Unavailable
                async with asyncio.timeout(budget.wall_s):
                    return await _collect(process, fingerprint)
            except TimeoutError as late:
                raise Undecodable from late
            finally:
                await _end(process)
                self._running.discard(process)

    async def _start(
        self, descriptor: int, *, header: AudioHeader, budget: Budget, speaking: int
    ) -> asyncio.subprocess.Process:
        """Start ffmpeg in its cage. Closes `speaking`, which is the child's alone."""
        arguments = analysis_arguments(header.format, fingerprint_descriptor=speaking)
        try:
            with open_anew(descriptor) as file:
                return await asyncio.create_subprocess_exec(
                    *caged(find_ffmpeg(self._ffmpeg), arguments=arguments, budget=budget, parent_pid=os.getpid()),
                    stdin=file,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    pass_fds=(speaking,),
                    env=_ENVIRONMENT,
                    start_new_session=True,
                )
        except (OSError, RuntimeError) as missing:
            raise Unavailable from missing
        finally:
            os.close(speaking)


def _judge(run: _Run, *, header: AudioHeader) -> Analysis:
    frames, errors = _last_counts(run.log)
    if not run.waveform.duration_ms or not frames:
        raise Undecodable
    _check_length(run.waveform.duration_ms, declared_ms=header.duration_ms)
    if run.exit_code or (errors and header.format in LOSSLESS):
        raise Undecodable
    loudness, peak = _measured(run.log)
    return Analysis(
        duration_ms=run.waveform.duration_ms,
        loudness_lufs=loudness,
        true_peak_dbtp=peak if loudness is not None else None,
        waveform=run.waveform.bars(),
        fingerprint=run.fingerprint,
    )


def _check_length(decoded_ms: int, *, declared_ms: int | None) -> None:
    missing_ms = (declared_ms or 0) - decoded_ms
    if missing_ms > _MISSING_MS and missing_ms > _MISSING_SHARE * (declared_ms or 0):
        raise TruncatedAudio


def _last_counts(text: str) -> tuple[int, int]:
    """Frames decoded and decoding errors; none where ffmpeg did not come so far as to say."""
    counts = _DECODED.findall(text)
    return (int(counts[-1][0]), int(counts[-1][1])) if counts else (0, 0)


def _measured(text: str) -> tuple[float | None, float | None]:
    """Loudness and true peak from the last summary: what stands before it may be the file's own words."""
    summary = text.rpartition("Summary:")[2]
    loudness, peak = _LOUDNESS.search(summary), _PEAK.search(summary)
    if loudness is None or float(loudness[1]) <= _SILENT_LUFS:
        return None, None
    return float(loudness[1]), float(peak[1]) if peak else None


async def _collect(process: asyncio.subprocess.Process, fingerprint_pipe: FileIO) -> _Run:
    waveform = Waveform()
    fingerprint, text, _ = await asyncio.gather(
        _read_fingerprint(fingerprint_pipe), _read_tail(process.stderr), _read_samples(process.stdout, waveform)
    )
    return _Run(await process.wait(), waveform, fingerprint, text)


async def _read_samples(stream: asyncio.StreamReader | None, waveform: Waveform) -> None:
    while stream and (chunk := await stream.read(_CHUNK_BYTES)):
        waveform.add(chunk)


async def _read_tail(stream: asyncio.StreamReader | None) -> str:
    tail = bytearray()
    while stream and (chunk := await stream.read(_CHUNK_BYTES)):
        tail += chunk
        del tail[:-_LOG_BYTES]
    return tail.decode(errors="replace")


async def _read_fingerprint(pipe: FileIO) -> str:
    """What arrives on the pipe, where that is a fingerprint."""
    received = await read_pipe(pipe, most_bytes=_FINGERPRINT_BYTES)
    fingerprint = received.decode(errors="replace").strip()
    return fingerprint if _FINGERPRINT.fullmatch(fingerprint) else ""


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill the process and all that it may have started, and wait until it is gone."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
