"""The HTTP client: one method per operation, errors as classes, every received string made safe.

Never follows redirects and never sends a token to another origin. Whether plain http will do is decided by
the programs at sign-in. Used by the command line and the terminal player.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, cast
from urllib.parse import urlsplit

import msgspec

from tonearm_api import account, auth, library, plays, streaming
from tonearm_api.credentials import CredentialStore, Login
from tonearm_api.endpoint import Endpoint, Nothing
from tonearm_api.errors import Problem, SessionEnded, TonearmError, Unauthenticated, Unreachable, error_from_problem
from tonearm_api.health import HEALTHZ, Health
from tonearm_api.search import SEARCH, SUGGEST, Search, SearchResult, Suggest
from tonearm_api.text import safe_text, safe_tree

if TYPE_CHECKING:
    from tonearm_api.connection import Answer, Connection

RequestT = TypeVar("RequestT", bound=msgspec.Struct)
ResponseT = TypeVar("ResponseT")

_EARLY_S = 30
"""Refresh this long before the access token ends, so that no request is wasted on a 401."""

_UPLOAD_S = 120.0


class LoginStore(Protocol):
    """Where a login lives between requests; `locked` keeps other refreshers out."""

    def find(self) -> Login | None: ...
    def save(self, login: Login) -> None: ...
    def locked(self) -> contextlib.AbstractContextManager[None]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    """A server that answers. `clock_ahead_s` is how far its clock is ahead of ours, to a second or so."""

    version: str
    clock_ahead_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Uploaded:
    """A file's track. `is_new` is false where this person had uploaded these bytes before."""

    track: library.Track
    is_new: bool


class MemoryStore:
    """A login that is forgotten with the process."""

    def __init__(self) -> None:
        self._login: Login | None = None

    def find(self) -> Login | None:
        return self._login

    def save(self, login: Login) -> None:
        self._login = login

    @contextlib.contextmanager
    def locked(self) -> Any:  # Any: a generator that contextmanager wraps
        yield


