"""Invitations on the wire: one-time links that make an account."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tonearm_api import errors
from tonearm_api.auth import EmailAddress
from tonearm_api.endpoint import Endpoint, Nothing, Policy


class Invite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """With `email` the link is mailed there, and good for that address only."""

    email: EmailAddress | None = None


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """`url` is told once, to who made it."""

    id: str
    email: str | None
    invited_by: str
    created_at: datetime
    expires_at: datetime
    url: str | None = None


class Invitations(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Invitation]


class OneInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str


INVITE = Endpoint(
    name="invite",
    method="POST",
    path="/api/v1/invitations",
    summary="Invite somebody: a link that makes one account, good for a week",
    policy=Policy.ADMIN,
    request=Invite,
    response=Invitation,
    status=201,
    errors=(errors.FactorRequired, errors.SignUpClosed, errors.RateLimited),
)
LIST_INVITATIONS = Endpoint(
    name="list_invitations",
    method="GET",
    path="/api/v1/invitations",
    summary="Invitations that nobody has used yet, newest first",
    policy=Policy.ADMIN,
    request=Nothing,
    response=Invitations,
    errors=(errors.FactorRequired,),
)
WITHDRAW_INVITATION = Endpoint(
    name="withdraw_invitation",
    method="DELETE",
    path="/api/v1/invitations/{id}",
    summary="Withdraw an invitation: its link is good for nothing from now on",
    policy=Policy.ADMIN,
    request=OneInvitation,
    response=type(None),
    status=204,
    errors=(errors.FactorRequired, errors.NotFound),
)

ENDPOINTS = (INVITE, LIST_INVITATIONS, WITHDRAW_INVITATION)
