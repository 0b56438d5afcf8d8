"""One's own account on the wire: who one is, and the e-mail address and password to sign in with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tonearm_api import errors
from tonearm_api.auth import EmailAddress, Password, PersonName, Secret
from tonearm_api.endpoint import Endpoint, Nothing, Policy

Handle = Annotated[str, Meta(min_length=2, max_length=32, pattern=r"^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$(?!\n)")]
"""A short name of one's own, as others may type it."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """`new_email` waits for its confirmation."""

    id: str
    email: str
    name: str
    handle: str | None
    is_admin: bool
    created_at: datetime
    has_second_factor: bool
    new_email: str | None = None


class EditAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is left out stays; null takes a handle away."""

    name: PersonName | UnsetType = UNSET
    handle: Handle | UnsetType | None = UNSET


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    current_password: Password
    new_password: Password


class ChangeEmail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: EmailAddress


class ConfirmEmail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`token` came by mail to the new address."""

    token: Secret


ME = Endpoint(
    name="me",
    method="GET",
    path="/api/v1/me",
    summary="The account that is signed in",
    policy=Policy.MEMBER,
    request=Nothing,
    response=Account,
)
EDIT_ME = Endpoint(
    name="edit_me",
    method="PATCH",
    path="/api/v1/me",
    summary="Change one's name or handle",
    policy=Policy.MEMBER,
    request=EditAccount,
    response=Account,
    errors=(errors.Conflict,),
)
CHANGE_PASSWORD = Endpoint(
    name="change_password",
    method="POST",
    path="/api/v1/me/password",
    summary="Change the password; every other session ends",
    policy=Policy.MEMBER,
    request=ChangePassword,
    response=type(None),
    status=204,
    errors=(errors.Forbidden, errors.WeakPassword, errors.StepUpRequired, errors.RateLimited),
)
CHANGE_EMAIL = Endpoint(
    name="change_email",
    method="POST",
    path="/api/v1/me/email",
    summary="Change the e-mail address; it counts once the mail to it is answered",
    policy=Policy.MEMBER,
    request=ChangeEmail,
    response=Account,
    status=202,
    errors=(errors.StepUpRequired, errors.RateLimited),
    is_dangerous=True,
)
CONFIRM_EMAIL = Endpoint(
    name="confirm_email",
    method="POST",
    path="/api/v1/me/email/confirm",
    summary="Confirm a new e-mail address with the token that was mailed to it",
    policy=Policy.MEMBER,
    request=ConfirmEmail,
    response=Account,
    errors=(errors.Gone, errors.Conflict, errors.RateLimited),
)

ENDPOINTS = (ME, EDIT_ME, CHANGE_PASSWORD, CHANGE_EMAIL, CONFIRM_EMAIL)
