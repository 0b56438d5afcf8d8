"""ENDPOINTS: every operation of the HTTP API, in document order."""

from __future__ import annotations

from tonearm_api import auth, health, library, plays, search, streaming, uploads
from tonearm_api.endpoint import AnyEndpoint

ENDPOINTS: tuple[AnyEndpoint, ...] = (
    *health.ENDPOINTS,
    *auth.ENDPOINTS,
    *library.ENDPOINTS,
    *uploads.ENDPOINTS,
    *plays.ENDPOINTS,
    *search.ENDPOINTS,
    *streaming.ENDPOINTS,
)
