"""Send files, a few at a time, and learn the server's verdict on each. Knows no screen."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from tonearm_api import errors
from tonearm_api.client import Client, Uploaded
from tonearm_api.errors import TonearmError, Unauthenticated, Unreachable
from tonearm_api.library import Track, TrackState
from tonearm_api.sending import resuming
from tonearm_api.sending.files import display_path
from tonearm_api.sending.journal import Journal
from tonearm_api.sending.resuming import PASSING, PATIENCE_S, Patience

_POLL_S = (0.1, 0.2, 0.4, 0.8, 1.0)
"""Pauses between questions about a verdict, the last one for ever; a short track is decided in half a second."""

_VERDICT_S = 30 * 60.0
"""The server gives a decoder at most half the track's length; an hour-long track is decided by then."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file. `code` and `message` say why it was refused; `new` is false where it was there.

    `resumed_at_bytes` is what an earlier run had sent of it.
    """

    path: str
    state: Literal["ready", "verifying", "refused"]
    track: Track | None = None
    new: bool | None = None
    code: str | None = None
    message: str | None = None
    resumed_at_bytes: int | None = None


class Watcher(resuming.Watcher, Protocol):
    """Who is told how files get on; every call is quick."""

    def started(self, path: Path) -> None: ...
    def verifying(self, path: Path) -> None: ...
    def decided(self, path: Path, verdict: Verdict) -> None: ...


class Transfers:
    """Uploads over one client. A refused file is a verdict; a lost server or session ends everything."""

    def __init__(self, client: Client, watcher: Watcher, *, journal: Journal, wait: bool) -> None:
        self._client = client
        self._sender = resuming.Sender(client, journal, watcher)
        self._watcher = watcher
        self._wait = wait

    async def send_all(self, paths: Iterable[Path], *, at_once: int) -> None:
        """Send every file. Raises Unauthenticated or Unreachable as soon as nothing more can be sent."""
        waiting = iter(paths)

        async def work() -> None:
            for path in waiting:
                self._watcher.started(path)
                self._watcher.decided(path, await self._send_one(path))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(work())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _send_one(self, path: Path) -> Verdict:
        try:
            uploaded = await self._sender.send(path)
            return await self._decide(path, uploaded)
        except (Unauthenticated, Unreachable):
            raise
        except TonearmError as error:
            return Verdict(path=display_path(path), state="refused", code=error.code, message=error.detail)
        except OSError as error:
            return Verdict(path=display_path(path), state="refused", code="unreadable", message=error.strerror)

    async def _decide(self, path: Path, uploaded: Uploaded) -> Verdict:
        track = uploaded.track
        if self._wait and track.state is TrackState.VERIFYING:
            self._watcher.verifying(path)
            track = await self._verdict(track)
        name = display_path(path)
        if track.state is TrackState.REJECTED:
            return Verdict(
                path=name, state="refused", track=track, code=track.reason, message=errors.why_refused(track.reason)
            )
        state: Literal["ready", "verifying"] = "ready" if track.state is TrackState.READY else "verifying"
        return Verdict(path=name, state=state, track=track, new=uploaded.is_new)

    async def _verdict(self, track: Track) -> Track:
        """`track` once it is decided, or as it is when the longest wait is over. A server may restart meanwhile."""
        patience = Patience(PATIENCE_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_VERDICT_S):
                async for _ in _ticks():
                    try:
                        track = await self._client.get_track(track.id)
                    except PASSING as error:
                        await patience.wait(error)
                        continue
                    patience.renew()
                    if track.state is not TrackState.VERIFYING:
                        break
        return track


def conclusion(verdicts: Sequence[Verdict], *, asked: int) -> str:
    """What became of `asked` files, in one line of counts; empty where there are none."""
    counts = Counter(verdict.state for verdict in verdicts)
    there = sum(verdict.state == "ready" and verdict.new is False for verdict in verdicts)
    uploaded = counts["ready"] - there
    told = [
        f"{uploaded:,} {'file' if uploaded == 1 else 'files'} uploaded" if asked else "",
        f"{there:,} already there" if there else "",
        f"{counts['verifying']:,} still verifying" if counts["verifying"] else "",
        f"{counts['refused']:,} refused" if counts["refused"] else "",
        f"{asked - len(verdicts):,} not sent" if asked > len(verdicts) else "",
    ]
    return ", ".join(part for part in told if part)


async def _ticks() -> AsyncIterator[None]:
    for pause_s in _POLL_S:
        await asyncio.sleep(pause_s)
        yield
    while True:
        await asyncio.sleep(_POLL_S[-1])
        yield
