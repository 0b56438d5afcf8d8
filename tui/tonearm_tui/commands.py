"""`tonearm tui`: opens the terminal player. Textual is imported when the command runs."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer


def tui(
    audio_output: Annotated[str | None, typer.Option(hidden=True, help="One of mpv's audio outputs.")] = None,
    play_first: Annotated[
        float | None,
        typer.Option(hidden=True, metavar="SECONDS", help="Play the first track without a screen, then exit."),
    ] = None,
) -> None:
    """Open the player."""
    if play_first is None:
        from tonearm_tui.app import run

        run(audio_output=audio_output)
        return
    from tonearm_tui.headless import play_first_of_login

    reached_s = asyncio.run(play_first_of_login(seconds=play_first, audio_output=audio_output, report=typer.echo))
    if reached_s <= 0:
        raise typer.Exit(1)
