"""One's own account: name and handle, password, e-mail address."""

from __future__ import annotations

from msgspec import UNSET
from tortoise.exceptions import IntegrityError

from tonearm_api.account import ChangeEmail, ChangePassword, ConfirmEmail, EditAccount
from tonearm_api.errors import Conflict, Forbidden, Gone
from tonearm_server.accounts.limits import allow_link, allow_mail, allow_password
from tonearm_server.accounts.notices import notice, tell_owner_of
from tonearm_server.accounts.rooms import Rooms
from tonearm_server.auth import onetime
from tonearm_server.auth.models import User
from tonearm_server.auth.onetime import LIFE_MS, Purpose
from tonearm_server.auth.people import checked_email_key, clean_name, find_user
from tonearm_server.auth.sessions import Visit, end_sessions, prove_session, refuse_stale
from tonearm_server.auth.viewers import Viewer
from tonearm_server.kit.db import transaction
from tonearm_server.kit.ids import hash_secret

_HOURS = LIFE_MS[Purpose.CHANGE_EMAIL] // 3_600_000


async def edit(wanted: EditAccount, *, viewer: Viewer) -> None:
    """Change what is given. Raises Invalid, or Conflict where somebody has the handle."""
    changes: dict[str, str | None] = {}
    if wanted.name is not UNSET:
        changes["name"] = clean_name(wanted.name)
    if wanted.handle is not UNSET:
        changes["handle"] = wanted.handle
    if not changes:
        return
    try:
        await User.filter(id=viewer.id).update(**changes)
    except IntegrityError as error:
        raise Conflict("Somebody has that handle: choose another") from error


async def change_password(wanted: ChangePassword, *, viewer: Viewer, visit: Visit, rooms: Rooms) -> None:
    """Every other session ends. Raises Forbidden where the current password is wrong, WeakPassword, RateLimited, or
    StepUpRequired where an account with a second factor has not given it in the last five minutes.
    """
    await allow_password(visit, limiter=rooms.limiter)
    if viewer.has_second_factor:
        refuse_stale(viewer, clock=rooms.clock)
    user = await User.get(id=viewer.id)
    await rooms.throttle.count_password(user.email, place=viewer.session_id, is_known=True)
    if not await rooms.passwords.verify(wanted.current_password, user.password_hash):
        raise Forbidden("That is not the current password")
    await rooms.throttle.clear_password(user.email, place=viewer.session_id)
    about = (user.name, user.email, *user.email.split("@"))
    await rooms.passwords.refuse_weak(wanted.new_password, about=about, pointer="/new_password")
    password_hash = await rooms.passwords.hash(wanted.new_password)
    async with transaction() as connection:
        await User.filter(id=user.id).using_db(connection).update(password_hash=password_hash)
        await onetime.void_all(user.id, connection=connection)
        await end_sessions(user.id, but=viewer.session_id, connection=connection)
        await notice("password_changed", user_id=user.id, visit=visit, rooms=rooms, connection=connection)
    if not viewer.has_second_factor:  # the password alone does not prove whoever has more
        await prove_session(viewer.session_id, has_second_factor=False, clock=rooms.clock)
    rooms.jobs.wake()


async def change_email(wanted: ChangeEmail, *, viewer: Viewer, visit: Visit, base_url: str, rooms: Rooms) -> None:
    """Mail a link to the new address and a word to the old one. The answer is the same where the address has an
    account; its owner is told. Raises Invalid or RateLimited.
    """
    checked_email_key(wanted.email)
    await allow_mail(wanted.email, visit=visit, limiter=rooms.limiter)
    taken_by = await find_user(wanted.email)
    async with transaction() as connection:
        token = await onetime.issue(
            Purpose.CHANGE_EMAIL, user_id=viewer.id, clock=rooms.clock, connection=connection, email=wanted.email
        )
        if taken_by is not None and taken_by.id != viewer.id:
            await tell_owner_of(taken_by, base_url=base_url, rooms=rooms, connection=connection)
        else:
            url = f"{base_url}/me/email#t={token}"
            to, name = wanted.email, viewer.name
            await rooms.post("confirm_new_email", to=to, connection=connection, name=name, url=url, hours=_HOURS)
        await rooms.post(
            "email_will_change",
            to=viewer.email,
            connection=connection,
            name=viewer.name,
            new_email_masked=_masked(wanted.email),
        )
    rooms.jobs.wake()


async def confirm_email(wanted: ConfirmEmail, *, viewer: Viewer, visit: Visit, rooms: Rooms) -> None:
    """The address is theirs from now on; both are told. Raises Gone, Conflict or RateLimited."""
    await allow_link(visit, limiter=rooms.limiter)
    token = await onetime.find(wanted.token, Purpose.CHANGE_EMAIL, clock=rooms.clock)
    if token is None or token.user_id != viewer.id or token.email is None:
        raise Gone
    try:
        async with transaction() as connection:
            await onetime.use(hash_secret(wanted.token), connection=connection)
            await notice("email_changed", user_id=viewer.id, visit=visit, rooms=rooms, connection=connection)
            changes = {"email": token.email, "email_key": checked_email_key(token.email)}
            await User.filter(id=viewer.id).using_db(connection).update(**changes)
            await notice("email_changed", user_id=viewer.id, visit=visit, rooms=rooms, connection=connection)
            await onetime.void_all(viewer.id, connection=connection)
    except IntegrityError as error:
        raise Conflict("There is an account with this e-mail address") from error
    rooms.jobs.wake()


def _masked(email: str) -> str:
    """Enough to recognise one's own address by, too little to learn another's."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
