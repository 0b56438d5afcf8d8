"""Authenticators: codes by the clock (TOTP, RFC 6238), each accepted once."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass

import pyotp
from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_api.errors import Conflict, Gone, NotFound, WrongCode
from tonearm_server.auth.models import Authenticator
from tonearm_server.auth.sealing import Sealer
from tonearm_server.kit.clock import Clock

_SEED_BYTES = 20
"""160 bits, the length of the HMAC (RFC 4226 §4 R6)."""

_STEP_S = 30
_STEPS_BACK = 1
"""One step back for the way of the code, none forward (RFC 6238 §5.2; `docs/security/asvs.yml` 6.5.5)."""

_SET_UP_MS = 10 * 60 * 1000
"""How long a seed waits for its first code."""

_ISSUER = "Tonearm"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSeed:
    """`secret` is base32, `uri` the same as apps scan it."""

    secret: str
    uri: str


async def has_authenticator(user_id: str) -> bool:
    return await Authenticator.filter(user_id=user_id, confirmed_at_ms__isnull=False).exists()


async def set_up(user_id: str, *, email: str, sealer: Sealer, clock: Clock, connection: BaseDBAsyncClient) -> NewSeed:
    """A new seed, which counts once it is confirmed. Raises Conflict where an authenticator is in use."""
    if await Authenticator.filter(user_id=user_id, confirmed_at_ms__isnull=False).using_db(connection).exists():
        raise Conflict("There is an authenticator already: remove it first")
    secret = base64.b32encode(secrets.token_bytes(_SEED_BYTES)).decode()
    await Authenticator.filter(user_id=user_id).using_db(connection).delete()
    await Authenticator.create(
        using_db=connection,
        user_id=user_id,
        sealed_seed=sealer.seal(secret.encode(), about=_about(user_id)),
        created_at_ms=clock.now_ms(),
    )
    return NewSeed(secret=secret, uri=pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER))


async def confirm(user_id: str, code: str, *, sealer: Sealer, clock: Clock, connection: BaseDBAsyncClient) -> None:
    """From now on the authenticator counts. Raises Gone where none waits, or WrongCode."""
    waiting = await Authenticator.get_or_none(user_id=user_id, confirmed_at_ms=None, using_db=connection)
    if waiting is None or clock.now_ms() - waiting.created_at_ms > _SET_UP_MS:
        raise Gone("Setting up took too long: begin again")
    step = _matching_step(waiting, code, sealer=sealer, clock=clock)
    if step is None:
        raise WrongCode("That is not the code: is the clock of the phone right?")
    unconfirmed = Authenticator.filter(user_id=user_id, confirmed_at_ms=None).using_db(connection)
    if not await unconfirmed.update(confirmed_at_ms=clock.now_ms(), last_step=step):
        raise Gone("It has just been confirmed")


async def accept(user_id: str, code: str, *, sealer: Sealer, clock: Clock) -> bool:
    """Whether `code` is the authenticator's and was not accepted before.

    The step is written by one statement with its condition inside: of twenty at once one is accepted.
    """
    authenticator = await Authenticator.get_or_none(user_id=user_id, confirmed_at_ms__isnull=False)
    if authenticator is None:
        return False
    step = _matching_step(authenticator, code, sealer=sealer, clock=clock)
    if step is None:
        return False
    return bool(await Authenticator.filter(user_id=user_id, last_step__lt=step).update(last_step=step))


async def remove(user_id: str, *, connection: BaseDBAsyncClient) -> None:
    """Raises NotFound where there is none."""
    if not await Authenticator.filter(user_id=user_id).using_db(connection).delete():
        raise NotFound("There is no authenticator")


def _matching_step(authenticator: Authenticator, code: str, *, sealer: Sealer, clock: Clock) -> int | None:
    """The time step that `code` belongs to, among those accepted now."""
    totp = pyotp.TOTP(sealer.open(authenticator.sealed_seed, about=_about(authenticator.user_id)).decode())
    current = clock.now_ms() // 1000 // _STEP_S
    matching = None
    for step in range(current - _STEPS_BACK, current + 1):  # all of them, always: the time it takes tells nothing
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode("utf-8", "surrogatepass")):
            matching = step
    return matching


def _about(user_id: str) -> str:
    return f"authenticator:{user_id}"
