"""Second factors of one's own account: set up, taken away, and the paper for when the phone is gone."""

from __future__ import annotations

from tonearm_api.errors import NotFound
from tonearm_api.factors import ConfirmByMail, Factors, NewAuthenticator, RecoveryCodes, RememberedDevice
from tonearm_server.accounts.notices import notice
from tonearm_server.accounts.rooms import Rooms
from tonearm_server.auth import devices, recovery, totp
from tonearm_server.auth.models import KnownDevice, User
from tonearm_server.auth.sessions import Visit, end_sessions, forget_factor, prove_session
from tonearm_server.auth.viewers import Viewer
from tonearm_server.kit.clock import moment
from tonearm_server.kit.db import transaction


async def list_factors(viewer: Viewer, *, rooms: Rooms) -> Factors:
    user = await User.get(id=viewer.id)
    return Factors(
        has_authenticator=viewer.has_second_factor,
        recovery_codes_left=await recovery.count_left(viewer.id),
        confirms_by_mail=user.confirms_by_mail,
        remembered=[_remembered(device) for device in await devices.list_trusted(viewer.id, clock=rooms.clock)],
    )


async def begin_authenticator(viewer: Viewer, *, rooms: Rooms) -> NewAuthenticator:
    """Raises Conflict where there is one."""
    async with transaction() as connection:
        seed = await totp.set_up(
            viewer.id, email=viewer.email, sealer=rooms.sealer, clock=rooms.clock, connection=connection
        )
    return NewAuthenticator(secret=seed.secret, uri=seed.uri)


async def confirm_authenticator(code: str, *, viewer: Viewer, visit: Visit, rooms: Rooms) -> RecoveryCodes:
    """The authenticator counts from now on; other sessions, begun without it, end. Raises WrongCode, Gone or
    RateLimited.
    """
    await rooms.throttle.count_code(viewer.id)
    codes, hashes = await recovery.draw(rooms.passwords)
    async with transaction() as connection:
        await totp.confirm(
            viewer.id, "".join(code.split()), sealer=rooms.sealer, clock=rooms.clock, connection=connection
        )
        await recovery.replace(viewer.id, hashes, connection=connection)
        await devices.distrust_all(viewer.id, connection=connection)
        await end_sessions(viewer.id, but=viewer.session_id, connection=connection)
        await notice("factor_added", user_id=viewer.id, visit=visit, rooms=rooms, connection=connection)
    await rooms.throttle.clear_code(viewer.id)
    await prove_session(viewer.session_id, has_second_factor=True, clock=rooms.clock)
    rooms.jobs.wake()
    return RecoveryCodes(codes=codes)


async def remove_authenticator(viewer: Viewer, *, visit: Visit, rooms: Rooms) -> None:
    """The codes on paper and the remembered devices go with it. Raises NotFound where there is none."""
    async with transaction() as connection:
        await totp.remove(viewer.id, connection=connection)
        await recovery.remove(viewer.id, connection=connection)
        await devices.distrust_all(viewer.id, connection=connection)
        await forget_factor(viewer.id, connection=connection)
        await notice("factor_removed", user_id=viewer.id, visit=visit, rooms=rooms, connection=connection)
    rooms.jobs.wake()


async def renew_recovery_codes(viewer: Viewer, *, visit: Visit, rooms: Rooms) -> RecoveryCodes:
    """Ten new codes; the old ones are void. Raises NotFound without an authenticator."""
    if not viewer.has_second_factor:
        raise NotFound("There is no authenticator that they would stand in for")
    codes, hashes = await recovery.draw(rooms.passwords)
    async with transaction() as connection:
        await recovery.replace(viewer.id, hashes, connection=connection)
        await notice("recovery_codes_renewed", user_id=viewer.id, visit=visit, rooms=rooms, connection=connection)
    rooms.jobs.wake()
    return RecoveryCodes(codes=codes)


async def confirm_by_mail(wanted: ConfirmByMail, *, viewer: Viewer, rooms: Rooms) -> Factors:
    await User.filter(id=viewer.id).update(confirms_by_mail=wanted.is_on)
    return await list_factors(viewer, rooms=rooms)


def _remembered(device: KnownDevice) -> RememberedDevice:
    return RememberedDevice(
        id=device.id,
        device=device.device,
        created_at=moment(device.created_at_ms),
        last_used_at=moment(device.last_used_at_ms),
        expires_at=moment(device.trusted_until_ms),
    )
