"""Endpoint: one HTTP operation as a value, and how its request is split. Knows no HTTP library."""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from tonearm_api.errors import TonearmError

RequestT = TypeVar("RequestT", bound=msgspec.Struct)
ResponseT = TypeVar("ResponseT")

_PLACEHOLDER = re.compile(r"{(\w+)}")


class Policy(enum.StrEnum):
    """Who may call an endpoint. A route without one refuses to start."""

    PUBLIC = "public"
    """Anyone."""
    MEMBER = "member"
    """Anyone signed in."""
    OBJECT = "object"
    """Anyone signed in, and strangers for objects whose visibility is `public`."""
    ADMIN = "admin"
    """Administrators."""


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request without fields."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Raw:
    """A body of bytes rather than JSON: its media types and what it holds."""

    media_types: tuple[str, ...]
    description: str


@dataclass(frozen=True, kw_only=True)
class Endpoint(Generic[RequestT, ResponseT]):
    """One operation. Fields of `request` named in `path` travel there; the others as query or JSON body.

    `raw_request` and `raw_response` mark bodies of bytes; such endpoints are routed by hand.
    `also` names further answers (status -> when it is given).
    """

    name: str
    method: str
    path: str
    summary: str
    policy: Policy
    request: type[RequestT]
    response: type[ResponseT]
    status: int = 200
    also: Mapping[int, str] = field(default_factory=dict)
    errors: tuple[type[TonearmError], ...] = ()
    raw_request: Raw | None = None
    raw_response: Raw | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Request headers that mean something here, and what."""
    is_dangerous: bool = False
    """Whether the session must have proved itself in the last five minutes (ASVS 5.0 7.5.1)."""

    @functools.cached_property
    def path_fields(self) -> tuple[str, ...]:
        return tuple(_PLACEHOLDER.findall(self.path))

    @functools.cached_property
    def other_fields(self) -> tuple[str, ...]:
        """Names of the fields that travel as query parameters or in the JSON body."""
        return tuple(f.encode_name for f in msgspec.structs.fields(self.request) if f.name not in self.path_fields)

    @property
    def has_json_body(self) -> bool:
        return self.method in {"POST", "PUT", "PATCH"} and bool(self.other_fields) and self.raw_request is None

    def split(self, request: RequestT) -> tuple[str, dict[str, Any]]:
        """The filled-in path and the remaining fields as JSON-ready values; unset ones are left out."""
        values: dict[str, Any] = msgspec.to_builtins(request)
        path = _PLACEHOLDER.sub(lambda match: str(values[match[1]]), self.path)
        rest = {key: value for key, value in values.items() if key not in self.path_fields}
        return path, rest


AnyEndpoint = Endpoint[Any, Any]