class Client:
    """One server, one login. Use as `async with`; safe for concurrent calls of one event loop."""

    def __init__(self, server: str, *, store: LoginStore | CredentialStore | None = None) -> None:
        self.server = server.rstrip("/")
        self.store: LoginStore = store or MemoryStore()
        self._refreshing = asyncio.Lock()
        self._connecting = asyncio.Lock()
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    # --- accounts -----------------------------------------------------------------------------------

    async def sign_up(
        self, *, email: str, password: str, name: str, token: str | None = None
    ) -> account.Account | None:
        """Make an account and keep its login. None where the server has mailed a link that is to be opened first."""
        wanted = auth.SignUp(email=email, password=password, name=name, token=token)
        path, rest = auth.SIGN_UP.split(wanted)
        answer = await self._send(auth.SIGN_UP.method, path, json=rest)
        return await self._keep(_decode(answer.content, auth.Tokens)) if answer.content else None

    async def log_in(
        self, *, email: str, password: str, code: str | None = None, challenge: str | None = None
    ) -> account.Account:
        """Sign in and keep the login."""
        wanted = auth.LogIn(email=email, password=password, code=code, challenge=challenge)
        tokens = await self.call(auth.LOG_IN, wanted)
        return await self._keep(tokens)

    async def log_out(self) -> None:
        """End the session on the server. The stored login is the caller's to forget."""
        login = self.store.find()
        if login is not None and login.refresh_token is not None:
            await self.call(auth.LOG_OUT, auth.LogOut(refresh_token=login.refresh_token))

    async def me(self) -> account.Account:
        return await self.call(account.ME, Nothing())

    # --- tracks -------------------------------------------------------------------------------------

    async def list_tracks(self, request: library.ListTracks) -> library.TrackPage:
        return await self.call(library.LIST_TRACKS, request)

    async def get_track(self, track_id: str) -> library.Track:
        return await self.call(library.GET_TRACK, library.OneTrack(id=track_id))

    async def edit_track(self, request: library.EditTrack) -> library.Track:
        return await self.call(library.EDIT_TRACK, request)

    async def delete_track(self, track_id: str) -> None:
        await self.call(library.DELETE_TRACK, library.OneTrack(id=track_id))

    async def like(self, track_id: str) -> None:
        await self.call(library.LIKE, library.OneTrack(id=track_id))

    async def unlike(self, track_id: str) -> None:
        await self.call(library.UNLIKE, library.OneTrack(id=track_id))

    async def upload_track(self, path: Path, *, on_progress: Callable[[int], None] | None = None) -> library.Track:
        """Upload one file, as `upload` does. Returns its track alone."""
        return (await self.upload(path, on_progress=on_progress)).track

    async def upload(self, path: Path, *, on_progress: Callable[[int], None] | None = None) -> Uploaded:
        """Upload one file. `on_progress` gets the bytes sent so far, of `path`'s size. Reads the file as it sends."""
        name = safe_text(os.fsencode(path.name).decode(errors="replace"))  # a header holds no other bytes
        with path.open("rb") as file:
            counted = cast("Any", _Counted(file, on_progress))  # Any: httpx wants IO[bytes]
            files = {"file": (name, counted, "application/octet-stream")}
            answer = await self._send("POST", library.UPLOAD_TRACK.path, files=files, timeout=_UPLOAD_S)
        is_new = answer.status == library.UPLOAD_TRACK.status
        return Uploaded(track=_decode(answer.content, library.Track), is_new=is_new)

    async def cover(self, track_id: str, *, size: library.CoverSize) -> bytes:
        """The cover as WebP; raises NotFound where there is none."""
        return await self.call(library.GET_COVER, library.TrackCover(id=track_id, size=size))

    async def waveform(self, track_id: str) -> bytes:
        """800 bars of one byte; raises NotFound while there are none."""
        return await self.call(library.GET_WAVEFORM, library.OneTrack(id=track_id))

    async def report_play(self, request: plays.NewPlay) -> None:
        await self.call(plays.REPORT_PLAY, request)

    async def ticket(self, track_id: str) -> streaming.Ticket:
        return await self.call(streaming.NEW_TICKET, library.OneTrack(id=track_id))

    async def stream_url(self, track_id: str) -> str:
        """An absolute URL that a player can open without credentials, for at most six hours."""
        return self.server + (await self.ticket(track_id)).url

    # --- search -------------------------------------------------------------------------------------

    async def search(self, q: str, *, limit: int = 50) -> SearchResult:
        return await self.call(SEARCH, Search(q=q, limit=limit))

    async def suggest(self, q: str) -> SearchResult:
        return await self.call(SUGGEST, Suggest(q=q))

    # --- the server itself --------------------------------------------------------------------------

    async def examine(self) -> Examined:
        """What runs at the address. Needs no login."""
        asked_at = time.time()
        answer = await self._exchange("GET", HEALTHZ.path, login=None)
        return Examined(
            version=_decode(answer.content, Health).version,
            clock_ahead_s=_clock_ahead_s(answer.headers, asked_at=asked_at, answered_at=time.time()),
        )

    # --- one exchange -------------------------------------------------------------------------------

    async def call(self, endpoint: Endpoint[RequestT, ResponseT], request: RequestT) -> ResponseT:
        """Do `endpoint` once. Raises the class of `errors` that the server answered with, or Unreachable."""
        path, rest = endpoint.split(request)
        if endpoint.has_json_body:
            answer = await self._send(endpoint.method, path, json=rest)
        else:
            answer = await self._send(endpoint.method, path, params=_query(rest))
        if endpoint.raw_response is not None:
            return cast("ResponseT", answer.content)
        if endpoint.response is type(None):
            return None
        return _decode(answer.content, endpoint.response)

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        content: bytes | AsyncIterable[bytes] = b"",
    ) -> Mapping[str, str]:
        """A request whose answer is in its headers; `content` may be read twice. Raises as `call` does."""
        options = {"headers": dict(headers), "content": content, "timeout": _UPLOAD_S}
        return (await self._send(method, path, **options)).headers

    async def _send(self, method: str, path: str, **options: Any) -> Answer:  # Any: httpx's own request options
        """With the login; once more with a newer one where the server does not take it any more."""
        used = await self._fresh_login()
        try:
            return await self._exchange(method, path, login=used, **options)
        except Unauthenticated as error:
            is_about_the_token = type(error) is Unauthenticated  # and not about a password or a code
            if not is_about_the_token or used is None or used.refresh_token is None:
                raise
        again = await self._refresh(used)
        _rewind(options)
        return await self._exchange(method, path, login=again, **options)

    async def _exchange(self, method: str, path: str, *, login: Login | None, **options: Any) -> Answer:
        """One request, one answer that is no error."""
        headers = {**options.pop("headers", {}), **_authorization(login)}
        answer = await (await self._connect()).exchange(method, path, headers=headers, **options)
        if not answer.is_success:
            raise _error(answer)
        return answer

    async def _connect(self) -> Connection:
        """One for all requests. Made in a thread: httpx and certificates take 0.2 s, in which a screen can be drawn."""
        async with self._connecting:
            if self._connection is None:
                self._connection = await asyncio.to_thread(_connection_to, self.server)
            return self._connection

    # --- tokens -------------------------------------------------------------------------------------

    async def _keep(self, tokens: auth.Tokens) -> account.Account:
        login = Login(
            server=self.server,
            email="",
            name="",
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            access_expires_at=time.time() + tokens.expires_in,
        )
        self.store.save(login)
        account = await self.me()
        self.store.save(msgspec.structs.replace(self.store.find() or login, email=account.email, name=account.name))
        return account

    async def _fresh_login(self) -> Login | None:
        """The stored login if it is this server's, refreshed when it is about to end."""
        login = self.store.find()
        if login is None or _origin(login.server) != _origin(self.server):
            return None
        if login.refresh_token is None or time.time() < login.access_expires_at - _EARLY_S:
            return login
        return await self._refresh(login)

    async def _refresh(self, used: Login) -> Login:
        """A newer login than `used`: somebody else's, or our own refresh. One at a time, across processes."""
        async with self._refreshing, _in_thread(self.store.locked()):
            current = self.store.find()
            if current is None or current.refresh_token is None:
                raise SessionEnded
            if current.access_token != used.access_token:
                return current
            body = {"refresh_token": current.refresh_token}
            answer = await self._exchange("POST", auth.REFRESH.path, login=None, json=body)
            tokens = _decode(answer.content, auth.Tokens)
            newer = msgspec.structs.replace(
                current,
                access_token=tokens.access_token,
                refresh_token=tokens.refresh_token,
                access_expires_at=time.time() + tokens.expires_in,
            )
            self.store.save(newer)
            return newer


