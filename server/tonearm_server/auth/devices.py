"""Known devices: browsers that somebody signed in from before, told by a cookie that outlives the session."""

from __future__ import annotations

from collections.abc import Sequence

from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_api.errors import NotFound
from tonearm_server.auth.models import KnownDevice
from tonearm_server.auth.sessions import DAY_MS, Visit
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.ids import hash_secret, new_id, new_secret

KNOWN_MS = 365 * DAY_MS
TRUSTED_MS = 30 * DAY_MS
"""How long a device is not asked for a code (NIST SP 800-63B-4 §2.2.3)."""


async def find_device(secret: str | None, *, user_id: str, clock: Clock) -> KnownDevice | None:
    """The device of this cookie, where that person signed in from it."""
    if not secret:
        return None
    return await KnownDevice.get_or_none(
        secret_hash=hash_secret(secret), user_id=user_id, expires_at_ms__gt=clock.now_ms()
    )


def is_trusted(device: KnownDevice | None, *, clock: Clock) -> bool:
    """Whether it is not asked for a code."""
    return device is not None and device.trusted_until_ms > clock.now_ms()


async def remember_device(
    device: KnownDevice | None, *, user_id: str, visit: Visit, trust: bool, clock: Clock
) -> str | None:
    """Note that the person signed in from it; returns the secret of a device that was not known, for its cookie.

    `trust`: do not ask it for a code for 30 days.
    """
    now_ms = clock.now_ms()
    trusted_until_ms = now_ms + TRUSTED_MS if trust else device.trusted_until_ms if device else 0
    if device is not None:
        await KnownDevice.filter(id=device.id).update(
            last_used_at_ms=now_ms, expires_at_ms=now_ms + KNOWN_MS, trusted_until_ms=trusted_until_ms
        )
        return None
    secret = new_secret()
    await KnownDevice.create(
        id=new_id(),
        user_id=user_id,
        secret_hash=hash_secret(secret),
        device=visit.device,
        created_at_ms=now_ms,
        last_used_at_ms=now_ms,
        expires_at_ms=now_ms + KNOWN_MS,
        trusted_until_ms=trusted_until_ms,
    )
    return secret


async def list_trusted(user_id: str, *, clock: Clock) -> Sequence[KnownDevice]:
    return await KnownDevice.filter(user_id=user_id, trusted_until_ms__gt=clock.now_ms()).order_by("-last_used_at_ms")


async def distrust(device_id: str, *, user_id: str) -> None:
    """Ask it for a code again. Raises NotFound where that person trusts no such device."""
    if not await KnownDevice.filter(id=device_id, user_id=user_id, trusted_until_ms__gt=0).update(trusted_until_ms=0):
        raise NotFound


async def distrust_all(user_id: str, *, connection: BaseDBAsyncClient) -> None:
    """A factor changed: every device is asked again."""
    await KnownDevice.filter(user_id=user_id).using_db(connection).update(trusted_until_ms=0)
