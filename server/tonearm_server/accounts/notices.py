"""Mails that tell a person what happened to their account (ASVS 5.0 6.3.5, 6.3.7)."""

from __future__ import annotations

from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_server.accounts.rooms import Rooms
from tonearm_server.auth.models import KnownDevice, LoginSession, User
from tonearm_server.auth.sessions import Proven, Visit
from tonearm_server.kit.db import transaction
from tonearm_server.kit.limits import address_prefix
from tonearm_server.mail.letters import VALUES


async def notice(
    template: str,
    *,
    user_id: str,
    visit: Visit,
    rooms: Rooms,
    connection: BaseDBAsyncClient | None = None,
    **values: str | int,
) -> None:
    """Tell the person, in the caller's transaction where there is one."""
    if connection is None:
        async with transaction() as own:
            await notice(template, user_id=user_id, visit=visit, rooms=rooms, connection=own, **values)
        rooms.jobs.wake()
        return
    user = await User.get(id=user_id, using_db=connection)
    known: dict[str, str | int] = {
        "name": user.name,
        "when": rooms.clock.now_ms(),
        "device": visit.device,
        "address": visit.address,
        **values,
    }
    told = {name: known[name] for name in VALUES[template]}
    await rooms.post(template, to=user.email, connection=connection, **told)


async def tell_of_new_device(proven: Proven, *, visit: Visit, known: KnownDevice | None, rooms: Rooms) -> None:
    """A mail where nobody has signed in like this before. Call it before the session begins."""
    if known is not None:
        return
    sessions = await LoginSession.filter(user_id=proven.user_id).values_list("device", "address")
    places = {(device, address_prefix(address)) for device, address in sessions}
    if places and (visit.device, address_prefix(visit.address)) not in places:
        await notice("new_device", user_id=proven.user_id, visit=visit, rooms=rooms)


async def tell_owner_of(user: User, *, base_url: str, rooms: Rooms, connection: BaseDBAsyncClient) -> None:
    """To whoever has the account of an address that somebody else, or they themselves, gave as new."""
    await rooms.post(
        "already_have_account",
        to=user.email,
        connection=connection,
        name=user.name,
        login_url=f"{base_url}/login",
        forgot_url=f"{base_url}/forgot",
    )
