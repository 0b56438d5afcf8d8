"""Which host names this server answers for, and the headers every answer carries."""

from __future__ import annotations

import functools
import ipaddress
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from tonearm_api.errors import Misdirected
from tonearm_server.kit.http import Handler

PUBLIC_URL: web.AppKey[str] = web.AppKey("public_url", str)
"""The address under which people reach this server; empty where none is configured."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

TRUSTED_PROXIES: web.AppKey[tuple[Network, ...]] = web.AppKey("trusted_proxies", tuple)
"""Where a proxy of ours may stand; from anywhere else `X-Forwarded-For` is what a stranger claims."""

_FORWARDED_FOR = "X-Forwarded-For"

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
_HOSTS = 256
"""Different Hosts that are remembered: a server has a few, strangers may make up any number."""


@web.middleware
async def known_hosts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """421 for a Host that is not ours: links and origin checks are built on it (threat T44)."""
    if not _is_known(request):
        raise Misdirected("Set TONEARM_PUBLIC_URL to the address under which people reach this server")
    return await handler(request)


def _is_known(request: web.Request) -> bool:
    found = _host_kind(request.host, request.app[PUBLIC_URL])
    return found is True or (found is not False and found == _local_address(request))


@functools.lru_cache(maxsize=_HOSTS)
def _host_kind(claimed: str, public_url: str) -> bool | str:
    """Whether that Host is one of ours; an address that depends on the connection is given back instead."""
    try:
        host = urlsplit(f"//{claimed}").hostname or ""
    except ValueError:
        return False
    if host in {"localhost", urlsplit(public_url).hostname}:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or host


def origin(request: web.Request) -> str:
    """The origin that pages of this server have: the public URL's, else the one this request came to."""
    return request.app[PUBLIC_URL] or f"{request.scheme}://{request.host}"


def client_address(request: web.Request) -> str:
    """Who sent this request: the peer, or whom a trusted proxy names (threat T52).

    Each proxy adds the address that it was reached from, so the list is read from its end, as far as it is trusted.
    """
    address = request.remote or "-"
    trusted = request.app[TRUSTED_PROXIES]
    if not _is_within(address, trusted):
        return address
    for line in reversed(request.headers.getall(_FORWARDED_FOR, [])):
        for claimed in reversed(line.split(",")):
            try:
                address = str(ipaddress.ip_address(claimed.strip()))
            except ValueError:
                return address
            if not _is_within(address, trusted):
                return address
    return address


def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    if not networks:
        return False
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def _local_address(request: web.Request) -> str | None:
    """The address that this connection arrived at: a listening address by definition."""
    transport = request.transport
    name = transport.get_extra_info("sockname") if transport else None
    return str(name[0]) if isinstance(name, tuple) else None


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer; pages bring a policy of their own, everything else may not become a document."""
    response.headers.popall(hdrs.SERVER, None)  # names the versions in use, and nobody needs it (ASVS 5.0 13.4.6)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(_CSP, _NO_DOCUMENT)
    if request.app[PUBLIC_URL].startswith("https://"):
        response.headers.setdefault(hdrs.STRICT_TRANSPORT_SECURITY, _HSTS)
