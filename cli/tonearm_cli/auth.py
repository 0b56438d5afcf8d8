"""Sign in and out, and say who is signed in."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from tonearm_api import auth
from tonearm_api.account import Account
from tonearm_api.client import Client
from tonearm_api.credentials import Login
from tonearm_api.errors import TonearmError
from tonearm_cli import asking, output
from tonearm_cli.options import ClientCommand, blocking
from tonearm_cli.problems import NotSignedIn, UsageFault
from tonearm_cli.session import Session, client_of, find_session, is_plain

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


def _refuse_password(value: str | None) -> str | None:
    if value is None:
        return None
    raise UsageFault("A password on a command line can be read by every program: use --password-stdin")


async def login(
    context: typer.Context,
    *,
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help="The server, like https://host.")] = None,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Your e-mail address.")] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    code: Annotated[str | None, typer.Option(metavar="CODE", help="The second factor's code.")] = None,
    allow_http: Annotated[bool, typer.Option("--allow-http", help="Send the password unencrypted.")] = False,
    _password: Annotated[str | None, typer.Option("--password", hidden=True, callback=_refuse_password)] = None,
) -> None:
    """Sign in to a server. Asks for what is missing when run on a terminal."""
    session = find_session(context, server=url)
    _refuse_what_cannot_be_kept(session)
    if is_plain(session.server) and not allow_http:
        raise UsageFault(f"{session.server} is not encrypted: use https, or --allow-http in a network that you trust")
    if url is None:
        output.say(session.options, f"Signing in to {session.server}")
    address = email or asking.ask("E-mail", option="--email")
    secret = asking.password(from_stdin=password_stdin)
    async with Client(session.server, store=session.store) as client:
        account = await asking.log_in(client, email=address, secret=secret, code=code)
        await _end(client, session.login)
    if session.options.json:
        output.document(server=session.server, account=account)
    else:
        output.say(session.options, f"Signed in to {session.server} as {account.name}")


async def logout(context: typer.Context) -> None:
    """Sign out: end the session on the server and forget it here."""
    session = find_session(context)
    if session.settings.token_file is not None:
        raise UsageFault("TONEARM_TOKEN_FILE signs you in: unset it to sign out")
    if session.login is None:
        output.say(session.options, f"You are not signed in to {session.server}")
    else:
        await _forget(session)
    if session.options.json:
        output.document(server=session.server, signed_in=False)


@app.callback()
def _auth() -> None:
    """See who is signed in, and where; print a token for other programs."""


async def status(context: typer.Context) -> None:
    """Say who is signed in to which server, and where the secret is kept. Exit 4 when nobody is."""
    session = find_session(context)
    async with client_of(session) as client:
        account = await client.me()
    _print_status(session, account)


async def token(
    context: typer.Context,
    *,
    on_screen: Annotated[
        bool, typer.Option("--yes-print-secret", help="Print it on a terminal, too, for everyone to see.")
    ] = False,
) -> None:
    """Print an access token for other programs; it lives ten minutes. Exit 4 when nobody is signed in."""
    session = find_session(context)
    if output.for_people() and not on_screen:
        raise UsageFault(
            "A token is a secret: pass it on to a program, or show it with --yes-print-secret",
            try_this='curl -H "Authorization: Bearer $(tonearm auth token)" …',
        )
    async with client_of(session) as client:
        await client.me()  # refreshes a token that is about to end, and proves that the server takes it
    login = session.store.find()
    if login is None:
        raise NotSignedIn(session.server, profile=session.options.profile)
    if session.options.json:
        output.document(server=session.server, token=login.access_token)
    else:
        output.line(login.access_token)


app.command("status", cls=ClientCommand)(blocking(status))
app.command("token", cls=ClientCommand)(blocking(token))


def _print_status(session: Session, account: Account) -> None:
    kept_in = str(session.settings.token_file or session.store.path)
    if session.options.json:
        output.document(server=session.server, account=account, profile=session.settings.profile, kept_in=kept_in)
        return
    output.pairs(
        [
            ("server", session.server),
            ("account", f"{account.name} <{account.email}>"),
            ("role", "administrator" if account.is_admin else "member"),
            ("profile", session.settings.profile),
            ("kept in", kept_in),
        ]
    )


def _refuse_what_cannot_be_kept(session: Session) -> None:
    if session.settings.token_file is not None:
        raise UsageFault("TONEARM_TOKEN_FILE is set and wins over any login: unset it first")


async def _end(client: Client, old: Login | None) -> None:
    """End the session that the new one replaces; nobody minds if it has ended already."""
    if old is not None and old.refresh_token is not None:
        with contextlib.suppress(TonearmError):
            await client.call(auth.LOG_OUT, auth.LogOut(refresh_token=old.refresh_token))


async def _forget(session: Session) -> None:
    try:
        async with Client(session.server, store=session.store) as client:
            await client.log_out()
    except TonearmError as error:
        output.say(session.options, f"The server could not be told: {error.detail}")
    session.store.forget()
    output.say(session.options, f"Signed out of {session.server}")
