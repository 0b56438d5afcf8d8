"""The root command: help, the player when nothing is asked, and one way out for every error."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tonearm_api import __version__
from tonearm_api.errors import TonearmError
from tonearm_api.text import safe_text
from tonearm_cli import parts, problems
from tonearm_cli.options import Options

_SUMMARY = "Tonearm plays the music that you keep on your own server."

_EXAMPLES = """\
Examples:
  tonearm login http://127.0.0.1:8337   sign in
  tonearm upload ~/Music                send a folder of music
  tonearm search night train            find a track
  tonearm                               open the player
"""

_SURROGATE = re.compile("[\udc80-\udcff]")


class Root(TyperGroup):
    """Finds commands by name and imports the one that runs."""

    # Any: Typer keeps the classes of its contexts and formatters private.

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # Typer's signature
        return parts.list_names()

    def get_command(self, ctx: Any, cmd_name: str) -> parts.AnyCommand | None:  # noqa: ARG002  # Typer's signature
        return parts.find_command(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if not parts.is_command(args[0]):
            raise _unknown(args[0])
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_text(ctx.command_path))


app = typer.Typer(cls=Root, add_completion=True, rich_markup_mode=None)


@app.callback()
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Tonearm."""
    if version:
        typer.echo(f"tonearm {__version__}")
        raise typer.Exit


def help_text(name: str = "tonearm") -> str:
    """The root's help: every command with one line, by section."""
    lines = [f"Usage: {name} [COMMAND] [OPTIONS]", "", _SUMMARY, ""]
    for section, rows in parts.list_sections():
        lines += [f"{section}:", *(f"  {name:<8}  {summary}" for name, summary in rows), ""]
    lines += [_EXAMPLES, "tonearm COMMAND --help tells more; --version prints the version.", ""]
    return "\n".join(lines)


def _unknown(name: str) -> problems.UsageFault:
    import difflib  # noqa: PLC0415  # wanted for slips only

    near = difflib.get_close_matches(name, parts.list_names(), n=1, cutoff=0.7)
    return problems.UsageFault(
        f"There is no command {name}",
        try_this=f"tonearm {near[0]}" if near else "tonearm --help",
    )


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every known failure is told on stderr."""
    as_json = "--json" in arguments
    _survive_any_text()
    try:
        return _dispatch(list(arguments))
    except TonearmError as error:
        return problems.report(error, as_json=as_json)
    except typer.TyperException as error:
        return problems.report(_from_typer(error), as_json=as_json)
    except typer.Abort:
        return problems.INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except (UnicodeError, OSError) as error:
        return problems.report(_from_python(error, arguments=arguments), as_json=as_json)


def _dispatch(arguments: list[str]) -> int:
    if not arguments:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            sys.stderr.write(help_text())
            return problems.USAGE
        arguments = ["tui"]
    command = typer.main.get_command(app)
    code = command.main(arguments, prog_name="tonearm", standalone_mode=False, obj=Options())
    sys.stdout.flush()
    return code if isinstance(code, int) else problems.OK


def _survive_any_text() -> None:
    """Titles are of every script; a terminal that cannot show one gets a `?`, not a crash. What is read is text."""
    for stream, errors in ((sys.stdout, "replace"), (sys.stderr, "replace"), (sys.stdin, "strict")):
        if stream is not None:  # as with `<&-`
            stream.reconfigure(errors=errors)  # type: ignore[union-attr]  # a TextIOWrapper when run as a program


def _reader_gone() -> int:
    """The other end of the pipe closed (`| head`): what is still buffered goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return problems.FAILED


def _from_typer(error: typer.TyperException) -> TonearmError:
    """What Typer found wrong; a group without a sub-command has its whole help as its message."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if context is None:
        return problems.UsageFault(message)
    if message == context.get_help():
        message = f"{context.command_path} needs a command"
    return problems.UsageFault(message, try_this=f"{context.command_path} --help")


def _from_python(error: UnicodeError | OSError, *, arguments: Sequence[str]) -> TonearmError:
    """Bytes of the person's that are no text, or what the system would not do."""
    if isinstance(error, OSError):
        where = f": {safe_text(str(error.filename))}" if error.filename else ""
        return TonearmError(f"{error.strerror or error}{where}")
    if isinstance(error, UnicodeDecodeError):
        return problems.UsageFault("What stands on stdin is not UTF-8")
    # Paths may be of any bytes, which Python keeps as lone surrogates (PEP 383); nothing else may.
    if any(_SURROGATE.search(argument) for argument in arguments):
        return problems.UsageFault("An argument has bytes in it that are not UTF-8")
    raise error
