"""Stream tickets: a signed pass for one track's stream, bound to a session, in a URL that mpv can open."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from aiohttp import web

from tonearm_api.errors import Unauthenticated
from tonearm_server.auth.keys import Keys
from tonearm_server.kit.clock import Clock

TICKET_LIFE_MS = 6 * 3600 * 1000
_MAC_BYTES = 16
"""128 bits (threat T1)."""


@dataclass(frozen=True, slots=True)
class TicketOffice:
    """`session.expiry.mac`: nothing is stored, and a session that is gone takes its tickets along."""

    keys: Keys
    clock: Clock

    def issue(self, *, track_id: str, session_id: str) -> tuple[str, int]:
        """The ticket and the Unix time in milliseconds when it ends."""
        expires_at_ms = self.clock.now_ms() + TICKET_LIFE_MS
        return f"{session_id}.{expires_at_ms}.{self._mac(track_id, session_id, expires_at_ms)}", expires_at_ms

    def read(self, ticket: str, *, track_id: str) -> str:
        """The id of the session that the ticket was issued to. Raises Unauthenticated."""
        if not ticket.isascii():
            raise Unauthenticated
        session_id, _, rest = ticket.partition(".")
        expiry, _, mac = rest.partition(".")
        if not (expiry.isascii() and expiry.isdigit() and len(expiry) < 16):
            raise Unauthenticated
        expires_at_ms = int(expiry)
        genuine = hmac.compare_digest(mac.encode(), self._mac(track_id, session_id, expires_at_ms).encode())
        if not genuine or self.clock.now_ms() > expires_at_ms:
            raise Unauthenticated
        return session_id

    def _mac(self, track_id: str, session_id: str, expires_at_ms: int) -> str:
        message = f"{track_id}\n{session_id}\n{expires_at_ms}".encode()
        digest = hmac.digest(self.keys.tickets, message, hashlib.sha256)[:_MAC_BYTES]
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


TICKETS: web.AppKey[TicketOffice] = web.AppKey("tickets", TicketOffice)
