"""Which server a command talks to, and as whom."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import typer

from tonearm_api.client import Client
from tonearm_api.credentials import (
    DEFAULT_SERVER,
    ClientSettings,
    CredentialStore,
    Login,
    read_client_settings,
)
from tonearm_cli.options import Options, options_of
from tonearm_cli.problems import NotSignedIn, UsageFault


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One command's server and login. `login` is None where nobody is signed in to `server`."""

    options: Options
    settings: ClientSettings
    store: CredentialStore
    server: str
    login: Login | None


def find_session(context: typer.Context, *, server: str | None = None) -> Session:
    """Settings in their order: `server`, `--server`, `TONEARM_SERVER`, the stored login, the default. Reads disk."""
    options = options_of(context)
    settings = read_client_settings()
    if options.profile:
        settings = dataclasses.replace(settings, profile=options.profile)
    asked = server or options.server or settings.server
    if asked is not None:
        settings = dataclasses.replace(settings, server=clean_url(asked))
    store = CredentialStore(settings)
    login = store.find()
    chosen = settings.server or (login.server if login else DEFAULT_SERVER)
    if login is not None and login.server != chosen:
        login = None
    return Session(options=options, settings=settings, store=store, server=chosen, login=login)


@contextlib.asynccontextmanager
async def signed_in(context: typer.Context) -> AsyncIterator[Client]:
    """A client for the login in use. Raises NotSignedIn where there is none, without asking the server."""
    async with client_of(find_session(context)) as client:
        yield client


@contextlib.asynccontextmanager
async def client_of(session: Session) -> AsyncIterator[Client]:
    """As `signed_in`, for a session that is found already."""
    if session.login is None:
        raise NotSignedIn(session.server, profile=session.options.profile)
    async with Client(session.server, store=session.store) as client:
        yield client


def clean_url(text: str) -> str:
    """`text` as an origin: a bare name means https, a bare loopback name http. Raises UsageFault otherwise."""
    full = text if "://" in text else f"{_guess_scheme(text)}://{text}"
    try:
        parts = urlsplit(full)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError as error:
        raise UsageFault("That is not a server's address: write it like https://music.example.org") from error
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not parts.hostname or extra:
        raise UsageFault("A server's address is a scheme and a host, like https://music.example.org")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def is_plain(server: str) -> bool:
    """Whether what is sent to `server` can be read on the way: http, and not to this machine."""
    parts = urlsplit(server)
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _guess_scheme(text: str) -> str:
    return "http" if _is_loopback(urlsplit(f"//{text}").hostname or "") else "https"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
