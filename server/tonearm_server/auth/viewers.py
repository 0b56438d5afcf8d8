"""Whoever makes a request, as their session tells. One keyed read for each request."""

from __future__ import annotations

from dataclasses import dataclass

from tonearm_api.account import Account
from tonearm_server.auth.models import User
from tonearm_server.kit.clock import Clock, moment
from tonearm_server.kit.db import Database, Row
from tonearm_server.kit.ids import hash_secret


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """`proved_at_ms` and `session_has_factor` say how sure the session is that it is them."""

    id: str
    email: str
    name: str
    handle: str | None
    is_admin: bool
    created_at_ms: int
    has_second_factor: bool
    session_id: str
    proved_at_ms: int
    session_has_factor: bool
    last_used_at_ms: int

    @property
    def account(self) -> Account:
        """The account as it travels."""
        return Account(
            id=self.id,
            email=self.email,
            name=self.name,
            handle=self.handle,
            is_admin=self.is_admin,
            created_at=moment(self.created_at_ms),
            has_second_factor=self.has_second_factor,
        )


BROWSER_IDLE_MS = 14 * 24 * 3600 * 1000
"""A browser that nobody used for so long is signed out (ASVS 5.0 7.3.1)."""

_VIEWER = """
    SELECT u.id, u.email, u.name, u.handle, u.is_admin, u.created_at_ms,
        EXISTS (SELECT 1 FROM authenticator a WHERE a.user_id = u.id AND a.confirmed_at_ms IS NOT NULL),
        s.id AS session_id, s.proved_at_ms, s.has_second_factor, s.last_used_at_ms
    FROM login_session s JOIN user_account u ON u.id = s.user_id
    WHERE {condition} AND s.expires_at_ms > ? AND u.disabled_at_ms IS NULL
"""
_BY_SESSION = _VIEWER.format(condition="s.id = ?")
_BY_COOKIE = _VIEWER.format(condition="s.cookie_hash = ? AND s.last_used_at_ms > ?")


async def find_viewer_by_session(session_id: str, *, database: Database, clock: Clock) -> Viewer | None:
    """Who the session belongs to; None once it has ended. One keyed read, inline."""
    row = await database.row(_BY_SESSION, (session_id, clock.now_ms()))
    return _viewer(row) if row else None


async def find_viewer_by_cookie(cookie: str, *, database: Database, clock: Clock) -> Viewer | None:
    """Who the browser session of this cookie value belongs to; None once it has ended, or was unused for 14 days."""
    now_ms = clock.now_ms()
    row = await database.row(_BY_COOKIE, (hash_secret(cookie), now_ms - BROWSER_IDLE_MS, now_ms))
    return _viewer(row) if row else None


def _viewer(row: Row) -> Viewer:
    """The columns are those of `Viewer`, in its order; SQLite has numbers for truth."""
    (
        id_,
        email,
        name,
        handle,
        is_admin,
        created_at_ms,
        has_factor,
        session_id,
        proved_at_ms,
        proved_factor,
        used_at_ms,
    ) = row
    return Viewer(
        id=id_,
        email=email,
        name=name,
        handle=handle,
        is_admin=bool(is_admin),
        created_at_ms=created_at_ms,
        has_second_factor=bool(has_factor),
        session_id=session_id,
        proved_at_ms=proved_at_ms,
        session_has_factor=bool(proved_factor),
        last_used_at_ms=used_at_ms,
    )


def account_of(user: User, *, has_second_factor: bool = False) -> Account:
    """The account as it travels."""
    return Account(
        id=user.id,
        email=user.email,
        name=user.name,
        handle=user.handle,
        is_admin=user.is_admin,
        created_at=moment(user.created_at_ms),
        has_second_factor=has_second_factor,
    )
