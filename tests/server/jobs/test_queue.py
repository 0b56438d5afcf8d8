"""The embedded job engine on a real database: once is enough, twice is possible, lost is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.postgres import Backend
from tests.support import until

from tonearm_server.jobs import queue
from tonearm_server.jobs.models import Job
from tonearm_server.jobs.queue import JobQueue
from tonearm_server.jobs.recovery import release_leases
from tonearm_server.kit.db import execute, fetch, open_database, transaction
from tonearm_server.models import MODELS

pytestmark = pytest.mark.db

HOUR_MS = 3_600_000
FOLDER = "folder"


class FakeClock:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.ms / 1000


class Worker:
    """A handler that fails as often as it is told, and can be made to wait."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failures = 0
        self.began = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self, subject: str) -> None:
        self.began.set()
        await self.may_end.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not yet")
        self.done.append(subject)


@pytest.fixture
async def _database(tmp_path: Path, backend: Backend) -> AsyncIterator[None]:
    database = await open_database(tmp_path / "x.db", models=MODELS, url=backend.new_url())
    yield
    await database.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def worker() -> Worker:
    return Worker()


@pytest.fixture
async def jobs(_database: None, clock: FakeClock, worker: Worker) -> AsyncIterator[JobQueue]:
    queue = JobQueue({"kind": worker}, owner=FOLDER, clock=clock, workers=1)
    yield queue
    await queue.stop()


async def add(jobs: JobQueue, subject: str) -> None:
    async with transaction() as connection:
        await jobs.add("kind", subject, connection=connection)
    jobs.wake()


async def run(statement: str) -> None:
    async with transaction() as connection:
        await execute(connection, statement)


async def is_empty() -> bool:
    return not await Job.all().count()


async def one_job() -> Job:
    return await Job.all().get()


async def test_a_job_is_done_and_forgotten(jobs: JobQueue, worker: Worker) -> None:
    jobs.start()

    await add(jobs, "a")
    await until(is_empty, what="the job to be done")

    assert worker.done == ["a"]


async def test_a_job_added_twice_is_done_once(jobs: JobQueue, worker: Worker) -> None:
    await add(jobs, "a")
    await add(jobs, "a")

    jobs.start()
    await until(is_empty, what="the job to be done")

    assert worker.done == ["a"]


async def test_a_job_of_a_transaction_that_failed_is_not_there(jobs: JobQueue) -> None:
    async def fail() -> None:
        async with transaction() as connection:
            await jobs.add("kind", "a", connection=connection)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    assert await is_empty()


