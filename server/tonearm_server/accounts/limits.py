"""How often strangers may do what costs us work or others a mail. Guessing is held by `auth/throttle.py`."""

from __future__ import annotations

from tonearm_server.auth.people import email_key
from tonearm_server.auth.sessions import Visit
from tonearm_server.kit.limits import Limiter, Rule, address_prefix

_HOUR_S = 3600

_MAILS_TO_ONE = Rule("mails_to_one", 3, _HOUR_S)
_MAILS_FROM_PLACE = Rule("mails_from_place", 20, _HOUR_S)
_MAILS = Rule("mails", 500, _HOUR_S)
"""OWASP's Forgot Password sheet asks for limits by account, by address and in all (threat T28)."""

_CODES_TO_ONE = Rule("codes_to_one", 5, _HOUR_S)
"""By itself: who gets one knows the password, and strangers who have mails sent must not keep them out."""

_PASSWORDS_FROM_PLACE = Rule("passwords_from_place", 60, 60)
_PASSWORDS = Rule("passwords", 600, 60)
"""Argon2id takes 18 ms of two threads: six hundred a minute are a tenth of what they do."""

_LINKS_FROM_PLACE = Rule("links_from_place", 30, 60)
_REFRESHES_FROM_PLACE = Rule("refreshes_from_place", 600, 60)


async def allow_mail(email: str, *, visit: Visit, limiter: Limiter) -> None:
    """Raises RateLimited. Counts alike whether or not the address has an account."""
    await limiter.hit(_MAILS_FROM_PLACE, address_prefix(visit.address))
    await limiter.hit(_MAILS_TO_ONE, email_key(email))
    await limiter.hit(_MAILS)


async def allow_code(user_id: str, *, visit: Visit, limiter: Limiter) -> None:
    """For a code by mail. Raises RateLimited."""
    await limiter.hit(_MAILS_FROM_PLACE, address_prefix(visit.address))
    await limiter.hit(_CODES_TO_ONE, user_id)


async def allow_password(visit: Visit, *, limiter: Limiter) -> None:
    """For whatever hashes a password. Raises RateLimited."""
    await limiter.hit(_PASSWORDS_FROM_PLACE, address_prefix(visit.address))
    await limiter.hit(_PASSWORDS)


async def allow_link(visit: Visit, *, limiter: Limiter) -> None:
    """For whatever a token of 256 bits opens: guessing is hopeless, and loud. Raises RateLimited."""
    await limiter.hit(_LINKS_FROM_PLACE, address_prefix(visit.address))


async def allow_refresh(visit: Visit, *, limiter: Limiter) -> None:
    await limiter.hit(_REFRESHES_FROM_PLACE, address_prefix(visit.address))
