"""Signing in: the password, then the second factor where the account has one; and proving it again later."""

from __future__ import annotations

import hmac
import secrets

from tonearm_api.auth import Challenge, LogIn, MailCode, StepUp
from tonearm_api.errors import Conflict, MailCodeNeeded, SecondFactorNeeded, WrongCode, WrongCredentials
from tonearm_server.accounts.limits import allow_code, allow_password
from tonearm_server.accounts.notices import notice
from tonearm_server.accounts.rooms import Rooms
from tonearm_server.auth import devices, onetime, recovery, totp
from tonearm_server.auth.models import KnownDevice, User
from tonearm_server.auth.onetime import LIFE_MS, Purpose
from tonearm_server.auth.people import find_user
from tonearm_server.auth.sessions import Proven, Visit, prove_session
from tonearm_server.auth.viewers import Viewer
from tonearm_server.kit.clock import moment
from tonearm_server.kit.db import transaction
from tonearm_server.kit.ids import hash_secret
from tonearm_server.kit.limits import address_prefix

_MAIL_CODE_DIGITS = 8
"""27 bits, five tries, ten minutes (ASVS 5.0 6.6.3)."""

_TOTP_DIGITS = 6


async def log_in(wanted: LogIn, *, visit: Visit, rooms: Rooms) -> Proven:
    """Who signs in with e-mail, password and, where the account has a second factor, its code.

    Raises WrongCredentials, SecondFactorNeeded, MailCodeNeeded, WrongCode or RateLimited.
    """
    user = await check_password(wanted.email, wanted.password, visit=visit, device=None, rooms=rooms)
    return await finish(user, code=wanted.code, challenge=wanted.challenge, visit=visit, rooms=rooms)


async def check_password(email: str, password: str, *, visit: Visit, device: str | None, rooms: Rooms) -> User:
    """The account whose e-mail and password these are. Raises WrongCredentials, after the same work, for all others.

    `device` is the secret of a known device: it is held by its own failures, not by what others try.
    """
    await allow_password(visit, limiter=rooms.limiter)
    user = await find_user(email)
    known = await devices.find_device(device, user_id=user.id if user else "", clock=rooms.clock)
    place = known.id if known else address_prefix(visit.address)
    await rooms.throttle.count_password(email, place=place, is_known=known is not None)
    matches = await rooms.passwords.verify(password, user.password_hash if user else None)
    if user is None or not matches or user.disabled_at_ms is not None:
        raise WrongCredentials
    await rooms.throttle.clear_password(email, place=place)
    return user


async def finish(
    user: User,
    *,
    code: str | None,
    challenge: str | None,
    visit: Visit,
    rooms: Rooms,
    device: KnownDevice | None = None,
) -> Proven:
    """Who has given the right password, once the second factor is right, too, where there is one."""
    if await totp.has_authenticator(user.id):
        is_trusted = devices.is_trusted(device, clock=rooms.clock)
        if not is_trusted:
            await check_code(user.id, code, visit=visit, rooms=rooms)
        return Proven(user_id=user.id, has_second_factor=True, is_fresh=not is_trusted)
    if user.confirms_by_mail and not devices.is_trusted(device, clock=rooms.clock):
        await _check_mail_code(user.id, code, challenge, rooms=rooms)
    return Proven(user_id=user.id, has_second_factor=False)


async def check_code(user_id: str, code: str | None, *, visit: Visit, rooms: Rooms) -> None:
    """Raises SecondFactorNeeded without a code, WrongCode for one that is neither the app's nor on the paper."""
    if code is None:
        raise SecondFactorNeeded
    await rooms.throttle.count_code(user_id)
    plain = _plain(code)
    if len(plain) == _TOTP_DIGITS and plain.isdecimal():
        is_right = await totp.accept(user_id, plain, sealer=rooms.sealer, clock=rooms.clock)
    else:
        is_right = await recovery.accept(user_id, plain, passwords=rooms.passwords)
        if is_right:
            left = await recovery.count_left(user_id)
            await notice("recovery_code_used", user_id=user_id, visit=visit, rooms=rooms, left=left)
    if not is_right:
        raise WrongCode
    await rooms.throttle.clear_code(user_id)


async def mail_code(wanted: MailCode, *, visit: Visit, rooms: Rooms) -> Challenge:
    """Mail a code to somebody who knows the password. Raises Conflict where the account does not confirm by mail."""
    user = await check_password(wanted.email, wanted.password, visit=visit, device=None, rooms=rooms)
    return await send_code(user, visit=visit, rooms=rooms)


async def send_code(user: User, *, visit: Visit, rooms: Rooms) -> Challenge:
    """Mail a code; it is good together with the challenge that is returned."""
    if not user.confirms_by_mail or await totp.has_authenticator(user.id):
        raise Conflict("This account does not confirm sign-ins by mail: sign in without")
    await allow_code(user.id, visit=visit, limiter=rooms.limiter)
    code = f"{secrets.randbelow(10**_MAIL_CODE_DIGITS):0{_MAIL_CODE_DIGITS}}"
    life_ms = LIFE_MS[Purpose.MAIL_CODE]
    async with transaction() as connection:
        challenge = await onetime.issue(
            Purpose.MAIL_CODE,
            user_id=user.id,
            clock=rooms.clock,
            connection=connection,
            code_mac=_code_mac(code, user.id, rooms),
        )
        await rooms.post(
            "mail_code", to=user.email, connection=connection, name=user.name, code=code, minutes=life_ms // 60_000
        )
    rooms.jobs.wake()
    expires_at = moment(rooms.clock.now_ms() + life_ms)
    return Challenge(challenge=challenge, expires_at=expires_at)


async def step_up(wanted: StepUp, *, viewer: Viewer, visit: Visit, rooms: Rooms) -> None:
    """The person at an open session proves again that it is them. Raises what `log_in` raises."""
    user = await User.get(id=viewer.id)
    await allow_password(visit, limiter=rooms.limiter)
    place = viewer.session_id
    await rooms.throttle.count_password(user.email, place=place, is_known=True)
    if not await rooms.passwords.verify(wanted.password, user.password_hash):
        raise WrongCredentials("That is not the password of this account")
    await rooms.throttle.clear_password(user.email, place=place)
    if viewer.has_second_factor:
        await check_code(user.id, wanted.code, visit=visit, rooms=rooms)
    await prove_session(viewer.session_id, has_second_factor=viewer.has_second_factor, clock=rooms.clock)


async def _check_mail_code(user_id: str, code: str | None, challenge: str | None, *, rooms: Rooms) -> None:
    if code is None or challenge is None:
        raise MailCodeNeeded
    await rooms.throttle.count_code(user_id)
    token = await onetime.find(challenge, Purpose.MAIL_CODE, clock=rooms.clock)
    if token is None or token.user_id != user_id or not await onetime.count_try(token):
        raise WrongCode("This code is over: ask for a new one")
    if not hmac.compare_digest(token.code_mac or "", _code_mac(_plain(code), user_id, rooms)):
        raise WrongCode
    await onetime.use(hash_secret(challenge))
    await rooms.throttle.clear_code(user_id)


def _code_mac(code: str, user_id: str, rooms: Rooms) -> str:
    return rooms.sealer.mac(code, about=f"mail code:{user_id}")


def _plain(code: str) -> str:
    """As it is compared: people type codes in groups and in capitals."""
    return "".join(code.split()).replace("-", "").lower()
