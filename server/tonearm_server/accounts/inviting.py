"""Invitations: made by an administrator, used once by whoever gets the link."""

from __future__ import annotations

from tonearm_api.errors import NotFound, SignUpClosed
from tonearm_api.invitations import Invitation, Invitations, Invite
from tonearm_server.accounts.limits import allow_mail
from tonearm_server.accounts.rooms import Rooms
from tonearm_server.auth.links import LINK_LIFE_MS
from tonearm_server.auth.models import SignUpLink, User
from tonearm_server.auth.people import checked_email_key
from tonearm_server.auth.sessions import DAY_MS, Visit
from tonearm_server.auth.viewers import Viewer
from tonearm_server.config import Registration
from tonearm_server.kit.clock import moment
from tonearm_server.kit.db import transaction
from tonearm_server.kit.ids import hash_secret, new_id, new_secret


async def invite(wanted: Invite, *, viewer: Viewer, visit: Visit, base_url: str, rooms: Rooms) -> Invitation:
    """A link for one account; mailed where an address is given, and then good for that address only."""
    if rooms.registration is Registration.CLOSED:
        raise SignUpClosed("This server takes no new accounts: set TONEARM_REGISTRATION=invite")
    if wanted.email is not None:
        await allow_mail(wanted.email, visit=visit, limiter=rooms.limiter)
    token = new_secret()
    now_ms = rooms.clock.now_ms()
    url = f"{base_url}/signup#t={token}"
    async with transaction() as connection:
        link = await SignUpLink.create(
            using_db=connection,
            id=new_id(),
            token_hash=hash_secret(token),
            email_key=checked_email_key(wanted.email) if wanted.email else None,
            invited_by_id=viewer.id,
            created_at_ms=now_ms,
            expires_at_ms=now_ms + LINK_LIFE_MS,
        )
        if wanted.email is not None:
            await rooms.post(
                "invitation",
                to=wanted.email,
                connection=connection,
                invited_by=viewer.name,
                url=url,
                days=LINK_LIFE_MS // DAY_MS,
                server=base_url,
            )
    rooms.jobs.wake()
    link.invited_by = await User.get(id=viewer.id)
    return _invitation(link, url=url)


async def list_invitations(*, rooms: Rooms) -> Invitations:
    """Those that nobody has used yet, newest first."""
    links = (
        SignUpLink.filter(id__isnull=False, expires_at_ms__gt=rooms.clock.now_ms())
        .select_related("invited_by")
        .order_by("-created_at_ms")
    )
    return Invitations(items=[_invitation(link) for link in await links])


async def withdraw(invitation_id: str) -> None:
    """Raises NotFound."""
    if not await SignUpLink.filter(id=invitation_id).delete():
        raise NotFound


def _invitation(link: SignUpLink, *, url: str | None = None) -> Invitation:
    return Invitation(
        id=str(link.id),
        email=link.email_key,
        invited_by=link.invited_by.name if link.invited_by else "",
        created_at=moment(link.created_at_ms),
        expires_at=moment(link.expires_at_ms),
        url=url,
    )
