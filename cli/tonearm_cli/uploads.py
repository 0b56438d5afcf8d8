"""Upload files and folders and say what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tonearm_api.client import Client
from tonearm_api.sending.files import find_files
from tonearm_api.sending.journal import Journal, open_journal
from tonearm_api.sending.transfers import Transfers, Verdict, conclusion
from tonearm_cli import output, problems
from tonearm_cli.options import Options, options_of
from tonearm_cli.progress import watching
from tonearm_cli.session import Session, client_of, find_session


async def upload(
    context: typer.Context,
    *,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, and folders to search for audio.")],
    transfers: Annotated[
        int, typer.Option("--transfers", "-t", min=1, max=16, metavar="N", help="How many at once.")
    ] = 4,
    wait: Annotated[bool, typer.Option(help="Wait until each file is verified.")] = True,
) -> None:
    """Upload music and wait for the verdict on each file. Exit 6 when any was refused.

    Run it again after an interruption: it goes on where it was.
    """
    options = options_of(context)
    files = find_files(paths)
    session = find_session(context)
    async with client_of(session) as client:
        with open_journal(session.settings.journal, server=session.server, account=_account(session)) as journal:
            verdicts = await _send(client, files, journal=journal, options=options, at_once=transfers, wait=wait)
    if any(verdict.state == "refused" for verdict in verdicts):
        raise typer.Exit(problems.PARTIAL)


async def _send(
    client: Client, files: list[Path], *, journal: Journal, options: Options, at_once: int, wait: bool
) -> list[Verdict]:
    """Every verdict; what there is of them is told, too, when the upload is cut short."""
    verdicts: dict[Path, Verdict] = {}
    try:
        with watching(files, quiet=options.quiet, as_json=options.json) as watcher:
            verdicts = watcher.verdicts
            await Transfers(client, watcher, journal=journal, wait=wait).send_all(files, at_once=at_once)
    finally:
        told = [verdicts[path] for path in files if path in verdicts]
        _conclude(options, told, asked=len(files))
    return told


def _account(session: Session) -> str:
    """Whose uploads these are; a token from a file does not say."""
    return session.login.email if session.login else ""


def _conclude(options: Options, verdicts: Sequence[Verdict], *, asked: int) -> None:
    """The document, or one line of counts."""
    if options.json:
        counts = Counter(verdict.state for verdict in verdicts)
        output.document(files=verdicts, **{state: counts[state] for state in ("ready", "verifying", "refused")})
    else:
        output.say(options, conclusion(verdicts, asked=asked) or "No audio files there")
