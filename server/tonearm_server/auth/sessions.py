"""Sessions as rows: begun, listed, proved again and ended. What a row says is asked at every request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_api.errors import FactorRequired, NotFound, StepUpRequired
from tonearm_server.auth.models import LoginSession
from tonearm_server.auth.viewers import Viewer
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.ids import hash_secret, new_id

DAY_MS = 24 * 3600 * 1000
FAMILY_MS = 90 * DAY_MS
"""No family of tokens lives longer, however often it is refreshed (ASVS 5.0 7.3.2)."""

BROWSER_MS = 30 * DAY_MS
"""Absolute (ASVS 5.0 7.3.2, NIST SP 800-63B-4 for one factor)."""

_TOUCHED_MS = 3600 * 1000
"""How exact "last used" of a browser is: a write an hour, not one a request."""

FRESH_MS = 5 * 60 * 1000
"""How long a proof is good for what is dangerous (ASVS 5.0 7.5.1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """Where a request comes from: what the program calls itself, and its address."""

    device: str
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Proven:
    """Whose account was proved, and whether a second factor was among the proofs.

    Not `is_fresh` where a remembered device stood in for the factor: what is dangerous asks for it then.
    """

    user_id: str
    has_second_factor: bool
    is_fresh: bool = True


async def begin_session(
    proven: Proven,
    *,
    visit: Visit,
    clock: Clock,
    cookie: str | None = None,
    connection: BaseDBAsyncClient | None = None,
) -> LoginSession:
    """A new session: a browser's with its `cookie`, a program's without."""
    now_ms = clock.now_ms()
    return await LoginSession.create(
        using_db=connection,
        id=new_id(),
        user_id=proven.user_id,
        cookie_hash=hash_secret(cookie) if cookie else None,
        device=visit.device,
        address=visit.address,
        created_at_ms=now_ms,
        last_used_at_ms=now_ms,
        expires_at_ms=now_ms + (BROWSER_MS if cookie else FAMILY_MS),
        proved_at_ms=now_ms if proven.is_fresh else 0,
        has_second_factor=proven.has_second_factor,
    )


def refuse_stale(viewer: Viewer, *, clock: Clock) -> None:
    """Raise StepUpRequired where the session's last proof is more than five minutes old."""
    if clock.now_ms() - viewer.proved_at_ms > FRESH_MS:
        raise StepUpRequired


def refuse_without_factor(viewer: Viewer) -> None:
    """Raise FactorRequired where the session was begun without a second factor."""
    if not viewer.session_has_factor:
        raise FactorRequired


async def prove_session(session_id: str, *, has_second_factor: bool, clock: Clock) -> None:
    """The person has just proved again that it is them."""
    changes: dict[str, object] = {"proved_at_ms": clock.now_ms()}
    if has_second_factor:
        changes["has_second_factor"] = True
    await LoginSession.filter(id=session_id).update(**changes)


async def forget_factor(user_id: str, *, connection: BaseDBAsyncClient) -> None:
    """The factor is gone: no session of that person has one any more."""
    await LoginSession.filter(user_id=user_id).using_db(connection).update(has_second_factor=False)


async def touch_session(viewer: Viewer, *, address: str, clock: Clock) -> None:
    """Note now and then that a browser is in use, and from where."""
    now_ms = clock.now_ms()
    if now_ms - viewer.last_used_at_ms > _TOUCHED_MS:
        await LoginSession.filter(id=viewer.session_id).update(last_used_at_ms=now_ms, address=address)


async def list_sessions(user_id: str, *, clock: Clock) -> Sequence[LoginSession]:
    """The live ones, latest use first."""
    return await LoginSession.filter(user_id=user_id, expires_at_ms__gt=clock.now_ms()).order_by("-last_used_at_ms")


async def end_session(session_id: str, *, user_id: str) -> None:
    """Raises NotFound where that person has no such session."""
    if not await LoginSession.filter(id=session_id, user_id=user_id).delete():
        raise NotFound


async def end_sessions(user_id: str, *, but: str | None = None, connection: BaseDBAsyncClient | None = None) -> None:
    """End all of a person's sessions, or all `but` one. Streams stop at their next look at the session."""
    sessions = LoginSession.filter(user_id=user_id).using_db(connection)
    await (sessions.exclude(id=but) if but else sessions).delete()
