"""The commands by name: each is imported only when it runs, and a part that is not installed says so.

Own commands stand in a table; those of the server and the player come from the entry points of the group
`tonearm.commands`, whose values are Typer apps or plain functions with Typer's annotations.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from tonearm_cli.options import ClientCommand, blocking
from tonearm_cli.problems import NotInstalled

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PARTS_GROUP = "tonearm.commands"

AnyCommand = TyperCommand | TyperGroup


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """A command of this package: where it lives and what it is for."""

    section: str
    target: str
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Extra:
    """What a part needs: the extra to install, and a module that only the extra brings."""

    section: str
    name: str
    module: str
    summary: str


OWN = {
    "ls": Own(section="Music", target="library:ls", summary="List tracks"),
    "search": Own(section="Music", target="search:search", summary="Search tracks, albums and artists"),
    "info": Own(section="Music", target="library:info", summary="Show one track"),
    "like": Own(section="Music", target="library:like", summary="Like tracks"),
    "unlike": Own(section="Music", target="library:unlike", summary="Take likes back"),
    "upload": Own(section="Music", target="uploads:upload", summary="Upload files and folders"),
    "edit": Own(section="Music", target="library:edit", summary="Change a track's title, tags or visibility"),
    "rm": Own(section="Music", target="library:rm", summary="Delete tracks"),
    "login": Own(section="Account", target="auth:login", summary="Sign in to a server"),
    "logout": Own(section="Account", target="auth:logout", summary="Sign out"),
    "auth": Own(section="Account", target="auth:app", summary="See who is signed in, and where; print a token"),
    "account": Own(section="Account", target="account:app", summary="Your name, password, second factor, devices"),
    "admin": Own(section="Server", target="admin:app", summary="Invite people"),
    "doctor": Own(section="Help", target="doctor:doctor", summary="Find out why something does not work"),
    "keys": Own(section="Help", target="keys:keys", summary="Print the player's keys"),
}

EXTRAS = {
    "tui": Extra(section="Music", name="tui", module="textual", summary="Open the player"),
    "serve": Extra(section="Server", name="server", module="aiohttp", summary="Start a server"),
    "server": Extra(section="Server", name="server", module="aiohttp", summary="Look after a server"),
}

_SECTIONS = ("Music", "Account", "Server", "Help")


def find_command(name: str) -> AnyCommand | None:
    """The command called `name`, imported now. Raises NotInstalled where its part is missing."""
    if name in OWN:
        module, _, attribute = OWN[name].target.partition(":")
        target = getattr(importlib.import_module(f"tonearm_cli.{module}"), attribute)
        return _build(target, name=name, kind=ClientCommand)
    return next((_load(point) for point in _points() if point.name == name), None)


def is_command(name: str) -> bool:
    """Whether there is a command of that name; own ones are known without looking through what is installed."""
    return name in OWN or name in list_names()


def list_names() -> list[str]:
    """Every command's name, without importing any."""
    return [*OWN, *(point.name for point in _points())]


def list_sections() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The help's sections, each with names and summaries. Imports no command."""
    found = {name: (own.section, own.summary) for name, own in OWN.items()}
    found |= {point.name: _describe(point.name) for point in _points()}
    order = [*EXTRAS, *OWN, *found]
    for section in _SECTIONS:
        rows = [(n, found[n][1]) for n in sorted(found, key=order.index) if found[n][0] == section]
        if rows:
            yield section, rows


def _points() -> list[EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415  # 30 ms with the search, which own commands do without

    return sorted(entry_points(group=PARTS_GROUP), key=lambda point: point.name)


def _describe(name: str) -> tuple[str, str]:
    extra = EXTRAS.get(name)
    if extra is None:
        return "Help", ""
    if _missing(extra):
        return extra.section, f"(not installed) pip install 'tonearm[{extra.name}]'"
    return extra.section, extra.summary


def _missing(extra: Extra) -> bool:
    return importlib.util.find_spec(extra.module) is None


def _load(point: EntryPoint) -> AnyCommand:
    extra = EXTRAS.get(point.name)
    if extra is not None and _missing(extra):
        raise NotInstalled(point.name, module=extra.module, extra=extra.name)
    try:
        target = point.load()
    except ModuleNotFoundError as error:
        raise NotInstalled(point.name, module=error.name or "", extra=extra.name if extra else "all") from error
    return _build(target, name=point.name, kind=TyperCommand)


def _build(target: typer.Typer | Callable[..., Any], *, name: str, kind: type[TyperCommand]) -> AnyCommand:
    """`target` as a command; its help is plain text, so that a bracket is a bracket."""
    if not isinstance(target, typer.Typer):
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name, cls=kind)(blocking(target))
        target = app
    target.rich_markup_mode = None
    command = typer.main.get_command(target)
    if not isinstance(command, AnyCommand):
        raise TypeError(f"{name} is not a Typer command")
    command.name = name
    return command
