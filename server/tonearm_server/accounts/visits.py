"""Where an account is signed in: sessions begin with a notice, go on by refresh, are listed and ended."""

from __future__ import annotations

from tonearm_api.auth import Tokens
from tonearm_api.sessions import SessionKind, Sessions, SignedIn
from tonearm_server.accounts.limits import allow_refresh
from tonearm_server.accounts.notices import notice, tell_of_new_device
from tonearm_server.accounts.rooms import Rooms
from tonearm_server.auth import sessions
from tonearm_server.auth.models import LoginSession
from tonearm_server.auth.sessions import Proven, Visit
from tonearm_server.auth.tokens import StolenToken, TokenIssuer
from tonearm_server.auth.viewers import Viewer
from tonearm_server.kit.clock import moment


async def begin_program(proven: Proven, *, visit: Visit, tokens: TokenIssuer, rooms: Rooms) -> Tokens:
    """A session for a program; the person is told where nobody has signed in like this before."""
    await tell_of_new_device(proven, visit=visit, known=None, rooms=rooms)
    return await tokens.begin_family(proven, visit=visit)


async def refresh(refresh_token: str, *, visit: Visit, tokens: TokenIssuer, rooms: Rooms) -> Tokens:
    """The successor. Raises SessionEnded; the person is told where a used token came back."""
    await allow_refresh(visit, limiter=rooms.limiter)
    try:
        return await tokens.rotate(refresh_token, address=visit.address)
    except StolenToken as error:
        await notice("sessions_stolen", user_id=error.user_id, visit=visit, rooms=rooms)
        raise


async def list_sessions(viewer: Viewer, *, rooms: Rooms) -> Sessions:
    """The live ones, latest use first."""
    found = await sessions.list_sessions(viewer.id, clock=rooms.clock)
    return Sessions(items=[_signed_in(each, viewer) for each in found])


def _signed_in(session: LoginSession, viewer: Viewer) -> SignedIn:
    return SignedIn(
        id=session.id,
        kind=SessionKind.BROWSER if session.cookie_hash else SessionKind.PROGRAM,
        device=session.device,
        address=session.address,
        created_at=moment(session.created_at_ms),
        last_used_at=moment(session.last_used_at_ms),
        expires_at=moment(session.expires_at_ms),
        is_this=session.id == viewer.session_id,
    )
