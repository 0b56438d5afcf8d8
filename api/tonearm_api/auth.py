"""Accounts and sessions on the wire: sign up, log in, refresh, log out, me."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tonearm_api import errors
from tonearm_api.endpoint import Endpoint, Nothing, Policy

EmailAddress = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^\s@]+@[^\s@]+$")]
PersonName = Annotated[str, Meta(min_length=1, max_length=100)]
Password = Annotated[str, Meta(min_length=1, max_length=1024)]
Secret = Annotated[str, Meta(min_length=1, max_length=512)]


class SignUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`token` is the owner link's or an invitation's; without one only where registration is open."""

    email: EmailAddress
    password: Password
    name: PersonName
    token: Secret | None = None


class LogIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`code` is the second factor's, for accounts that have one."""

    email: EmailAddress
    password: Password
    code: Secret | None = None


class Refresh(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    refresh_token: Secret


class LogOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    refresh_token: Secret


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """`expires_in` is the access token's life in seconds (RFC 6749 §5.1)."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class Account(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    email: str
    name: str
    is_admin: bool
    created_at: datetime


SIGN_UP = Endpoint(
    name="sign_up",
    method="POST",
    path="/api/v1/auth/signup",
    summary="Make an account and sign in",
    policy=Policy.PUBLIC,
    request=SignUp,
    response=Tokens,
    status=201,
    errors=(errors.WeakPassword, errors.SignUpClosed, errors.Conflict, errors.Gone),
)
LOG_IN = Endpoint(
    name="log_in",
    method="POST",
    path="/api/v1/auth/login",
    summary="Sign in with e-mail and password",
    policy=Policy.PUBLIC,
    request=LogIn,
    response=Tokens,
    errors=(errors.WrongCredentials,),
)
REFRESH = Endpoint(
    name="refresh",
    method="POST",
    path="/api/v1/auth/refresh",
    summary="Exchange a refresh token for new tokens; each works once",
    policy=Policy.PUBLIC,
    request=Refresh,
    response=Tokens,
    errors=(errors.SessionEnded,),
)
LOG_OUT = Endpoint(
    name="log_out",
    method="POST",
    path="/api/v1/auth/logout",
    summary="End the session that a refresh token belongs to",
    policy=Policy.PUBLIC,
    request=LogOut,
    response=type(None),
    status=204,
)
ME = Endpoint(
    name="me",
    method="GET",
    path="/api/v1/me",
    summary="The account that is signed in",
    policy=Policy.MEMBER,
    request=Nothing,
    response=Account,
)

ENDPOINTS = (SIGN_UP, LOG_IN, REFRESH, LOG_OUT, ME)
