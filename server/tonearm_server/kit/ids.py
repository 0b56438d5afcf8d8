"""Random identifiers and secrets: the only place that draws them."""

from __future__ import annotations

import base64
import hashlib
import secrets

_ID_BYTES = 10
"""80 random bits: no collision among a billion, 16 characters to type."""

ID_LENGTH = 16
"""Of their text: five bits in a character."""

_SECRET_BYTES = 32
"""256 random bits (ASVS 5.0 11.5.1 asks for 128 at least)."""


def new_id() -> str:
    """An opaque id of 16 lower-case letters and digits. Not a secret."""
    return base64.b32encode(secrets.token_bytes(_ID_BYTES)).decode().lower()


def new_secret() -> str:
    """A bearer secret of 43 URL-safe characters."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def hash_secret(secret: str) -> str:
    """What is stored in a secret's place: SHA-256 in hex. Enough for 256 random bits, not for passwords."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
