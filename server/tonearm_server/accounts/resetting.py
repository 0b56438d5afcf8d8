"""A forgotten password: asked for by anyone, answered by mail, chosen anew by whoever has the link."""

from __future__ import annotations

from tonearm_api.auth import ForgotPassword, ResetPassword
from tonearm_api.errors import Gone
from tonearm_server.accounts.limits import allow_link, allow_mail
from tonearm_server.accounts.notices import notice
from tonearm_server.accounts.rooms import Rooms
from tonearm_server.auth import devices, onetime
from tonearm_server.auth.models import ForgottenPassword, User
from tonearm_server.auth.onetime import LIFE_MS, Purpose
from tonearm_server.auth.people import checked_email_key
from tonearm_server.auth.sessions import Visit, end_sessions
from tonearm_server.kit.db import transaction
from tonearm_server.kit.ids import hash_secret, new_id

FORGOTTEN = "forgotten_password"
"""The job that looks into it."""

MINUTES = LIFE_MS[Purpose.RESET_PASSWORD] // 60_000


async def forgot_password(wanted: ForgotPassword, *, visit: Visit, base_url: str, rooms: Rooms) -> None:
    """Note the wish. Whether the address has an account is looked up later: the answer's time tells nothing."""
    await allow_mail(wanted.email, visit=visit, limiter=rooms.limiter)
    async with transaction() as connection:
        noted = await ForgottenPassword.create(
            using_db=connection, id=new_id(), email_key=checked_email_key(wanted.email), base_url=base_url
        )
        await rooms.jobs.add(FORGOTTEN, noted.id, connection=connection)
    rooms.jobs.wake()


async def answer_forgotten(noted_id: str, *, rooms: Rooms) -> None:
    """The job: mail a link where there is such an account. Done twice it mails nothing the second time."""
    noted = await ForgottenPassword.get_or_none(id=noted_id)
    if noted is None:
        return
    user = await User.get_or_none(email_key=noted.email_key, disabled_at_ms=None)
    async with transaction() as connection:
        if user is not None:
            token = await onetime.issue(
                Purpose.RESET_PASSWORD, user_id=user.id, clock=rooms.clock, connection=connection
            )
            url = reset_url(noted.base_url, token)
            await rooms.post("reset", to=user.email, connection=connection, name=user.name, url=url, minutes=MINUTES)
        await ForgottenPassword.filter(id=noted_id).using_db(connection).delete()
    rooms.jobs.wake()


def reset_url(base_url: str, token: str) -> str:
    """The token stands behind the `#`, which browsers send to nobody (threat T45)."""
    return f"{base_url}/reset#t={token}"


async def reset_password(wanted: ResetPassword, *, visit: Visit, rooms: Rooms) -> None:
    """Set the new password. Every session ends and everything mailed before is void; nobody is signed in by it,
    and a second factor is asked for as before. Raises Gone, WeakPassword or RateLimited.
    """
    await allow_link(visit, limiter=rooms.limiter)
    token = await onetime.find(wanted.token, Purpose.RESET_PASSWORD, clock=rooms.clock)
    user = await User.get_or_none(id=token.user_id, disabled_at_ms=None) if token else None
    if user is None:
        raise Gone
    await rooms.passwords.refuse_weak(wanted.password, about=(user.name, user.email, *user.email.split("@")))
    password_hash = await rooms.passwords.hash(wanted.password)
    async with transaction() as connection:
        await onetime.use(hash_secret(wanted.token), connection=connection)
        await User.filter(id=user.id).using_db(connection).update(password_hash=password_hash)
        await onetime.void_all(user.id, connection=connection)
        await devices.distrust_all(user.id, connection=connection)
        await end_sessions(user.id, connection=connection)
        await notice("password_changed", user_id=user.id, visit=visit, rooms=rooms, connection=connection)
    await rooms.throttle.forgive(user.email)
    rooms.jobs.wake()
