"""What administrators do with accounts: list them, disable them, change roles, help who cannot get in."""

from __future__ import annotations

import logging

from msgspec import UNSET

from tonearm_api.administration import EditMember, Member, Members, ResetLink
from tonearm_api.errors import LastAdministrator, NotFound
from tonearm_server.accounts.resetting import MINUTES, reset_url
from tonearm_server.accounts.rooms import Rooms
from tonearm_server.auth import devices, onetime
from tonearm_server.auth.models import SignUpLink, User
from tonearm_server.auth.onetime import LIFE_MS, Purpose
from tonearm_server.auth.sessions import end_sessions
from tonearm_server.auth.viewers import Viewer
from tonearm_server.kit.clock import moment
from tonearm_server.kit.db import Database, Row, transaction

log = logging.getLogger(__name__)

_MEMBERS = """
    SELECT u.id, u.email, u.name, u.handle, u.is_admin, u.disabled_at_ms IS NOT NULL,
        EXISTS (SELECT 1 FROM authenticator a WHERE a.user_id = u.id AND a.confirmed_at_ms IS NOT NULL),
        u.created_at_ms,
        (SELECT max(s.last_used_at_ms) FROM login_session s WHERE s.user_id = u.id),
        (SELECT count(*) FROM track t WHERE t.owner_id = u.id)
    FROM user_account u
"""


async def list_members(*, database: Database) -> Members:
    """Everybody, by name."""
    rows = await database.scan(f"{_MEMBERS} ORDER BY u.name, u.id")
    return Members(items=[_member(row) for row in rows])


async def edit_member(wanted: EditMember, *, viewer: Viewer, database: Database, rooms: Rooms) -> Member:
    """Raises NotFound, or LastAdministrator where nobody could undo it.

    Whoever is disabled, or loses a role, is signed out everywhere: no session outlives what it was begun with.
    """
    async with transaction(alone=True) as connection:
        user = await User.get_or_none(id=wanted.id, using_db=connection)
        if user is None:
            raise NotFound
        if wanted.is_admin is not UNSET:
            user.is_admin = wanted.is_admin
        if wanted.is_disabled is not UNSET:
            user.disabled_at_ms = (user.disabled_at_ms or rooms.clock.now_ms()) if wanted.is_disabled else None
        await user.save(using_db=connection, update_fields=["is_admin", "disabled_at_ms"])
        if not await User.filter(is_admin=True, disabled_at_ms=None).using_db(connection).exists():
            raise LastAdministrator
        if user.disabled_at_ms is not None or not user.is_admin:
            await end_sessions(user.id, connection=connection)
            await SignUpLink.filter(invited_by_id=user.id).using_db(connection).delete()
            await onetime.void_all(user.id, connection=connection)
            await devices.distrust_all(user.id, connection=connection)
    is_disabled = user.disabled_at_ms is not None
    log.info("account %s is now admin=%s disabled=%s, by %s", user.id, user.is_admin, is_disabled, viewer.id)
    return await _get_member(user.id, database=database)


async def make_reset_link(user_id: str, *, viewer: Viewer, base_url: str, rooms: Rooms) -> ResetLink:
    """A link for the person themselves, who is told that it exists. Raises NotFound. It replaces no second factor."""
    user = await User.get_or_none(id=user_id, disabled_at_ms=None)
    if user is None:
        raise NotFound
    expires_at_ms = rooms.clock.now_ms() + LIFE_MS[Purpose.RESET_PASSWORD]
    async with transaction() as connection:
        token = await onetime.issue(Purpose.RESET_PASSWORD, user_id=user.id, clock=rooms.clock, connection=connection)
        url = reset_url(base_url, token)
        to, name = user.email, user.name
        await rooms.post("reset_by_admin", to=to, connection=connection, name=name, url=url, minutes=MINUTES)
    rooms.jobs.wake()
    log.info("a link to reset the password of account %s was made by %s", user.id, viewer.id)
    return ResetLink(url=url, expires_at=moment(expires_at_ms))


async def _get_member(user_id: str, *, database: Database) -> Member:
    row = await database.row(f"{_MEMBERS} WHERE u.id = ?", (user_id,))
    if row is None:
        raise NotFound
    return _member(row)


def _member(row: Row) -> Member:
    id_, email, name, handle, is_admin, is_disabled, has_factor, created_at_ms, used_at_ms, tracks = row
    return Member(
        id=id_,
        email=email,
        name=name,
        handle=handle,
        is_admin=bool(is_admin),
        is_disabled=bool(is_disabled),
        has_second_factor=bool(has_factor),
        created_at=moment(created_at_ms),
        last_used_at=moment(used_at_ms) if used_at_ms else None,
        tracks=tracks,
    )