class _Counted:
    """A file that reports how far it was read."""

    def __init__(self, file: Any, on_progress: Callable[[int], None] | None) -> None:  # Any: a binary file
        self._file = file
        self._on_progress = on_progress

    def read(self, size: int = -1) -> bytes:
        piece = cast("bytes", self._file.read(size))
        if self._on_progress is not None:
            self._on_progress(self._file.tell())
        return piece

    def fileno(self) -> int:
        return cast("int", self._file.fileno())

    def seek(self, offset: int, whence: int = 0) -> int:
        return cast("int", self._file.seek(offset, whence))

    def tell(self) -> int:
        return cast("int", self._file.tell())

    def __iter__(self) -> Any:  # Any: httpx asks whether this is iterable, and reads instead
        return iter(lambda: self.read(65536), b"")


def _connection_to(server: str) -> Connection:
    from tonearm_api.connection import Connection  # noqa: PLC0415  # see Client._connect

    return Connection(server)


def _rewind(options: Mapping[str, Any]) -> None:
    for _, file, _ in options.get("files", {}).values():
        file.seek(0)


@contextlib.asynccontextmanager
async def _in_thread(manager: contextlib.AbstractContextManager[None]) -> AsyncIterator[None]:
    """Enter a blocking context manager without blocking the loop."""
    await asyncio.to_thread(manager.__enter__)
    try:
        yield
    finally:
        manager.__exit__(None, None, None)


def _authorization(login: Login | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {login.access_token}"} if login else {}


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _clock_ahead_s(headers: Mapping[str, str], *, asked_at: float, answered_at: float) -> float | None:
    """From the answer's `Date` (RFC 9110 §6.6.1, whole seconds); None where it has none that can be read."""
    try:
        server_at = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except ValueError:
        return None
    return server_at + 0.5 - (asked_at + answered_at) / 2


def _query(values: Mapping[str, Any]) -> dict[str, str]:
    def text(value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else str(value)

    return {key: text(value) for key, value in values.items() if value is not None}


def _decode(content: bytes, kind: type[ResponseT]) -> ResponseT:
    try:
        return msgspec.convert(safe_tree(msgspec.json.decode(content)), type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Unreachable("That address answers, but not as a Tonearm server does") from error


def _error(answer: Answer) -> TonearmError:
    try:
        problem = msgspec.convert(safe_tree(msgspec.json.decode(answer.content)), type=Problem)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Unreachable(f"That address answers {answer.status}, but not as a Tonearm server does")
    return error_from_problem(problem, headers=answer.headers)
