"""What the use cases of accounts work with, in one value; and the letters they send."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_server.auth.passwords import Passwords
from tonearm_server.auth.sealing import Sealer
from tonearm_server.auth.throttle import Throttle
from tonearm_server.config import Registration
from tonearm_server.jobs.queue import JobQueue
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.limits import Limiter
from tonearm_server.mail import outbox
from tonearm_server.mail.letters import Letter


@dataclass(frozen=True, kw_only=True, slots=True)
class Rooms:
    """`verifies`: addresses are verified before an account exists, which takes a server that can send mail."""

    passwords: Passwords
    sealer: Sealer
    throttle: Throttle
    limiter: Limiter
    jobs: JobQueue
    clock: Clock
    registration: Registration
    verifies: bool

    async def post(self, template: str, *, to: str, connection: BaseDBAsyncClient, **values: str | int) -> None:
        """Send the letter of that template once the caller's transaction has committed; `jobs.wake()` makes it soon."""
        letter = Letter(to=to, template=template, values=values)
        mail_id = await outbox.add(letter, sealer=self.sealer, clock=self.clock, connection=connection)
        await self.jobs.add(outbox.DELIVER, mail_id, connection=connection)


ROOMS: web.AppKey[Rooms] = web.AppKey("account_rooms", Rooms)
