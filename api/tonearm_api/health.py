"""Is the server up: liveness and readiness on the wire."""

from __future__ import annotations

import msgspec

from tonearm_api import errors
from tonearm_api.endpoint import Endpoint, Nothing, Policy


class Health(msgspec.Struct, frozen=True, kw_only=True):
    status: str
    version: str


HEALTHZ = Endpoint(
    name="healthz",
    method="GET",
    path="/healthz",
    summary="The process answers",
    policy=Policy.PUBLIC,
    request=Nothing,
    response=Health,
)
READYZ = Endpoint(
    name="readyz",
    method="GET",
    path="/readyz",
    summary="The database and the storage answer",
    policy=Policy.PUBLIC,
    request=Nothing,
    response=Health,
    errors=(errors.Unavailable,),
)

ENDPOINTS = (HEALTHZ, READYZ)
