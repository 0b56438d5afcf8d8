"""Letters waiting in the database: sealed, since they hold one-time links, and only until they are delivered."""

from __future__ import annotations

import logging
from typing import Protocol

import msgspec
from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import execute, transaction
from tonearm_server.kit.ids import new_id
from tonearm_server.mail.letters import Letter
from tonearm_server.mail.models import Mail

log = logging.getLogger(__name__)

DELIVER = "mail"
"""The kind of job that delivers a letter; its subject is the letter's id."""

_KEPT_MS = 24 * 3600 * 1000
"""A day: so long is delivery tried again, and known that it was done. The links have expired by then."""

_ADD = "INSERT INTO mail (id, sealed, created_at_ms) VALUES (?, ?, ?)"


class Sealer(Protocol):
    """Encrypts under a key that is not in the database. `about` has to be the same when it is opened again."""

    def seal(self, plain: bytes, *, about: str) -> str: ...

    def open(self, sealed: str, *, about: str) -> bytes: ...


class Jobs(Protocol):
    async def add(self, kind: str, subject: str, *, connection: BaseDBAsyncClient) -> None: ...

    def wake(self) -> None: ...


async def add(letter: Letter, *, sealer: Sealer, clock: Clock, connection: BaseDBAsyncClient) -> str:
    """Write the letter inside the caller's transaction; returns its id. The caller adds the job to the same one."""
    mail_id = new_id()
    sealed = sealer.seal(msgspec.json.encode(letter), about=_about(mail_id))
    await execute(connection, _ADD, [mail_id, sealed, clock.now_ms()])
    return mail_id


def open_letter(mail: Mail, *, sealer: Sealer) -> Letter:
    return msgspec.json.decode(sealer.open(mail.sealed, about=_about(mail.id)), type=Letter)


async def mark_sent(mail: Mail, *, clock: Clock) -> None:
    await Mail.filter(id=mail.id).update(sent_at_ms=clock.now_ms(), sealed="")


async def mark_refused(mail: Mail, *, clock: Clock) -> None:
    await Mail.filter(id=mail.id).update(refused_at_ms=clock.now_ms(), sealed="")


async def count_waiting() -> int:
    return await Mail.filter(sent_at_ms=None, refused_at_ms=None).count()


async def keep_house(jobs: Jobs, *, clock: Clock) -> None:
    """Queue again what waits, even what the queue gave up: a mail server may be away for hours. Delete what is old."""
    async with transaction() as connection:
        waiting = (
            await Mail.filter(sent_at_ms=None, refused_at_ms=None).using_db(connection).only("id", "created_at_ms")
        )
        for mail in waiting:
            await jobs.add(DELIVER, mail.id, connection=connection)
        before_ms = clock.now_ms() - _KEPT_MS
        await Mail.filter(created_at_ms__lt=before_ms).using_db(connection).delete()
    jobs.wake()
    lost = sum(mail.created_at_ms < before_ms for mail in waiting)
    if lost:
        log.warning("%d letters could not be delivered for a day and are deleted", lost)


def _about(mail_id: str) -> str:
    return f"mail:{mail_id}"
