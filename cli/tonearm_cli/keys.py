"""The player's keys, from the one key table."""

from __future__ import annotations

import dataclasses
from itertools import groupby

import typer

from tonearm_api.keymap import ACTIONS
from tonearm_cli import output
from tonearm_cli.options import options_of


def keys(context: typer.Context) -> None:
    """Print the player's keys."""
    if options_of(context).json:
        output.document(actions=[dataclasses.asdict(action) for action in ACTIONS])
    elif output.for_people():
        _show()
    else:
        for action in ACTIONS:
            output.line(action.id, action.shown, action.title)


def _show() -> None:
    width = max(len(action.shown) for action in ACTIONS)
    for index, (group, actions) in enumerate(groupby(ACTIONS, key=lambda action: action.group)):
        if index:
            output.line()
        output.line_of((group, "bold"))
        for action in actions:
            output.line_of((f"  {action.shown:<{width}}", ""), (f"  {action.title}", "dim"))
