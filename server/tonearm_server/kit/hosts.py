"""Which host names this server answers for, and the headers every answer carries."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from tonearm_api.errors import Misdirected
from tonearm_server.kit.http import Handler

PUBLIC_URL: web.AppKey[str] = web.AppKey("public_url", str)
"""The address under which people reach this server; empty where none is configured."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_CSP = "Content-Security-Policy"
_NO_DOCUMENT = "default-src 'none'; frame-ancestors 'none'; sandbox"
_HSTS = "max-age=31536000"


@web.middleware
async def known_hosts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """421 for a Host that is not ours: links and origin checks are built on it (threat T44)."""
    if not _is_known(request):
        raise Misdirected("Set TONEARM_PUBLIC_URL to the address under which people reach this server")
    return await handler(request)


def _is_known(request: web.Request) -> bool:
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return False
    if host in {"localhost", urlsplit(request.app[PUBLIC_URL]).hostname}:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or host == _local_address(request)


def origin(request: web.Request) -> str:
    """The origin that pages of this server have: the public URL's, else the one this request came to."""
    return request.app[PUBLIC_URL] or f"{request.scheme}://{request.host}"


def _local_address(request: web.Request) -> str | None:
    """The address that this connection arrived at: a listening address by definition."""
    transport = request.transport
    name = transport.get_extra_info("sockname") if transport else None
    return str(name[0]) if isinstance(name, tuple) else None


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer; pages bring a policy of their own, everything else may not become a document."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(_CSP, _NO_DOCUMENT)
    if request.app[PUBLIC_URL].startswith("https://"):
        response.headers.setdefault(hdrs.STRICT_TRANSPORT_SECURITY, _HSTS)
