"""The embedded job engine: a table, a lease with a heartbeat, back-off, a dead state.

A job is added in the transaction that makes it needed and done at least once: after a crash its lease runs
out and it is taken again, so handlers are idempotent. A cancelled job is given back at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import OperationalError
from tortoise.queryset import QuerySet

from tonearm_api.errors import Unavailable
from tonearm_server.jobs.models import Job
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import Dialect, Value, dialect_of, execute, fetch

log = logging.getLogger(__name__)

Handler = Callable[[str], Awaitable[None]]
"""Does one job; gets its subject. Raising means: try again later."""

_LEASE_MS = 60_000
_HEARTBEAT_S = 20
_POLL_S = 30
"""How often to look for jobs whose back-off or lease ran out; new ones wake a worker at once."""

_WRITE_AGAIN_S = 1
"""How long a database that is away is left alone; its restart takes a few seconds."""

_BACK_OFF_MS = (1_000, 10_000, 60_000, 600_000)
"""Waits between attempts; after the last the job is dead and an operator may look."""

_ADD = """
    INSERT INTO job (kind, subject, attempts, due_at_ms, is_dead) VALUES (?, ?, 0, ?, FALSE)
    ON CONFLICT (kind, subject) DO UPDATE SET attempts = 0, is_dead = FALSE, due_at_ms = excluded.due_at_ms
    WHERE job.is_dead
"""
_ADD_MISSING = """
    INSERT INTO job (kind, subject, attempts, due_at_ms, is_dead) VALUES (?, ?, 0, ?, FALSE) ON CONFLICT DO NOTHING
"""
_CLAIM = """
    UPDATE job SET leased_until_ms = ?, leased_by = ?, attempts = attempts + 1 WHERE row_id = (
        SELECT row_id FROM job
        WHERE kind IN ({kinds}) AND is_dead = FALSE AND due_at_ms <= ?
            AND (leased_until_ms IS NULL OR leased_until_ms <= ?)
        ORDER BY due_at_ms LIMIT 1 {unless_taken}
    ) RETURNING row_id, kind, subject, attempts
"""
_UNLESS_TAKEN: dict[Dialect, str] = {"sqlite": "", "postgres": "FOR UPDATE SKIP LOCKED"}
"""SQLite claims one after the other; on PostgreSQL other processes claim at the same moment."""


class JobQueue:
    """Runs `workers` jobs at a time between `start` and `stop`, of the kinds that it has handlers for, for the data
    folder `owner`."""

    def __init__(self, handlers: Mapping[str, Handler], *, owner: str, clock: Clock, workers: int) -> None:
        self._handlers = handlers
        self._owner = owner
        self._clock = clock
        self._workers = workers
        self._tasks: list[asyncio.Task[None]] = []
        self._wake = asyncio.Event()

    async def add(self, kind: str, subject: str, *, connection: BaseDBAsyncClient) -> None:
        """Queue a job inside the caller's transaction; call `wake` when that has committed."""
        await execute(connection, _ADD, [kind, subject, self._clock.now_ms()])

    async def add_missing(self, kind: str, subject: str, *, connection: BaseDBAsyncClient) -> None:
        """Queue a job that an engine lost; one that is queued, or was given up, stays as it is."""
        await execute(connection, _ADD_MISSING, [kind, subject, self._clock.now_ms()])

    def wake(self) -> None:
        self._wake.set()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work(), name=f"job-worker-{n}") for n in range(self._workers)]

    async def stop(self) -> None:
        """Give back what is under way and end the workers."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            try:
                while job := await self._claim():
                    await self._do(job)
            except Exception:  # a worker outlives a database that is busy or gone for a moment
                log.exception("a job worker stumbled and goes on")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _POLL_S)

    async def _claim(self) -> Job | None:
        now_ms = self._clock.now_ms()
        connection = Job._meta.db  # noqa: SLF001  # Tortoise offers no public name for a model's connection
        kinds = ", ".join("?" * len(self._handlers))
        claim = _CLAIM.format(kinds=kinds, unless_taken=_UNLESS_TAKEN[dialect_of(connection)])
        values: list[Value] = [now_ms + _LEASE_MS, self._owner, *self._handlers, now_ms, now_ms]
        rows = await fetch(connection, claim, values)
        return Job(**rows[0], due_at_ms=now_ms) if rows else None

    async def _do(self, job: Job) -> None:
        heartbeat = asyncio.create_task(self._keep_lease(job))
        try:
            await self._handlers[job.kind](job.subject)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(job))
            raise
        except Exception as error:  # whatever a handler raises is retried and shown
            log.exception("job %s %s failed, attempt %d", job.kind, job.subject, job.attempts)
            name = type(error).__name__
            await _until_written(lambda: self._put_off(job, name))
        else:
            await _until_written(lambda: _held(job).delete())
        finally:
            heartbeat.cancel()

    async def _keep_lease(self, job: Job) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_S)
            try:
                await _held(job).update(leased_until_ms=self._clock.now_ms() + _LEASE_MS)
            except (Unavailable, OperationalError) as error:
                log.warning("the lease of a job cannot be prolonged yet: %s", type(error).__name__)

    async def _give_back(self, job: Job) -> None:
        await _held(job).update(leased_until_ms=None, attempts=job.attempts - 1)

    async def _put_off(self, job: Job, error: str) -> None:
        is_dead = job.attempts > len(_BACK_OFF_MS)
        wait_ms = 0 if is_dead else _BACK_OFF_MS[job.attempts - 1]
        if is_dead:
            log.error("job %s %s is given up", job.kind, job.subject)
        await _held(job).update(
            leased_until_ms=None, due_at_ms=self._clock.now_ms() + wait_ms, is_dead=is_dead, last_error=error
        )


def _held(job: Job) -> QuerySet[Job]:
    """The job's row as long as nobody has claimed it since: a worker whose lease ran out has no say in it."""
    return Job.filter(row_id=job.row_id, attempts=job.attempts)


async def _until_written(write: Callable[[], Awaitable[object]]) -> None:
    """Record how a job ended, however long the database is away: else its lease would keep it from everybody."""
    while True:
        try:
            await write()
        except (Unavailable, OperationalError) as error:
            log.warning("the outcome of a job cannot be written yet: %s", type(error).__name__)
            await asyncio.sleep(_WRITE_AGAIN_S)
        else:
            return


JOBS: web.AppKey[JobQueue] = web.AppKey("jobs", JobQueue)
