"""Questions to the person at the terminal, and what scripts give on stdin in their place."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer

from tonearm_api import account, auth
from tonearm_api.client import Client
from tonearm_api.endpoint import Nothing
from tonearm_api.errors import SecondFactorNeeded, StepUpRequired
from tonearm_cli.problems import UsageFault

ResultT = TypeVar("ResultT")

PASSWORD_STDIN = "--password-stdin"  # noqa: S105  # an option's name


def ask(what: str, *, option: str, hidden: bool = False, confirm: bool = False) -> str:
    """The person's answer. Raises UsageFault, naming `option`, where nobody is there to ask."""
    if not sys.stdin.isatty():
        raise UsageFault(f"{what} is missing: use {option}")
    return str(typer.prompt(what, hide_input=hidden, confirmation_prompt=confirm, err=True))


def read_line(*, option: str) -> str:
    """One line of stdin; only its line end is not part of the answer."""
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise UsageFault(f"{option}: nothing came on stdin")
    return line


def password(*, from_stdin: bool, what: str = "Password", confirm: bool = False) -> str:
    if from_stdin:
        return read_line(option=PASSWORD_STDIN)
    return ask(what, option=PASSWORD_STDIN, hidden=True, confirm=confirm)


async def proven(
    client: Client,
    act: Callable[[], Awaitable[ResultT]],
    *,
    code: str | None,
    secret: str | None = None,
    from_stdin: bool = False,
) -> ResultT:
    """What `act` gives; where the server wants to know again who it is, the person proves it, and it acts then.

    `secret` is the password where the person has just given it.
    """
    try:
        return await act()
    except StepUpRequired:
        secret = secret or password(from_stdin=from_stdin)
    try:
        await client.call(auth.STEP_UP, auth.StepUp(password=secret, code=code))
    except SecondFactorNeeded:
        code = ask("Code", option="--code")
        await client.call(auth.STEP_UP, auth.StepUp(password=secret, code=code))
    return await act()


async def log_in(client: Client, *, email: str, secret: str, code: str | None) -> account.Account:
    """Sign in, and ask for the second factor where the account has one and somebody is there to ask."""
    try:
        return await client.log_in(email=email, password=secret, code=code)
    except SecondFactorNeeded as error:
        if code is not None or not sys.stdin.isatty():
            raise
        challenge = await _mailed(client, error, email=email, secret=secret)
    code = ask("Code", option="--code")
    return await client.log_in(email=email, password=secret, code=code, challenge=challenge)


async def _mailed(client: Client, error: SecondFactorNeeded, *, email: str, secret: str) -> str | None:
    """The challenge of a code that is on its way by mail; None for an authenticator's, which is not mailed."""
    if error.code != "mail_code_needed":
        return None
    sent = await client.call(auth.MAIL_CODE, auth.MailCode(email=email, password=secret))
    sys.stderr.write("A code is on its way to your mailbox.\n")
    return sent.challenge


async def me(client: Client) -> account.Account:
    return await client.call(account.ME, Nothing())
