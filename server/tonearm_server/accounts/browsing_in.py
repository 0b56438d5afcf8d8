"""Signing in from a browser: the password, then on a page of its own the code; and the device, known from then on."""

from __future__ import annotations

from dataclasses import dataclass

from tonearm_api.auth import LogIn
from tonearm_api.errors import Gone, MailCodeNeeded, SecondFactorNeeded
from tonearm_server.accounts.notices import tell_of_new_device
from tonearm_server.accounts.rooms import Rooms
from tonearm_server.accounts.signing_in import check_password, finish, send_code
from tonearm_server.auth import devices, onetime
from tonearm_server.auth.models import OneTimeToken, User
from tonearm_server.auth.onetime import LIFE_MS, Purpose
from tonearm_server.auth.sessions import Proven, Visit
from tonearm_server.kit.db import transaction

HALF_LIFE_S = LIFE_MS[Purpose.BROWSER_CODE] // 1000

_BETWEEN = "."
"""No secret holds it: a half sign-in is its own token, and the challenge of the code that was mailed for it."""

_TOO_LATE = "Signing in took too long, or too many codes were wrong: begin again"


@dataclass(frozen=True, kw_only=True, slots=True)
class Welcome:
    """Who has signed in, and the secret for the cookie of a device that was not known before."""

    proven: Proven
    device_secret: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Half:
    """A sign-in that waits for its code."""

    user: User
    waiting: OneTimeToken
    challenge: str | None

    @property
    def is_mailed(self) -> bool:
        """Whether the code comes by mail, not from an authenticator."""
        return self.challenge is not None


async def begin(wanted: LogIn, *, visit: Visit, device: str | None, rooms: Rooms) -> Welcome | str:
    """Who gave the right password; or, where a code is needed as well, the token of the half sign-in.

    Raises WrongCredentials or RateLimited.
    """
    user = await check_password(wanted.email, wanted.password, visit=visit, device=device, rooms=rooms)
    known = await devices.find_device(device, user_id=user.id, clock=rooms.clock)
    try:
        proven = await finish(user, code=None, challenge=None, visit=visit, rooms=rooms, device=known)
    except MailCodeNeeded:
        sent = await send_code(user, visit=visit, rooms=rooms)
        return _BETWEEN.join((await _wait(user, rooms=rooms), sent.challenge))
    except SecondFactorNeeded:
        return await _wait(user, rooms=rooms)
    return await welcome(proven, visit=visit, device=device, rooms=rooms)


async def find_half(token: str | None, *, rooms: Rooms) -> Half | None:
    """The sign-in that this token stands for, while it waits. Nothing is used up."""
    own, _, challenge = (token or "").partition(_BETWEEN)
    waiting = await onetime.find(own, Purpose.BROWSER_CODE, clock=rooms.clock) if own else None
    user = await User.get_or_none(id=waiting.user_id, disabled_at_ms=None) if waiting else None
    if waiting is None or user is None:
        return None
    return Half(user=user, waiting=waiting, challenge=challenge or None)


async def complete(
    token: str | None, code: str, *, trust: bool, visit: Visit, device: str | None, rooms: Rooms
) -> Welcome:
    """Who gave the right code; with `trust` the device is not asked for one for 30 days.

    Raises WrongCode, RateLimited, or Gone where the sign-in has to begin again.
    """
    half = await find_half(token, rooms=rooms)
    if half is None or not await onetime.count_try(half.waiting):
        raise Gone(_TOO_LATE)
    proven = await finish(half.user, code=code, challenge=half.challenge, visit=visit, rooms=rooms)
    await onetime.use(half.waiting.token_hash)
    return await welcome(proven, visit=visit, device=device, rooms=rooms, trust=trust)


async def send_again(token: str | None, *, visit: Visit, rooms: Rooms) -> str:
    """Mail another code; the one before it is void. Returns the token that waits for the new one.

    Raises Gone, RateLimited, or Conflict where no code is mailed.
    """
    half = await find_half(token, rooms=rooms)
    if token is None or half is None:
        raise Gone(_TOO_LATE)
    sent = await send_code(half.user, visit=visit, rooms=rooms)
    return _BETWEEN.join((token.partition(_BETWEEN)[0], sent.challenge))


async def welcome(proven: Proven, *, visit: Visit, device: str | None, rooms: Rooms, trust: bool = False) -> Welcome:
    """Note the device, and tell the person where it is new. Call it before the session begins."""
    known = await devices.find_device(device, user_id=proven.user_id, clock=rooms.clock)
    await tell_of_new_device(proven, visit=visit, known=known, rooms=rooms)
    secret = await devices.remember_device(known, user_id=proven.user_id, visit=visit, trust=trust, clock=rooms.clock)
    return Welcome(proven=proven, device_secret=secret)


async def _wait(user: User, *, rooms: Rooms) -> str:
    async with transaction() as connection:
        return await onetime.issue(Purpose.BROWSER_CODE, user_id=user.id, clock=rooms.clock, connection=connection)
