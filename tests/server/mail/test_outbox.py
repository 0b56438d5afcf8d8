"""Letters in the database while nobody takes them: tried for a day, then deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.server.auth.conftest import DAY_S, HOUR_S, TurnedClock

from tonearm_api.errors import Unavailable
from tonearm_server.jobs.models import Job
from tonearm_server.jobs.queue import JobQueue
from tonearm_server.kit.db import open_database, transaction
from tonearm_server.mail import outbox
from tonearm_server.mail.letters import Letter
from tonearm_server.mail.models import Mail
from tonearm_server.mail.postman import Postman
from tonearm_server.models import MODELS

LETTER = Letter("ada@example.test", "email_changed", {"name": "Ada"})


class Reverser:
    """A seal that a test can see through."""

    def seal(self, plain: bytes, *, about: str) -> str:
        return plain.decode()[::-1] + about

    def open(self, sealed: str, *, about: str) -> bytes:
        return sealed.removesuffix(about)[::-1].encode()


class Carrier:
    """Takes letters while `is_open`."""

    def __init__(self) -> None:
        self.is_open = True
        self.carried: list[str] = []

    async def carry(self, message: EmailMessage, *, mail_id: str, written_at_ms: int) -> None:
        if not self.is_open:
            raise Unavailable("closed")
        self.carried.append(str(message["Message-ID"]))


class Office:
    """The rooms that a letter goes through, without workers: a test does the jobs itself."""

    def __init__(self) -> None:
        self.clock = TurnedClock()
        self.carrier = Carrier()
        self.sealer = Reverser()
        self.jobs = JobQueue({}, owner="folder", clock=self.clock, workers=0)
        self.postman = Postman(
            self.carrier, sender="music@example.test", host="example.test", sealer=self.sealer, clock=self.clock
        )

    async def post(self) -> str:
        async with transaction() as connection:
            mail_id = await outbox.add(LETTER, sealer=self.sealer, clock=self.clock, connection=connection)
            await self.jobs.add(outbox.DELIVER, mail_id, connection=connection)
        return mail_id


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    database = await open_database(tmp_path / "tonearm.db", models=MODELS)
    try:
        yield Office()
    finally:
        await database.close()


async def test_a_letter_is_delivered_once_however_often_its_job_runs(office: Office) -> None:
    mail_id = await office.post()

    await office.postman.deliver(mail_id)
    await office.postman.deliver(mail_id)
    await office.postman.deliver("never written")

    assert office.carrier.carried == [f"<{mail_id}@example.test>"]
    assert [mail.sealed for mail in await Mail.all()] == [""]


async def test_a_letter_and_what_it_tells_of_are_written_together(office: Office) -> None:
    async def write_and_fail() -> None:
        async with transaction() as connection:
            await outbox.add(LETTER, sealer=office.sealer, clock=office.clock, connection=connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()

    assert await outbox.count_waiting() == 0


async def test_a_mail_server_that_is_away_for_hours_gets_the_letter_in_the_end(office: Office) -> None:
    office.carrier.is_open = False
    mail_id = await office.post()
    with pytest.raises(Unavailable):
        await office.postman.deliver(mail_id)
    await Job.all().update(is_dead=True)  # as the queue leaves it after its last try

    office.clock.turn(s=5 * HOUR_S)
    await outbox.keep_house(office.jobs, clock=office.clock)

    assert [(job.subject, job.is_dead) for job in await Job.all()] == [(mail_id, False)]
    office.carrier.is_open = True
    await office.postman.deliver(mail_id)
    assert office.carrier.carried == [f"<{mail_id}@example.test>"]


async def test_after_a_day_nothing_is_left_of_a_letter_and_its_job_can_end(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    lost, sent = await office.post(), await office.post()
    await office.postman.deliver(sent)
    await Job.filter(subject=lost).update(is_dead=True)

    office.clock.turn(s=DAY_S)
    await outbox.keep_house(office.jobs, clock=office.clock)
    assert await Mail.all().count() == 2
    office.clock.turn(s=1)
    await outbox.keep_house(office.jobs, clock=office.clock)

    assert await Mail.all().count() == 0
    assert "1 letters" in caplog.text
    assert await Job.filter(subject=lost, is_dead=True).count() == 0
    await office.postman.deliver(lost)
    assert office.carrier.carried == [f"<{sent}@example.test>"]
