"""The running server's side door: a local socket, mode 0600, for `tonearm server …` beside it.

SQLite has one owner; whoever may open the data folder may also ask its owner to do something.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
from aiohttp import web

from tonearm_api.account import Account
from tonearm_api.auth import EmailAddress, Password, PersonName
from tonearm_api.errors import Problem, TonearmError, Unavailable, error_from_problem
from tonearm_server.audio.sandbox import SANDBOX
from tonearm_server.auth import people
from tonearm_server.auth.passwords import PASSWORDS, Passwords
from tonearm_server.auth.viewers import account_of
from tonearm_server.config import CONFIG
from tonearm_server.doctor.examination import Patient
from tonearm_server.doctor.findings import Examine
from tonearm_server.kit.clock import CLOCK, Clock
from tonearm_server.kit.datafolder import DATA_FOLDER
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.decoding import convert
from tonearm_server.kit.http import json_response
from tonearm_server.kit.problems import problems
from tonearm_server.library.blobs import BLOBS
from tonearm_server.mail.outbox import count_waiting
from tonearm_server.storage.base import STORAGE

_ANSWER_S = 30
_MAX_ANSWER_BYTES = 1024 * 1024


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator says of a new account; checked like everybody's sign-up."""

    email: EmailAddress
    name: PersonName
    password: Password
    is_admin: bool


class CountMail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Asks how many letters wait to be delivered."""


def checked(wanted: object) -> NewUser:
    """The new account of untyped fields. Raises Invalid that names every fault."""
    return convert(wanted, NewUser, strict=True, place_of=lambda _: "body")


async def add_user(wanted: NewUser, *, passwords: Passwords, clock: Clock) -> Account:
    """Make an account without a link. Raises WeakPassword or Conflict."""
    user = await people.add_user(
        email=wanted.email,
        name=wanted.name,
        password=wanted.password,
        is_admin=wanted.is_admin,
        passwords=passwords,
        clock=clock,
    )
    return account_of(user)


async def run_control_socket(app: web.Application) -> AsyncIterator[None]:
    """Listen beside the HTTP server for as long as it runs."""
    path = app[DATA_FOLDER].control_socket
    path.unlink(missing_ok=True)
    side = web.Application(middlewares=[problems])
    side[CLOCK] = app[CLOCK]

    async def users(request: web.Request) -> web.Response:
        wanted = checked(msgspec.json.decode(await request.read()))
        return json_response(await add_user(wanted, passwords=app[PASSWORDS], clock=app[CLOCK]), status=201)

    async def examination(request: web.Request) -> web.Response:
        wanted = msgspec.json.decode(await request.read(), type=Examine)
        return json_response(await _patient(app).examine(deep=wanted.deep))

    async def mail(request: web.Request) -> web.Response:
        msgspec.json.decode(await request.read(), type=CountMail)
        return json_response(await count_waiting())

    side.router.add_post("/users", users)
    side.router.add_post("/mail", mail)
    side.router.add_post("/examination", examination)
    runner = web.AppRunner(side, access_log=None)
    await runner.setup()
    try:
        with _short(path) as short:
            await web.UnixSite(runner, short).start()
        path.chmod(0o600)
        yield
    finally:
        await runner.cleanup()
        path.unlink(missing_ok=True)


def _patient(app: web.Application) -> Patient:
    return Patient(
        config=app[CONFIG],
        folder=app[DATA_FOLDER],
        database=app[DATABASE],
        storage=app[STORAGE],
        blobs=app[BLOBS],
        sandbox=app[SANDBOX],
        clock=app[CLOCK],
    )


@contextlib.contextmanager
def _short(path: Path) -> Iterator[Path]:
    """The path through a descriptor of its folder: a socket's address has room for 107 bytes only (unix(7))."""
    if not Path("/proc/self/fd").is_dir():
        yield path
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Path(f"/proc/self/fd/{folder}") / path.name
    finally:
        os.close(folder)


def ask_running_server(
    control_socket: Path, path: str, wanted: msgspec.Struct, *, timeout_s: float = _ANSWER_S
) -> bytes:
    """Ask the data folder's owner. Raises what it answers, or Unavailable where it does not."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.sock.settimeout(timeout_s)
        with _short(control_socket) as short:
            connection.sock.connect(str(short))
        connection.request("POST", path, body=msgspec.json.encode(wanted))
        response = connection.getresponse()
        content = response.read(_MAX_ANSWER_BYTES)
    except OSError as error:
        raise Unavailable("The process that owns the data folder does not answer: stop it first") from error
    finally:
        connection.close()
    if response.status >= 400:
        raise _error(content)
    return content


def _error(content: bytes) -> TonearmError:
    try:
        return error_from_problem(msgspec.json.decode(content, type=Problem))
    except msgspec.DecodeError:
        return Unavailable("The running server answered what this version does not understand")
