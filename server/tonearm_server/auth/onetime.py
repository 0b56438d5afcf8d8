"""One-time tokens: what a mailed link or a challenge stands for. Each works once, for one purpose, for a while."""

from __future__ import annotations

import enum

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F

from tonearm_api.errors import Gone
from tonearm_server.auth.models import OneTimeToken
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.ids import hash_secret, new_secret

_MINUTE_MS = 60_000
MAX_TRIES = 5
"""Wrong codes that a challenge survives (ASVS 5.0 6.6.3)."""


class Purpose(enum.StrEnum):
    """What a token may be used for, and nothing else."""

    RESET_PASSWORD = "reset_password"  # noqa: S105  # a purpose, no password
    CHANGE_EMAIL = "change_email"
    MAIL_CODE = "mail_code"
    BROWSER_CODE = "browser_code"
    """A browser has given the right password and is asked for the code."""


LIFE_MS = {
    Purpose.RESET_PASSWORD: 20 * _MINUTE_MS,
    Purpose.CHANGE_EMAIL: 24 * 60 * _MINUTE_MS,
    Purpose.MAIL_CODE: 10 * _MINUTE_MS,
    Purpose.BROWSER_CODE: 10 * _MINUTE_MS,
}
"""ASVS 5.0 6.4.1 and 6.5.5."""


async def issue(
    purpose: Purpose,
    *,
    user_id: str,
    clock: Clock,
    connection: BaseDBAsyncClient,
    email: str | None = None,
    code_mac: str | None = None,
) -> str:
    """A new token. The one before it for that person and purpose is void (threat T45)."""
    token = new_secret()
    await OneTimeToken.filter(purpose=purpose, user_id=user_id).using_db(connection).delete()
    await OneTimeToken.create(
        using_db=connection,
        token_hash=hash_secret(token),
        purpose=purpose,
        user_id=user_id,
        email=email,
        code_mac=code_mac,
        expires_at_ms=clock.now_ms() + LIFE_MS[purpose],
    )
    return token


async def find(token: str, purpose: Purpose, *, clock: Clock) -> OneTimeToken | None:
    """The token's row while it is good, without using it up."""
    return await OneTimeToken.get_or_none(
        token_hash=hash_secret(token), purpose=purpose, expires_at_ms__gt=clock.now_ms(), tries__lt=MAX_TRIES
    )


async def count_try(token: OneTimeToken) -> bool:
    """One more try with a challenge; False once there were too many. Counted before the code is looked at."""
    return bool(
        await OneTimeToken.filter(token_hash=token.token_hash, tries__lt=MAX_TRIES).update(tries=F("tries") + 1)
    )


async def use(token_hash: str, *, connection: BaseDBAsyncClient | None = None) -> None:
    """Use the token up. Raises Gone where somebody else just did."""
    if not await OneTimeToken.filter(token_hash=token_hash).using_db(connection).delete():
        raise Gone


async def void_all(user_id: str, *, connection: BaseDBAsyncClient) -> None:
    """Nothing that was mailed to this person before is good any more."""
    await OneTimeToken.filter(user_id=user_id).using_db(connection).delete()
