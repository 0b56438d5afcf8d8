"""Signing up: at once where no mail is sent, else by a link that proves the address."""

from __future__ import annotations

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F

from tonearm_api.auth import SignUp, Verify
from tonearm_api.errors import Conflict, Gone, SignUpClosed, WrongCredentials
from tonearm_server.accounts.limits import allow_link, allow_mail, allow_password
from tonearm_server.accounts.notices import tell_owner_of
from tonearm_server.accounts.rooms import Rooms
from tonearm_server.auth.links import get_link, use_link
from tonearm_server.auth.models import PendingSignUp, User
from tonearm_server.auth.onetime import MAX_TRIES
from tonearm_server.auth.people import checked_email_key, clean_name, create_user, find_user
from tonearm_server.auth.sessions import Proven, Visit
from tonearm_server.config import Registration
from tonearm_server.kit.db import transaction
from tonearm_server.kit.ids import hash_secret, new_secret

_HOURS = 24
"""A sign-up that nobody confirms is forgotten after a day (threat T29)."""

_HOUR_MS = 3600 * 1000


async def sign_up(wanted: SignUp, *, visit: Visit, base_url: str, rooms: Rooms) -> Proven | None:
    """A new account, by a one-time link or where sign-up is open; None where a mail has to be answered first.

    Raises SignUpClosed, Gone for a link that is used or unknown, WeakPassword or RateLimited. Conflict, where the
    address has an account, is told only where no mail is sent, to people who hold a link or where all may sign up.
    """
    if wanted.token is None and rooms.registration is not Registration.OPEN:
        raise SignUpClosed
    await allow_password(visit, limiter=rooms.limiter)
    link_hash = hash_secret(wanted.token) if wanted.token else None
    if link_hash is not None:  # before anything that costs work; again when it is used up
        await get_link(link_hash, email=wanted.email, clock=rooms.clock)
    checked_email_key(wanted.email)
    clean_name(wanted.name)
    await rooms.passwords.refuse_weak(wanted.password, about=(wanted.name, wanted.email, *wanted.email.split("@")))
    if rooms.verifies:
        await allow_mail(wanted.email, visit=visit, limiter=rooms.limiter)
        await _ask_to_verify(wanted, link_hash, base_url=base_url, rooms=rooms)
        return None
    password_hash = await rooms.passwords.hash(wanted.password)
    async with transaction(alone=True) as connection:
        user = await _create(wanted.email, wanted.name, password_hash, link_hash, rooms=rooms, connection=connection)
    return Proven(user_id=user.id, has_second_factor=False)


async def verify(wanted: Verify, *, visit: Visit, rooms: Rooms) -> Proven:
    """The account of a sign-up whose mail was answered with the password that was chosen then.

    Raises Gone, Conflict where the address has got an account meanwhile, WrongCredentials or RateLimited.
    """
    await allow_link(visit, limiter=rooms.limiter)
    await allow_password(visit, limiter=rooms.limiter)
    token_hash = hash_secret(wanted.token)
    pending = await PendingSignUp.get_or_none(token_hash=token_hash, expires_at_ms__gt=rooms.clock.now_ms())
    tried = PendingSignUp.filter(token_hash=token_hash, tries__lt=MAX_TRIES)
    if pending is None or not await tried.update(tries=F("tries") + 1):
        raise Gone
    if not await rooms.passwords.verify(wanted.password, pending.password_hash):
        raise WrongCredentials("That is not the password that you chose when you signed up")
    async with transaction(alone=True) as connection:
        # Every other sign-up with this address is void, too: none of them may turn up later.
        if not await PendingSignUp.filter(email_key=pending.email_key).using_db(connection).delete():
            raise Gone
        user = await _create(
            pending.email, pending.name, pending.password_hash, pending.link_hash, rooms=rooms, connection=connection
        )
    return Proven(user_id=user.id, has_second_factor=False)


async def _ask_to_verify(wanted: SignUp, link_hash: str | None, *, base_url: str, rooms: Rooms) -> None:
    """The same work for every address: only what the mail says differs (ASVS 5.0 6.3.8)."""
    user = await find_user(wanted.email)
    password_hash = await rooms.passwords.hash(wanted.password)
    token = new_secret()
    async with transaction() as connection:
        await PendingSignUp.create(
            using_db=connection,
            token_hash=hash_secret(token),
            email=wanted.email,
            email_key=checked_email_key(wanted.email),
            name=wanted.name,
            password_hash=password_hash,
            link_hash=link_hash,
            expires_at_ms=rooms.clock.now_ms() + _HOURS * _HOUR_MS,
        )
        if user is not None:
            await tell_owner_of(user, base_url=base_url, rooms=rooms, connection=connection)
        else:
            url = f"{base_url}/verify#t={token}"
            to, name = wanted.email, wanted.name
            await rooms.post("verify", to=to, connection=connection, name=name, url=url, hours=_HOURS)
    rooms.jobs.wake()


async def _create(
    email: str, name: str, password_hash: str, link_hash: str | None, *, rooms: Rooms, connection: BaseDBAsyncClient
) -> User:
    is_admin = False
    if link_hash is not None:
        is_admin = await use_link(link_hash, email=email, clock=rooms.clock, connection=connection)
    try:
        return await create_user(
            email=email,
            name=name,
            password_hash=password_hash,
            is_admin=is_admin,
            clock=rooms.clock,
            connection=connection,
        )
    except Conflict as error:
        raise Conflict("There is an account with this e-mail address: sign in instead") from error
