"""The digest that came with a request's bytes (tus 1.0.0, checksum). Knows no header."""

from __future__ import annotations

import asyncio
import hashlib

from tonearm_api.errors import WrongChecksum


class Checksum:
    """What a request says of its own bytes."""

    def __init__(self, algorithm: str, digest: bytes) -> None:
        self._hash = hashlib.new(algorithm, usedforsecurity=False)
        self._digest = digest

    async def update(self, piece: bytes) -> None:
        await asyncio.to_thread(self._hash.update, piece)

    def check(self) -> None:
        """Raises WrongChecksum."""
        if self._hash.digest() != self._digest:
            raise WrongChecksum