async def test_a_failed_job_waits_and_is_done_later(
    jobs: JobQueue, worker: Worker, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    worker.failures = 1
    jobs.start()
    await add(jobs, "a")

    async def was_put_off() -> bool:
        return bool((await one_job()).due_at_ms > clock.ms)

    await until(was_put_off, what="the failed job to be put off")
    assert (await one_job()).last_error == "RuntimeError"
    clock.ms += HOUR_MS
    jobs.wake()
    await until(is_empty, what="the job to be done")

    assert worker.done == ["a"]


async def test_a_job_that_always_fails_is_dead_and_can_be_revived(
    jobs: JobQueue, worker: Worker, clock: FakeClock
) -> None:
    worker.failures = 5
    jobs.start()
    await add(jobs, "a")

    async def is_dead() -> bool:
        clock.ms += HOUR_MS
        jobs.wake()
        return bool((await one_job()).is_dead)

    await until(is_dead, what="the job to be given up")
    assert worker.done == []
    await add(jobs, "a")
    await until(is_empty, what="the revived job to be done")

    assert worker.done == ["a"]


async def test_a_job_that_was_given_up_is_not_taken_for_a_lost_one(jobs: JobQueue) -> None:
    await Job.create(kind="kind", subject="a", attempts=5, due_at_ms=0, is_dead=True)

    async with transaction() as connection:
        for subject in "ab":
            await jobs.add_missing("kind", subject, connection=connection)

    queued = await Job.all().order_by("subject").values_list("subject", "attempts", "is_dead")
    assert [("a", 5, True), ("b", 0, False)] == [tuple(row) for row in queued]


async def test_a_cancelled_job_is_given_back(jobs: JobQueue, worker: Worker) -> None:
    worker.may_end.clear()
    jobs.start()
    await add(jobs, "a")
    await worker.began.wait()

    await jobs.stop()

    job = await one_job()
    assert (job.leased_until_ms, job.attempts, job.is_dead) == (None, 0, False)


async def test_a_lease_that_ran_out_is_taken_again(jobs: JobQueue, worker: Worker, clock: FakeClock) -> None:
    await add(jobs, "a")
    await Job.all().update(leased_until_ms=clock.ms + 1000, attempts=1)
    jobs.start()
    await asyncio.sleep(0)
    assert worker.done == []

    clock.ms += 2000
    jobs.wake()
    await until(is_empty, what="the abandoned job to be done")

    assert worker.done == ["a"]


async def test_a_lease_is_prolonged_again_after_the_database_was_away(
    jobs: JobQueue,
    worker: Worker,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(queue, "_HEARTBEAT_S", 0.01)
    worker.may_end.clear()
    jobs.start()
    await add(jobs, "a")
    await worker.began.wait()

    async def was_noticed() -> bool:
        return "cannot be prolonged" in caplog.text

    async def is_prolonged() -> bool:
        return bool((await one_job()).leased_until_ms > clock.ms)

    await run("ALTER TABLE job RENAME TO job_away")
    await until(was_noticed, what="a heartbeat to fail")
    await run("ALTER TABLE job_away RENAME TO job")
    clock.ms += HOUR_MS
    await until(is_prolonged, what="the lease to be prolonged")


async def test_a_worker_that_lost_its_lease_has_no_say_in_the_job(
    jobs: JobQueue, worker: Worker, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    worker.failures = 1
    worker.may_end.clear()
    jobs.start()
    await add(jobs, "a")
    await worker.began.wait()
    taken = {"attempts": 2, "leased_until_ms": clock.ms + HOUR_MS}
    await Job.filter(subject="a").update(**taken)

    worker.may_end.set()
    await add(jobs, "b")

    async def is_done() -> bool:
        return worker.done == ["b"] and await Job.all().count() == 1

    await until(is_done, what="the job after it to be done")
    job = await one_job()
    assert taken == {"attempts": job.attempts, "leased_until_ms": job.leased_until_ms}


async def test_a_job_is_claimed_without_reading_those_that_wait(tmp_path: Path) -> None:
    """SQLite's plan: PostgreSQL chooses by the size of the table."""
    database = await open_database(tmp_path / "x.db", models=MODELS)
    claim = queue._CLAIM.format(kinds="?, ?", unless_taken="")
    try:
        plan = await fetch(Job._meta.db, f"EXPLAIN QUERY PLAN {claim}", [0, FOLDER, "verify", "mail", 0, 0])
    finally:
        await database.close()

    steps = [row["detail"] for row in plan]
    assert any("is_dead=? AND due_at_ms<?" in step for step in steps)
    assert not any("ORDER BY" in step for step in steps)


async def test_leases_of_a_process_that_died_are_free_at_its_successors_start_and_no_others(
    jobs: JobQueue, worker: Worker, clock: FakeClock
) -> None:
    worker.may_end.clear()
    jobs.start()
    await add(jobs, "ours")
    await worker.began.wait()
    await add(jobs, "theirs")
    await Job.filter(subject="theirs").update(leased_until_ms=clock.ms + HOUR_MS, leased_by="another folder")

    await release_leases(FOLDER)

    assert {"ours": None, "theirs": clock.ms + HOUR_MS} == {job.subject: job.leased_until_ms for job in await Job.all()}
