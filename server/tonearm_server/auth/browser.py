"""Browser sessions: aiohttp-session over rows of the database, so that signing out ends them for real."""

from __future__ import annotations

import functools
import ipaddress
from typing import Any, NoReturn
from urllib.parse import urlsplit

import aiohttp_session
from aiohttp import hdrs, web

from tonearm_server.auth.devices import KNOWN_MS
from tonearm_server.auth.models import LoginSession
from tonearm_server.auth.sessions import BROWSER_MS, Proven, Visit, begin_session
from tonearm_server.auth.viewers import find_viewer_by_cookie
from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.hosts import client_address, origin
from tonearm_server.kit.ids import hash_secret, new_secret

HOST_COOKIE = "__Host-tonearm"
LAN_COOKIE = "tonearm-lan"
"""Where the page came over plain http from another machine no Secure cookie can be set; pages show a warning."""

_LIFE_S = BROWSER_MS // 1000

_ORIGINS = 64
"""Origins that are remembered: a server has a few."""

_STEP, _DEVICE = "-step", "-device"
"""Endings of two further cookies: half a sign-in, and what a browser is known by."""

_PROVEN = "proven"
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
        proven = Proven(user_id=viewer.id, has_second_factor=viewer.session_has_factor)
        data = aiohttp_session.SessionData(created=clock.now_ms() // 1000, session={_PROVEN: proven})
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
        await begin_session(session[_PROVEN], visit=visit_of(request), clock=request.app[CLOCK], cookie=cookie)
        _set_cookie(request, response, cookie_name(request), cookie, max_age_s=_LIFE_S)

    def load_cookie(self, request: web.Request) -> NoReturn:
        raise NotImplementedError("the cookie's name depends on the origin: see cookie_name")


async def begin_browser_session(request: web.Request, proven: Proven) -> None:
    """Sign this browser in; the cookie travels with the answer to this request."""
    session = await aiohttp_session.new_session(request)
    session[_PROVEN] = proven


async def end_browser_session(request: web.Request) -> None:
    """Sign this browser out."""
    session: Any = await aiohttp_session.get_session(request)  # Any: its stub leaves invalidate untyped
    session.invalidate()


def visit_of(request: web.Request) -> Visit:
    """Where the request comes from: what the program calls itself, in what a row has room for, and its address."""
    device = request.headers.get(hdrs.USER_AGENT, "unnamed").encode("utf-8", "replace").decode()[:_MAX_DEVICE]
    return Visit(device=device, address=client_address(request))


def device_secret(request: web.Request) -> str | None:
    """What this browser is known by."""
    return request.cookies.get(cookie_name(request) + _DEVICE)


def keep_device_secret(request: web.Request, response: web.StreamResponse, secret: str) -> None:
    _set_cookie(request, response, cookie_name(request) + _DEVICE, secret, max_age_s=KNOWN_MS // 1000)


def half_sign_in(request: web.Request) -> str | None:
    """The token of a sign-in that waits for its second factor in this browser."""
    return request.cookies.get(cookie_name(request) + _STEP)


def keep_half_sign_in(request: web.Request, response: web.StreamResponse, token: str, *, life_s: int) -> None:
    """An empty token with a life of 0 forgets it."""
    _set_cookie(request, response, cookie_name(request) + _STEP, token, max_age_s=life_s)


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


def _set_cookie(request: web.Request, response: web.StreamResponse, name: str, value: str, *, max_age_s: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path="/",
        secure=is_trustworthy(request),
        httponly=True,
        samesite="Lax",
    )


def _clear_cookie(request: web.Request, response: web.StreamResponse) -> None:
    _set_cookie(request, response, cookie_name(request), "", max_age_s=0)
