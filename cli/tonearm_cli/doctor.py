"""Find out why something does not work: server, clock, login, secret, sound."""

from __future__ import annotations

import ctypes.util
import importlib.util
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import msgspec
import typer

from tonearm_api import __version__
from tonearm_api.client import Client
from tonearm_api.errors import TonearmError
from tonearm_cli import output, problems
from tonearm_cli.session import Session, find_session, is_plain

_MOST_S = 30
"""Tokens carry times; the client refreshes this long before one ends (tonearm_api.client)."""


_MARKS: dict[str, tuple[str, output.Style]] = {
    "ok": ("✓ ", "green"),
    "warning": ("! ", "bold"),
    "failed": ("✗ ", "red"),
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at. `hint` says what to do where it is not well."""

    name: str
    state: Literal["ok", "warning", "failed"]
    message: str
    hint: str | None = None


async def doctor(context: typer.Context) -> None:
    """Look at what the client needs. Exit 1 when something does not work."""
    session = find_session(context)
    findings = [finding async for finding in _examine(session)]
    well = all(finding.state != "failed" for finding in findings)
    if session.options.json:
        output.document(ok=well, findings=findings)
    elif output.for_people():
        _show(findings)
    else:
        for finding in findings:
            output.line(finding.state, finding.name, finding.message, finding.hint or "")
    if not well:
        raise typer.Exit(problems.FAILED)


async def _examine(session: Session) -> AsyncIterator[Finding]:
    yield Finding(name="client", state="ok", message=f"tonearm {__version__}")
    async with Client(session.server, store=session.store) as client:
        try:
            server = await client.examine()
        except TonearmError as error:
            hint = "start it with: tonearm serve, or name another with --server"
            yield Finding(name="server", state="failed", message=error.detail, hint=hint)
        else:
            yield Finding(name="server", state="ok", message=f"{session.server} runs tonearm {server.version}")
            yield _clock(server.clock_ahead_s)
            yield await _login(session, client)
    yield _encryption(session)
    yield _secret(session)
    yield _player()
    yield _sound(session.settings.player_log)


def _clock(ahead_s: float | None) -> Finding:
    if ahead_s is None:
        return Finding(name="clock", state="warning", message="the server does not say what time it is")
    if abs(ahead_s) <= _MOST_S:
        return Finding(name="clock", state="ok", message=f"{abs(ahead_s):.0f} s from the server's")
    message = f"{abs(ahead_s):.0f} s {'behind' if ahead_s > 0 else 'ahead of'} the server's"
    return Finding(name="clock", state="warning", message=message, hint="set both clocks by NTP")


async def _login(session: Session, client: Client) -> Finding:
    if session.login is None:
        hint = f"tonearm login {session.server}"
        return Finding(name="login", state="warning", message="not signed in", hint=hint)
    try:
        account = await client.me()
    except TonearmError as error:
        return Finding(name="login", state="failed", message=error.detail, hint=f"tonearm login {session.server}")
    return Finding(name="login", state="ok", message=f"{account.name} <{account.email}>")


def _encryption(session: Session) -> Finding:
    if is_plain(session.server):
        return Finding(
            name="encryption",
            state="warning",
            message="none: music and tokens can be read on the way",
            hint="use https",
        )
    return Finding(name="encryption", state="ok", message="https, or this machine alone")


def _secret(session: Session) -> Finding:
    """Where the tokens are, and whether others may read them."""
    path = session.settings.token_file or session.store.path
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return Finding(name="secret", state="ok", message="none is kept")
    if mode & 0o077:
        message = f"others may read {path}"
        return Finding(name="secret", state="warning", message=message, hint=f"chmod 600 {path}")
    return Finding(name="secret", state="ok", message=f"in {path}, for you alone")


def _player() -> Finding:
    if importlib.util.find_spec("textual") is None:
        return Finding(name="player", state="warning", message="not installed", hint="pip install 'tonearm[tui]'")
    return Finding(name="player", state="ok", message="installed")


def _sound(log: Path) -> Finding:
    """Whether libmpv is there; where the player has kept what it and the drivers below it said."""
    library = ctypes.util.find_library("mpv")
    if library is None:
        return Finding(name="sound", state="warning", message="libmpv is missing", hint="apt install libmpv2")
    said = f"; what sound libraries said last is in {log}" if _has_content(log) else ""
    return Finding(name="sound", state="ok", message=library + said)


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _show(findings: list[Finding]) -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        output.line_of(_MARKS[finding.state], (finding.name.ljust(width), "dim"), (f"  {finding.message}", ""))
        if finding.hint:
            output.line_of((f"  {' ' * width}  {finding.hint}", "dim"))
