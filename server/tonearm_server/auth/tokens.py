"""Access and refresh tokens: issue, verify, rotate, end.

An access token is a JWT of ten minutes that names a session. A refresh token is opaque, stored hashed, and
works once; its successor is derived from it, so that a lost answer can be given again for ten seconds, also
after a restart. Use after that ends the whole family (RFC 9700 §4.14.2).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import logging
from dataclasses import dataclass
from typing import NamedTuple

import jwt
from aiohttp import web
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError

from tonearm_api.auth import Tokens
from tonearm_api.errors import SessionEnded, Unauthenticated
from tonearm_server.auth.keys import Keys
from tonearm_server.auth.models import LoginSession, RefreshToken
from tonearm_server.auth.sessions import DAY_MS, Proven, Visit, begin_session
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import execute, transaction
from tonearm_server.kit.ids import hash_secret, new_secret

log = logging.getLogger(__name__)

ACCESS_LIFE_S = 600
_ALGORITHM = "HS256"
_TYPE = "at+jwt"
_AUDIENCE = "tonearm"
_LEEWAY_S = 30
_REMEMBERED = 1024
"""Tokens whose signature was found good lately: as many people at once, in 300 KB."""

_GRACE_MS = 10_000
_IDLE_MS = 30 * DAY_MS
"""A refresh token that nobody used for so long is worth nothing (ASVS 5.0 7.3.1)."""

_TOUCH = """
    UPDATE login_session SET last_used_at_ms = ?, address = ?
    WHERE id = (SELECT r.session_id FROM refresh_token r WHERE r.token_hash = ? AND r.expires_at_ms > ?)
"""


class StolenToken(SessionEnded):
    """Raised where a used refresh token came back: somebody has a copy. The session is ended."""

    def __init__(self, user_id: str) -> None:
        super().__init__()
        self.user_id = user_id


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Makes and checks this server's tokens."""

    keys: Keys
    clock: Clock

    async def begin_family(self, proven: Proven, *, visit: Visit) -> Tokens:
        """A new session for a program, with its first tokens."""
        token = new_secret()
        async with transaction() as connection:
            session = await begin_session(proven, visit=visit, clock=self.clock, connection=connection)
            await _add_token(token, session.id, now_ms=self.clock.now_ms(), connection=connection)
        return self._tokens(session.id, proven.user_id, refresh_token=token)

    async def rotate(self, refresh_token: str, *, address: str) -> Tokens:
        """The successor of `refresh_token`. Raises SessionEnded, or StolenToken where a used one came back.

        The consuming UPDATE is one statement with its condition inside: of any number of parallel calls
        one consumes, the others find the same successor.
        """
        now_ms = self.clock.now_ms()
        token_hash = hash_secret(refresh_token)
        successor = self._successor(refresh_token)
        async with transaction() as connection:
            # The session before its token, as whoever ends it has them: in the other order the two could deadlock.
            await execute(connection, _TOUCH, [now_ms, address, token_hash, now_ms])
            consumed = (
                await RefreshToken.filter(token_hash=token_hash, consumed_at_ms=None, expires_at_ms__gt=now_ms)
                .using_db(connection)
                .update(consumed_at_ms=now_ms)
            )
            token = await RefreshToken.get_or_none(token_hash=token_hash, using_db=connection).select_related("session")
            session = token.session if token else None
            if token is None or session is None or session.expires_at_ms <= now_ms:
                raise SessionEnded
            if consumed:
                await _add_token(successor, session.id, now_ms=now_ms, connection=connection)
        if not consumed and not _within_grace(token, now_ms):
            await self._refuse(token, user_id=session.user_id)
        return self._tokens(session.id, session.user_id, refresh_token=successor)

    async def end_family(self, refresh_token: str) -> None:
        """End the session that the token belongs to. An unknown token is no error: the outcome is the same."""
        token = await RefreshToken.get_or_none(token_hash=hash_secret(refresh_token))
        if token is not None:
            await LoginSession.filter(id=token.session_id).delete()

    def read_access_token(self, token: str) -> str:
        """The id of the session that an access token names. Raises Unauthenticated.

        One algorithm, one key, one type: `alg`, `kid`, `jku` and the like in the token choose nothing.
        """
        claims = _read_signed(token, self.keys.access)
        if not self.clock.now_ms() / 1000 <= claims.expires_at_s + _LEEWAY_S:  # NaN is over, too
            raise Unauthenticated
        return claims.session_id

    def _tokens(self, session_id: str, user_id: str, *, refresh_token: str) -> Tokens:
        now_s = self.clock.now_ms() // 1000
        claims = {
            "sub": user_id,
            "sid": session_id,
            "aud": _AUDIENCE,
            "iat": now_s,
            "exp": now_s + ACCESS_LIFE_S,
        }
        access_token = jwt.encode(claims, self.keys.access, algorithm=_ALGORITHM, headers={"typ": _TYPE})
        return Tokens(
            access_token=access_token,
            refresh_token=refresh_token,
            token_type="Bearer",  # noqa: S106  # the type's name of RFC 6750, no secret
            expires_in=ACCESS_LIFE_S,
        )

    def _successor(self, refresh_token: str) -> str:
        digest = hmac.digest(self.keys.refresh, refresh_token.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    async def _refuse(self, token: RefreshToken, *, user_id: str) -> None:
        if token.consumed_at_ms is None:
            raise SessionEnded
        log.warning("a used refresh token came back: session %s is ended", token.session_id)
        await LoginSession.filter(id=token.session_id).delete()
        raise StolenToken(user_id)


class _Claims(NamedTuple):
    session_id: str
    expires_at_s: float


@functools.lru_cache(maxsize=_REMEMBERED)
def _read_signed(token: str, key: bytes) -> _Claims:
    """What a token says that we have signed. Raises Unauthenticated for every other.

    Remembered, because a player sends the same one for ten minutes and the check is a tenth of a short
    request's time; whether it is over, and whether its session still exists, is asked every time.
    """
    if not token.isascii():
        raise Unauthenticated
    try:
        decoded = jwt.decode_complete(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            options={"require": ["exp", "iat", "sub", "sid"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.PyJWTError as error:
        raise Unauthenticated from error
    claims = decoded["payload"]
    if decoded["header"].get("typ") != _TYPE or not _is_number(claims["exp"]) or not isinstance(claims["sid"], str):
        raise Unauthenticated
    return _Claims(claims["sid"], claims["exp"])


TOKENS: web.AppKey[TokenIssuer] = web.AppKey("tokens", TokenIssuer)


async def _add_token(token: str, session_id: str, *, now_ms: int, connection: BaseDBAsyncClient) -> None:
    """Raises SessionEnded where the session ends at this very moment."""
    try:
        await RefreshToken.create(
            using_db=connection,
            token_hash=hash_secret(token),
            session_id=session_id,
            expires_at_ms=now_ms + _IDLE_MS,
        )
    except IntegrityError as error:
        raise SessionEnded from error


def _within_grace(token: RefreshToken, now_ms: int) -> bool:
    return token.consumed_at_ms is not None and now_ms - token.consumed_at_ms <= _GRACE_MS


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
