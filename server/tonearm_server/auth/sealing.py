"""Secrets that have to be read again, sealed with a key that is not in the database (AES-256-GCM)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass

from aiohttp import web

from tonearm_api.errors import TonearmError
from tonearm_server.auth.keys import Keys

_NONCE_BYTES = 12
"""NIST SP 800-38D §8.2.2; random ones are safe for 2**32 seals under one key."""


class BrokenSeal(TonearmError):
    """Raised where a sealed text is not what this server sealed for that purpose."""

    code = "broken_seal"
    title = "A sealed secret cannot be opened: were the keys replaced?"


@dataclass(frozen=True, slots=True)
class Sealer:
    keys: Keys

    def seal(self, plain: bytes, *, about: str) -> str:
        """`plain`, sealed. `about` says whose and what it is, and has to be the same when it is opened."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # 40 ms that few starts need

        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self.keys.sealing).encrypt(nonce, plain, about.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, about: str) -> bytes:
        """What was sealed. Raises BrokenSeal."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # as in `seal`
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # as in `seal`

        try:
            content = base64.urlsafe_b64decode(sealed)
            nonce, body = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
            return AESGCM(self.keys.sealing).decrypt(nonce, body, about.encode())
        except (ValueError, InvalidTag) as error:
            raise BrokenSeal from error

    def mac(self, text: str, *, about: str) -> str:
        """A code for `text` in hex that nobody without the keys can compute: for what is short enough to guess."""
        message = f"{about}\n{text}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.keys.sealing, message, hashlib.sha256).hex()


SEALER: web.AppKey[Sealer] = web.AppKey("sealer", Sealer)
