"""Administrators on the wire: who has an account, who may do what, and help for who cannot get in."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from tonearm_api import errors
from tonearm_api.endpoint import Endpoint, Nothing, Policy


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's account as administrators see it. `last_used_at` is null for who is signed in nowhere."""

    id: str
    email: str
    name: str
    handle: str | None
    is_admin: bool
    is_disabled: bool
    has_second_factor: bool
    created_at: datetime
    last_used_at: datetime | None
    tracks: int


class Members(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Member]


class EditMember(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is left out stays. Who is disabled is signed out everywhere and cannot sign in."""

    id: str
    is_admin: bool | UnsetType = UNSET
    is_disabled: bool | UnsetType = UNSET


class OneMember(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str


class ResetLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link to choose a new password, told once: hand it over yourself. It is good for twenty minutes."""

    url: str
    expires_at: datetime


LIST_MEMBERS = Endpoint(
    name="list_members",
    method="GET",
    path="/api/v1/admin/users",
    summary="Everybody with an account, by name",
    policy=Policy.ADMIN,
    request=Nothing,
    response=Members,
    errors=(errors.FactorRequired,),
)
EDIT_MEMBER = Endpoint(
    name="edit_member",
    method="PATCH",
    path="/api/v1/admin/users/{id}",
    summary="Make somebody an administrator, or disable an account; both can be taken back",
    policy=Policy.ADMIN,
    request=EditMember,
    response=Member,
    errors=(errors.FactorRequired, errors.NotFound, errors.LastAdministrator, errors.StepUpRequired),
    is_dangerous=True,
)
RESET_LINK = Endpoint(
    name="reset_link",
    method="POST",
    path="/api/v1/admin/users/{id}/reset-link",
    summary="A link to choose a new password, for who cannot get in; the person is told by mail",
    policy=Policy.ADMIN,
    request=OneMember,
    response=ResetLink,
    status=201,
    errors=(errors.FactorRequired, errors.NotFound, errors.StepUpRequired),
    is_dangerous=True,
)

ENDPOINTS = (LIST_MEMBERS, EDIT_MEMBER, RESET_LINK)
