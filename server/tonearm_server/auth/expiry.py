"""Rows of accounts that are over, deleted from time to time."""

from __future__ import annotations

from tonearm_server.auth.models import (
    KnownDevice,
    LoginSession,
    OneTimeToken,
    PendingSignUp,
    RefreshToken,
    SignUpLink,
)
from tonearm_server.auth.throttle import forget_failures
from tonearm_server.kit.clock import Clock


async def forget_expired(clock: Clock) -> None:
    """Used refresh tokens stay with their session until it ends: they betray a thief."""
    now_ms = clock.now_ms()
    for table in (LoginSession, RefreshToken, SignUpLink, PendingSignUp, OneTimeToken, KnownDevice):
        await table.filter(expires_at_ms__lt=now_ms).delete()
    await forget_failures(clock)
