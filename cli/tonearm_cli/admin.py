"""What administrators do over HTTP: invitations."""

from __future__ import annotations

from typing import Annotated

import typer

from tonearm_api import invitations
from tonearm_api.endpoint import Nothing
from tonearm_cli import output
from tonearm_cli.options import ClientCommand, blocking, options_of
from tonearm_cli.output import Column
from tonearm_cli.session import signed_in

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def _admin() -> None:
    """For administrators: invite people. Needs a session with a second factor."""


async def invite(
    context: typer.Context,
    *,
    email: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Mail the link there; nobody else can use it.")
    ] = None,
) -> None:
    """Print a link that makes one account; it is good for a week."""
    async with signed_in(context) as client:
        made = await client.call(invitations.INVITE, invitations.Invite(email=email))
    if options_of(context).json:
        output.document(invitation=made)
        return
    output.line(made.url or "")
    if email:
        output.say(options_of(context), f"The link is on its way to {email} as well")


async def list_invitations(context: typer.Context) -> None:
    """List invitations that nobody has used yet, newest first."""
    async with signed_in(context) as client:
        found = await client.call(invitations.LIST_INVITATIONS, Nothing())
    if options_of(context).json:
        output.document(items=found.items)
        return
    table = output.Table(
        Column(head="id", style="dim"), Column(head="for", least=12), Column(head="by"), Column(head="good until")
    )
    table.add(
        [(each.id, each.email or "anybody", each.invited_by, f"{each.expires_at:%Y-%m-%d}") for each in found.items]
    )


async def withdraw(
    context: typer.Context,
    *,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Of `tonearm admin invitations`.")],
) -> None:
    """Withdraw invitations: their links are good for nothing from now on."""
    async with signed_in(context) as client:
        for each in ids:
            await client.call(invitations.WITHDRAW_INVITATION, invitations.OneInvitation(id=each))
    if options_of(context).json:
        output.document(withdrawn=ids)
    else:
        output.say(options_of(context), "Withdrawn")


app.command("invite", cls=ClientCommand)(blocking(invite))
app.command("invitations", cls=ClientCommand)(blocking(list_invitations))
app.command("withdraw", cls=ClientCommand)(blocking(withdraw))
