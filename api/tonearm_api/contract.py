"""ENDPOINTS: every operation of the HTTP API, in document order."""

from __future__ import annotations

from tonearm_api import (
    account,
    administration,
    auth,
    factors,
    health,
    invitations,
    library,
    plays,
    search,
    sessions,
    streaming,
    uploads,
)
from tonearm_api.endpoint import AnyEndpoint

ENDPOINTS: tuple[AnyEndpoint, ...] = (
    *health.ENDPOINTS,
    *auth.ENDPOINTS,
    *account.ENDPOINTS,
    *factors.ENDPOINTS,
    *sessions.ENDPOINTS,
    *invitations.ENDPOINTS,
    *administration.ENDPOINTS,
    *library.ENDPOINTS,
    *uploads.ENDPOINTS,
    *plays.ENDPOINTS,
    *search.ENDPOINTS,
    *streaming.ENDPOINTS,
)
