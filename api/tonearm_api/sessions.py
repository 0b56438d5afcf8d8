"""Sessions on the wire: where an account is signed in, and how to end that."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from tonearm_api import errors
from tonearm_api.endpoint import Endpoint, Nothing, Policy


class SessionKind(enum.StrEnum):
    """How a session proves itself: a browser's cookie or a program's tokens."""

    BROWSER = "browser"
    PROGRAM = "program"


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """`device` is what the program calls itself, `address` where it was last seen."""

    id: str
    kind: SessionKind
    device: str
    address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    is_this: bool


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    items: list[SignedIn]


class OneSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str


LIST_SESSIONS = Endpoint(
    name="list_sessions",
    method="GET",
    path="/api/v1/me/sessions",
    summary="Where the account is signed in, latest use first",
    policy=Policy.MEMBER,
    request=Nothing,
    response=Sessions,
)
END_SESSION = Endpoint(
    name="end_session",
    method="DELETE",
    path="/api/v1/me/sessions/{id}",
    summary="Sign out one device; music that it plays stops within five seconds",
    policy=Policy.MEMBER,
    request=OneSession,
    response=type(None),
    status=204,
    errors=(errors.NotFound,),
)
END_OTHER_SESSIONS = Endpoint(
    name="end_other_sessions",
    method="DELETE",
    path="/api/v1/me/sessions",
    summary="Sign out every device but this one",
    policy=Policy.MEMBER,
    request=Nothing,
    response=type(None),
    status=204,
)

ENDPOINTS = (LIST_SESSIONS, END_SESSION, END_OTHER_SESSIONS)
