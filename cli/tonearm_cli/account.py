"""One's own account: who one is, the password, the second factor, and where one is signed in."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import UNSET

from tonearm_api import account, factors, sessions
from tonearm_api.devices import device_text
from tonearm_api.endpoint import Nothing
from tonearm_cli import asking, output
from tonearm_cli.options import ClientCommand, blocking, options_of
from tonearm_cli.output import Column
from tonearm_cli.problems import UsageFault
from tonearm_cli.session import signed_in

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)

CodeOption = Annotated[str | None, typer.Option("--code", metavar="CODE", help="The second factor's code.")]
StdinOption = Annotated[bool, typer.Option(asking.PASSWORD_STDIN, help="Read the password from stdin.")]


@app.callback()
def _account() -> None:
    """Your account: name, password, second factor, and where you are signed in."""


async def show(context: typer.Context) -> None:
    """Show your account and its second factors."""
    async with signed_in(context) as client:
        who = await asking.me(client)
        has = await client.call(factors.FACTORS, Nothing())
    if options_of(context).json:
        output.document(account=who, factors=has)
        return
    output.pairs(
        [
            ("name", who.name),
            ("handle", who.handle or "–"),
            ("e-mail", who.email),
            ("role", "administrator" if who.is_admin else "member"),
            ("authenticator", "yes" if has.has_authenticator else "no"),
            ("recovery codes", str(has.recovery_codes_left)),
            ("code by mail", "yes" if has.confirms_by_mail else "no"),
        ]
    )


async def edit(
    context: typer.Context,
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What others see.")] = None,
    handle: Annotated[str | None, typer.Option(metavar="HANDLE", help="Your short name; '' gives it up.")] = None,
) -> None:
    """Change your name or handle."""
    if name is None and handle is None:
        raise UsageFault("Say what to change: --name, --handle or both")
    wanted = account.EditAccount(
        name=UNSET if name is None else name, handle=UNSET if handle is None else (handle or None)
    )
    async with signed_in(context) as client:
        changed = await client.call(account.EDIT_ME, wanted)
    if options_of(context).json:
        output.document(account=changed)
    else:
        output.say(options_of(context), f"You are {changed.name}" + (f" (@{changed.handle})" if changed.handle else ""))


async def password(
    context: typer.Context,
    *,
    password_stdin: Annotated[
        bool, typer.Option(asking.PASSWORD_STDIN, help="Read the current and the new password, a line each.")
    ] = False,
    code: CodeOption = None,
) -> None:
    """Change your password; every other device is signed out."""
    current = asking.password(from_stdin=password_stdin, what="Current password")
    new = asking.password(from_stdin=password_stdin, what="New password", confirm=True)
    wanted = account.ChangePassword(current_password=current, new_password=new)
    async with signed_in(context) as client:
        # The proof that the server may want is the password that was just given.
        await asking.proven(client, lambda: client.call(account.CHANGE_PASSWORD, wanted), secret=current, code=code)
    _done(context, "Your password is changed; every other device is signed out")


async def email(
    context: typer.Context,
    *,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The new address.")],
    password_stdin: StdinOption = False,
    code: CodeOption = None,
) -> None:
    """Change your e-mail address; it counts once you open the link that is mailed to it."""
    wanted = account.ChangeEmail(email=address)
    async with signed_in(context) as client:
        await asking.proven(
            client, lambda: client.call(account.CHANGE_EMAIL, wanted), from_stdin=password_stdin, code=code
        )
    _done(context, f"A mail is on its way to {address}: open its link to confirm the address")


async def authenticator(
    context: typer.Context,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Remove it, and the recovery codes.")] = False,
    password_stdin: StdinOption = False,
    code: CodeOption = None,
) -> None:
    """Set up an app that shows codes (TOTP) as your second factor, or remove it."""
    async with signed_in(context) as client:
        if remove:
            await asking.proven(
                client,
                lambda: client.call(factors.REMOVE_AUTHENTICATOR, Nothing()),
                from_stdin=password_stdin,
                code=code,
            )
            _done(context, "The authenticator is removed; your password is enough to sign in again")
            return
        seed = await asking.proven(
            client, lambda: client.call(factors.NEW_AUTHENTICATOR, Nothing()), from_stdin=password_stdin, code=code
        )
        _draw(context, seed)
        first = asking.ask("Code that the app shows", option="a terminal: the code is asked for there")
        codes = await client.call(factors.CONFIRM_AUTHENTICATOR, factors.ConfirmAuthenticator(code=first))
    _print_codes(context, codes)


async def recovery_codes(
    context: typer.Context, *, password_stdin: StdinOption = False, code: CodeOption = None
) -> None:
    """Print ten new recovery codes; the old ones are void."""
    async with signed_in(context) as client:
        codes = await asking.proven(
            client, lambda: client.call(factors.NEW_RECOVERY_CODES, Nothing()), from_stdin=password_stdin, code=code
        )
    _print_codes(context, codes)


async def devices(context: typer.Context) -> None:
    """List where you are signed in, latest use first."""
    async with signed_in(context) as client:
        found = await client.call(sessions.LIST_SESSIONS, Nothing())
    if options_of(context).json:
        output.document(items=found.items)
        return
    table = output.Table(
        Column(head="id", style="dim"),
        Column(head="device", least=12),
        Column(head="address"),
        Column(head="last used"),
    )
    table.add(
        [
            (
                each.id,
                device_text(each.device) + (" (this one)" if each.is_this else ""),
                each.address,
                f"{each.last_used_at:%Y-%m-%d %H:%M}",
            )
            for each in found.items
        ]
    )


async def sign_out(
    context: typer.Context,
    *,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Of `tonearm account devices`.")] = None,
    others: Annotated[bool, typer.Option("--others", help="Every device but this one.")] = False,
) -> None:
    """Sign out other devices; music that they play stops within five seconds."""
    if bool(ids) == others:
        raise UsageFault("Name the devices to sign out, or use --others", try_this="tonearm account devices")
    async with signed_in(context) as client:
        if others:
            await client.call(sessions.END_OTHER_SESSIONS, Nothing())
        for each in ids or ():
            await client.call(sessions.END_SESSION, sessions.OneSession(id=each))
    _done(context, "Every other device is signed out" if others else "Signed out")


for _command in (show, edit, password, email, authenticator, devices):
    app.command(_command.__name__, cls=ClientCommand)(blocking(_command))
app.command("recovery-codes", cls=ClientCommand)(blocking(recovery_codes))
app.command("sign-out", cls=ClientCommand)(blocking(sign_out))


def _done(context: typer.Context, text: str) -> None:
    if options_of(context).json:
        output.document(done=True)
    else:
        output.say(options_of(context), text)


def _draw(context: typer.Context, seed: factors.NewAuthenticator) -> None:
    """The QR code in half blocks, and the same to type, on stderr: it is talk, not data."""
    import io  # noqa: PLC0415

    import segno  # noqa: PLC0415  # only who sets up a second factor needs it

    drawn = io.StringIO()
    segno.make(seed.uri, error="l").terminal(out=drawn, border=2, compact=True)
    groups = " ".join(seed.secret[start : start + 4] for start in range(0, len(seed.secret), 4))
    output.draw(drawn.getvalue())
    output.say(options_of(context), f"Scan this with your app, or type: {groups}")


def _print_codes(context: typer.Context, codes: factors.RecoveryCodes) -> None:
    if options_of(context).json:
        output.document(codes=codes.codes)
        return
    output.say(options_of(context), "Each of these works once when your phone is gone. Print them or write them down:")
    for each in codes.codes:
        output.line(each)
