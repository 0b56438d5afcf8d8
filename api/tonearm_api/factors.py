"""Second factors on the wire: authenticator, recovery codes, remembered devices."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tonearm_api import errors
from tonearm_api.auth import Code
from tonearm_api.endpoint import Endpoint, Nothing, Policy


class NewAuthenticator(msgspec.Struct, frozen=True, kw_only=True):
    """`secret` is base32 to type, `uri` the same to scan (otpauth); neither is ever shown again."""

    secret: str
    uri: str


class ConfirmAuthenticator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code that the authenticator shows: it proves that it was set up."""

    code: Code


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Ten codes, each good for one sign-in; shown this once."""

    codes: list[str]


class RememberedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A browser or program that is not asked for a code until `expires_at`."""

    id: str
    device: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


class Factors(msgspec.Struct, frozen=True, kw_only=True):
    """`confirms_by_mail`: without an authenticator, each sign-in asks for a code that is mailed."""

    has_authenticator: bool
    recovery_codes_left: int
    confirms_by_mail: bool
    remembered: list[RememberedDevice]


class ConfirmByMail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    is_on: bool


class OneDevice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str


FACTORS = Endpoint(
    name="factors",
    method="GET",
    path="/api/v1/me/factors",
    summary="Which second factors the account has",
    policy=Policy.MEMBER,
    request=Nothing,
    response=Factors,
)
NEW_AUTHENTICATOR = Endpoint(
    name="new_authenticator",
    method="POST",
    path="/api/v1/me/authenticator",
    summary="Begin to set up an authenticator (TOTP, RFC 6238); it counts once it is confirmed",
    policy=Policy.MEMBER,
    request=Nothing,
    response=NewAuthenticator,
    status=201,
    errors=(errors.Conflict, errors.StepUpRequired),
    is_dangerous=True,
)
CONFIRM_AUTHENTICATOR = Endpoint(
    name="confirm_authenticator",
    method="PUT",
    path="/api/v1/me/authenticator",
    summary="Confirm the authenticator with its first code, and get the recovery codes",
    policy=Policy.MEMBER,
    request=ConfirmAuthenticator,
    response=RecoveryCodes,
    errors=(errors.WrongCode, errors.Gone, errors.StepUpRequired, errors.RateLimited),
    is_dangerous=True,
)
REMOVE_AUTHENTICATOR = Endpoint(
    name="remove_authenticator",
    method="DELETE",
    path="/api/v1/me/authenticator",
    summary="Remove the authenticator, its recovery codes and every remembered device",
    policy=Policy.MEMBER,
    request=Nothing,
    response=type(None),
    status=204,
    errors=(errors.NotFound, errors.StepUpRequired),
    is_dangerous=True,
)
NEW_RECOVERY_CODES = Endpoint(
    name="new_recovery_codes",
    method="POST",
    path="/api/v1/me/recovery-codes",
    summary="Ten new recovery codes; the old ones are void",
    policy=Policy.MEMBER,
    request=Nothing,
    response=RecoveryCodes,
    status=201,
    errors=(errors.NotFound, errors.StepUpRequired),
    is_dangerous=True,
)
CONFIRM_BY_MAIL = Endpoint(
    name="confirm_by_mail",
    method="PUT",
    path="/api/v1/me/mail-confirmation",
    summary="Ask at each sign-in for a code that is mailed, or stop asking",
    policy=Policy.MEMBER,
    request=ConfirmByMail,
    response=Factors,
    errors=(errors.StepUpRequired,),
    is_dangerous=True,
)
FORGET_DEVICE = Endpoint(
    name="forget_device",
    method="DELETE",
    path="/api/v1/me/devices/{id}",
    summary="Ask a remembered device for a code again",
    policy=Policy.MEMBER,
    request=OneDevice,
    response=type(None),
    status=204,
    errors=(errors.NotFound,),
)

ENDPOINTS = (
    FACTORS,
    NEW_AUTHENTICATOR,
    CONFIRM_AUTHENTICATOR,
    REMOVE_AUTHENTICATOR,
    NEW_RECOVERY_CODES,
    CONFIRM_BY_MAIL,
    FORGET_DEVICE,
)
