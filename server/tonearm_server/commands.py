"""`tonearm serve` and `tonearm server …`. Heavy imports happen when a command runs, so that help stays quick."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from tonearm_server.config import Config

DataOption = Annotated[Path | None, typer.Option("--data", help="Folder for database, audio and keys.")]

_EXIT_FAULTY = 2
_EXIT_UNWELL = 1

server = typer.Typer(help="Look after a server's data folder.", no_args_is_help=True, add_completion=False)
_user = typer.Typer(help="Accounts.", no_args_is_help=True, add_completion=False)
_config = typer.Typer(help="Settings.", no_args_is_help=True, add_completion=False)
server.add_typer(_user, name="user")
server.add_typer(_config, name="config")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")] = None,
    data: DataOption = None,
) -> None:
    """Run the server until it is told to stop."""
    gc.disable()  # modules are no garbage: looking for some takes a twelfth of the start (measured 2026-11)
    from tonearm_server.running import run_server

    config = _load_config(host=host, port=port, data=data)
    raise typer.Exit(run_server(config))


@_user.command("add")
def add_user(
    email: Annotated[str, typer.Option(help="Address to sign in with.")],
    name: Annotated[str, typer.Option(help="Name that others see.")],
    admin: Annotated[bool, typer.Option("--admin", help="Make an administrator.")] = False,  # a flag
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    data: DataOption = None,
) -> None:
    """Make an account; works beside a running server."""
    from tonearm_api.errors import TonearmError
    from tonearm_server.control import checked
    from tonearm_server.operating import make_account

    config = _load_config(data=data)
    password = _read_password(from_stdin=password_stdin)
    try:
        wanted = checked({"email": email, "name": name, "password": password, "is_admin": admin})
        account = make_account(config, wanted)
    except TonearmError as error:
        _fail(error.detail)
    typer.echo(account.id)


@_config.command("check")
def check_config(data: DataOption = None) -> None:
    """Check every setting and name every fault."""
    config = _load_config(data=data)
    for name, value in config.model_dump(mode="json").items():
        typer.echo(f"{name} = {value}")


@server.command()
def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Read every byte of audio and check its hash.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    data: DataOption = None,
) -> None:
    """Check that everything is there and every count adds up; exit 1 where not."""
    import msgspec

    from tonearm_api.errors import TonearmError
    from tonearm_server.doctor.findings import Examine
    from tonearm_server.operating import examine

    config = _load_config(data=data)
    try:
        findings = examine(config, Examine(deep=deep))
    except TonearmError as error:
        _fail(error.detail)
    is_well = all(finding.state != "failed" for finding in findings)
    if json:
        typer.echo(msgspec.json.encode({"v": 1, "ok": is_well, "findings": findings}).decode())
    for finding in () if json else findings:
        typer.echo(f"{finding.state:8} {finding.name:10} {finding.message}")
        if finding.hint:
            typer.echo(f"{'':19} {finding.hint}")
    if not is_well:
        raise typer.Exit(_EXIT_UNWELL)


@server.command()
def mail(
    letter_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Print this letter.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    data: DataOption = None,
) -> None:
    """List the letters of a server that sends no mail, newest first, or print one."""
    import msgspec

    from tonearm_api.errors import TonearmError
    from tonearm_server.kit.datafolder import used_folder
    from tonearm_server.mail.files import list_letters, read_letter

    config = _load_config(data=data)
    try:
        outbox = used_folder(config.data).outbox
        if letter_id is not None:
            text = read_letter(outbox, letter_id)
            typer.echo(msgspec.json.encode({"v": 1, "id": letter_id, "text": text}).decode() if json else text)
            return
        letters, waiting = list_letters(outbox), _count_waiting_letters(config)
    except TonearmError as error:
        _fail(error.detail)
    if json:
        listed = {"v": 1, "sends_mail": config.sends_mail, "waiting": waiting, "items": letters}
        typer.echo(msgspec.json.encode(listed).decode())
        return
    for letter in letters:
        typer.echo(f"{letter.id}  {letter.written_at:%Y-%m-%d %H:%M}  {letter.to}  {letter.subject}")
    if config.smtp:
        typer.echo(f"Mail is sent through {config.smtp.host}: only what was written before that is listed", err=True)
    if waiting:
        typer.echo(f"Letters that wait to be delivered: {waiting}", err=True)


@server.command()
def synth(
    tracks: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many tracks.")],
    seed: Annotated[int, typer.Option(min=0, help="The same number makes the same library.")] = 0,
    data: DataOption = None,
) -> None:
    """Fill a data folder with a made-up library, to try Tonearm out at size; its server must not run."""
    from tonearm_api.errors import TonearmError
    from tonearm_server.operating import synthesise

    config = _load_config(data=data)
    try:
        filled = synthesise(config, tracks=tracks, seed=seed)
    except TonearmError as error:
        _fail(error.detail)
    for name, count in filled._asdict().items():
        typer.echo(f"{name} = {count}")


def _load_config(**given: object) -> Config:
    from tonearm_server.config import FaultyConfig, load_config

    try:
        return load_config(**given)
    except FaultyConfig as error:
        _fail(error.detail)


def _count_waiting_letters(config: Config) -> int | None:
    """None where letters become files, which takes no time."""
    if not config.sends_mail:
        return None
    from tonearm_server.operating import count_waiting_letters

    return count_waiting_letters(config)


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        _fail("Give the password on stdin, with --password-stdin")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(_EXIT_FAULTY)
