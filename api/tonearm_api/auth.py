"""Signing up and in on the wire: accounts begin here, and sessions begin, go on and end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tonearm_api import errors
from tonearm_api.endpoint import Endpoint, Policy

EmailAddress = Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^\s@]+@[^\s@]+$(?!\n)")]
PersonName = Annotated[str, Meta(min_length=1, max_length=100)]
Password = Annotated[str, Meta(min_length=1, max_length=1024)]
Secret = Annotated[str, Meta(min_length=1, max_length=512)]
Code = Annotated[str, Meta(min_length=1, max_length=64)]
"""A second factor's code as typed: six digits, or a recovery code; spaces and dashes do not count."""


class SignUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`token` is the owner link's or an invitation's; without one only where registration is open."""

    email: EmailAddress
    password: Password
    name: PersonName
    token: Secret | None = None


class Verify(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`token` came by mail. The password proves that who opens the mail is who signed up (threat T29)."""

    token: Secret
    password: Password


class LogIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`code` is the second factor's, for accounts that have one; `challenge` is that of a mailed code."""

    email: EmailAddress
    password: Password
    code: Code | None = None
    challenge: Secret | None = None


class MailCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: EmailAddress
    password: Password


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A code is on its way; it is good together with this challenge only."""

    challenge: str
    expires_at: datetime


class ForgotPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: EmailAddress


class ResetPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`token` came by mail, or from an administrator."""

    token: Secret
    password: Password


class Refresh(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    refresh_token: Secret


class LogOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    refresh_token: Secret


class StepUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`code` for accounts with a second factor."""

    password: Password
    code: Code | None = None


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """`expires_in` is the access token's life in seconds (RFC 6749 §5.1)."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


SIGN_UP = Endpoint(
    name="sign_up",
    method="POST",
    path="/api/v1/auth/signup",
    summary="Make an account and sign in; where the server sends mail, the address is verified first",
    policy=Policy.PUBLIC,
    request=SignUp,
    response=Tokens,
    status=201,
    also={202: "A mail is on its way, whether or not the address has an account"},
    errors=(errors.WeakPassword, errors.SignUpClosed, errors.Conflict, errors.Gone, errors.RateLimited),
)
VERIFY = Endpoint(
    name="verify_email",
    method="POST",
    path="/api/v1/auth/verify",
    summary="Finish signing up with the token that came by mail",
    policy=Policy.PUBLIC,
    request=Verify,
    response=Tokens,
    status=201,
    errors=(errors.WrongCredentials, errors.Gone, errors.Conflict, errors.RateLimited),
)
LOG_IN = Endpoint(
    name="log_in",
    method="POST",
    path="/api/v1/auth/login",
    summary="Sign in with e-mail and password, and a code where the account has a second factor",
    policy=Policy.PUBLIC,
    request=LogIn,
    response=Tokens,
    errors=(
        errors.WrongCredentials,
        errors.SecondFactorNeeded,
        errors.MailCodeNeeded,
        errors.WrongCode,
        errors.RateLimited,
    ),
)
MAIL_CODE = Endpoint(
    name="mail_code",
    method="POST",
    path="/api/v1/auth/mail-code",
    summary="Get the code by mail, for accounts that confirm each sign-in that way",
    policy=Policy.PUBLIC,
    request=MailCode,
    response=Challenge,
    status=202,
    errors=(errors.WrongCredentials, errors.Conflict, errors.RateLimited),
)
FORGOT_PASSWORD = Endpoint(
    name="forgot_password",
    method="POST",
    path="/api/v1/auth/forgot",
    summary="Get a link by mail to choose a new password; the answer is the same for every address",
    policy=Policy.PUBLIC,
    request=ForgotPassword,
    response=type(None),
    status=202,
    errors=(errors.RateLimited,),
)
RESET_PASSWORD = Endpoint(
    name="reset_password",
    method="POST",
    path="/api/v1/auth/reset",
    summary="Choose a new password with the link's token; every session ends, none begins",
    policy=Policy.PUBLIC,
    request=ResetPassword,
    response=type(None),
    status=204,
    errors=(errors.WeakPassword, errors.Gone, errors.RateLimited),
)
REFRESH = Endpoint(
    name="refresh",
    method="POST",
    path="/api/v1/auth/refresh",
    summary="Exchange a refresh token for new tokens; each works once",
    policy=Policy.PUBLIC,
    request=Refresh,
    response=Tokens,
    errors=(errors.SessionEnded, errors.RateLimited),
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
STEP_UP = Endpoint(
    name="step_up",
    method="POST",
    path="/api/v1/auth/step-up",
    summary="Prove again that it is you; what is dangerous asks for it every five minutes",
    policy=Policy.MEMBER,
    request=StepUp,
    response=type(None),
    status=204,
    errors=(errors.WrongCredentials, errors.SecondFactorNeeded, errors.WrongCode, errors.RateLimited),
)

ENDPOINTS = (
    SIGN_UP,
    VERIFY,
    LOG_IN,
    MAIL_CODE,
    FORGOT_PASSWORD,
    RESET_PASSWORD,
    REFRESH,
    LOG_OUT,
    STEP_UP,
)
