"""Browser sessions: aiohttp-session over rows of the database, so that signing out ends them for real."""

from __future__ import annotations

import functools
import ipaddress
from typing import Any, NoReturn
from urllib.parse import urlsplit

import aiohttp_session
from aiohttp import hdrs, web

from tonearm_server.auth.models import LoginSession
from tonearm_server.auth.service import find_viewer_by_cookie
from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.hosts import origin
from tonearm_server.kit.ids import hash_secret, new_id, new_secret

HOST_COOKIE = "__Host-tonearm"
LAN_COOKIE = "tonearm-lan"
"""Where the page came over plain http from another machine no Secure cookie can be set; pages show a warning."""

_LIFE_S = 30 * 24 * 3600
"""Absolute (ASVS 5.0 7.3.2, NIST SP 800-63B-4 for one factor)."""

_ORIGINS = 64
"""Origins that are remembered: a server has a few."""

_USER = "user_id"
_MAX_DEVICE = 200  # the width of the column


class RowStorage(aiohttp_session.AbstractStorage):
    """The cookie holds 256 random bits, the row their hash."""

    def __init__(self) -> None:
        super().__init__(cookie_name=HOST_COOKIE, max_age=_LIFE_S, httponly=True, samesite="Lax")

    async def load_session(self, request: web.Request) -> aiohttp_session.Session:
        cookie = request.cookies.get(cookie_name(request))
        database, clock = request.app[DATABASE], request.app[CLOCK]
        viewer = await find_viewer_by_cookie(cookie, database=database, clock=clock) if cookie else None
        if viewer is None:
            return aiohttp_session.Session(None, data=None, new=True, max_age=_LIFE_S)
        data = aiohttp_session.SessionData(created=clock.now_ms() // 1000, session={_USER: viewer.id})
        return aiohttp_session.Session(cookie, data=data, new=False, max_age=_LIFE_S)

    async def save_session(
        self, request: web.Request, response: web.StreamResponse, session: aiohttp_session.Session
    ) -> None:
        """Store what changed. Every sign-in gets a new row and a new cookie; the one before it dies."""
        await _delete_row(request)
        if session.empty:
            _clear_cookie(request, response)
            return
        cookie = new_secret()
        now_ms = request.app[CLOCK].now_ms()
        await LoginSession.create(
            id=new_id(),
            user_id=session[_USER],
            cookie_hash=hash_secret(cookie),
            device=device_name(request),
            created_at_ms=now_ms,
            last_used_at_ms=now_ms,
            expires_at_ms=now_ms + _LIFE_S * 1000,
        )
        _set_cookie(request, response, cookie, max_age_s=_LIFE_S)

    def load_cookie(self, request: web.Request) -> NoReturn:
        raise NotImplementedError("the cookie's name depends on the origin: see cookie_name")


async def begin_browser_session(request: web.Request, user_id: str) -> None:
    """Sign this browser in; the cookie travels with the answer to this request."""
    session = await aiohttp_session.new_session(request)
    session[_USER] = user_id


async def end_browser_session(request: web.Request) -> None:
    """Sign this browser out."""
    session: Any = await aiohttp_session.get_session(request)  # Any: its stub leaves invalidate untyped
    session.invalidate()


def device_name(request: web.Request) -> str:
    """What a session is listed as: what the program calls itself, in what a row has room for."""
    return request.headers.get(hdrs.USER_AGENT, "unnamed").encode("utf-8", "replace").decode()[:_MAX_DEVICE]


def cookie_name(request: web.Request) -> str:
    return HOST_COOKIE if is_trustworthy(request) else LAN_COOKIE


def is_trustworthy(request: web.Request) -> bool:
    """Whether browsers accept a Secure cookie here: https, or loopback (W3C Secure Contexts §3.1)."""
    return _is_trustworthy(origin(request))


@functools.lru_cache(maxsize=_ORIGINS)
def _is_trustworthy(own: str) -> bool:
    parts = urlsplit(own)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


async def _delete_row(request: web.Request) -> None:
    cookie = request.cookies.get(cookie_name(request))
    if cookie:
        await LoginSession.filter(cookie_hash=hash_secret(cookie)).delete()


def _set_cookie(request: web.Request, response: web.StreamResponse, value: str, *, max_age_s: int) -> None:
    response.set_cookie(
        cookie_name(request),
        value,
        max_age=max_age_s,
        path="/",
        secure=is_trustworthy(request),
        httponly=True,
        samesite="Lax",
    )


def _clear_cookie(request: web.Request, response: web.StreamResponse) -> None:
    _set_cookie(request, response, "", max_age_s=0)
