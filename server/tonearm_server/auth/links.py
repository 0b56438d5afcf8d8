"""One-time links that make an account: the owner's on a fresh server, and invitations."""

from __future__ import annotations

from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_api.errors import Gone
from tonearm_server.auth.models import SignUpLink, User
from tonearm_server.auth.people import email_key
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import transaction
from tonearm_server.kit.ids import hash_secret, new_secret

LINK_LIFE_MS = 7 * 24 * 3600 * 1000
"""The owner's is on the operator's own console, an invitation in somebody's letter box: a week covers both."""


async def new_owner_link(*, clock: Clock) -> str | None:
    """A fresh one-time token for the first account, replacing earlier ones; None once there is an administrator."""
    if await User.filter(is_admin=True).exists():
        return None
    token = new_secret()
    now_ms = clock.now_ms()
    async with transaction() as connection:
        await SignUpLink.filter(makes_admin=True).using_db(connection).delete()
        await SignUpLink.create(
            using_db=connection,
            token_hash=hash_secret(token),
            makes_admin=True,
            created_at_ms=now_ms,
            expires_at_ms=now_ms + LINK_LIFE_MS,
        )
    return token


async def get_link(
    token_hash: str, *, email: str, clock: Clock, connection: BaseDBAsyncClient | None = None
) -> SignUpLink:
    """The link that is still good for that address. Raises Gone. An owner's is good for nothing once there is an
    owner."""
    link = await SignUpLink.get_or_none(token_hash=token_hash, using_db=connection)
    if link is None or link.expires_at_ms <= clock.now_ms():
        raise Gone
    if link.email_key not in (None, email_key(email)):
        raise Gone("This invitation is for another e-mail address")
    if link.makes_admin and await User.filter(is_admin=True).using_db(connection).exists():
        raise Gone
    return link


async def use_link(token_hash: str, *, email: str, clock: Clock, connection: BaseDBAsyncClient) -> bool:
    """Use the link up; returns whether it makes an administrator. Raises Gone.

    Inside a transaction that is `alone`: of two at once one gets the account.
    """
    link = await get_link(token_hash, email=email, clock=clock, connection=connection)
    await link.delete(using_db=connection)
    return link.makes_admin
