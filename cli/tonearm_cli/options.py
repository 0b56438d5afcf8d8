"""The options that every client command takes, kept in one place. Knows neither server nor screen."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption


@dataclass(kw_only=True, slots=True)
class Options:
    """What the person asked of any command, whichever it is."""

    server: str | None = None
    profile: str | None = None
    json: bool = False
    quiet: bool = False


def options_of(context: typer.Context) -> Options:
    """The common options of the command that runs."""
    options = context.find_object(Options)
    if options is None:
        raise RuntimeError("the root command starts every context with Options")
    return options


class ClientCommand(TyperCommand):
    """A command that also takes the common options; they reach it through `options_of`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: Typer's own arguments, passed on unread
        super().__init__(*args, **kwargs)
        self.params.extend(_common())

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # Any: Typer keeps its context's class private
        """`ID...` rather than Typer's `{ID...}`: nobody should type the braces."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]


def blocking(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` itself, or for a coroutine function one that runs it to its end in a loop of its own."""
    if not inspect.iscoroutinefunction(function):
        return function

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:  # Any: the wrapped function's own arguments
        import asyncio  # noqa: PLC0415  # a fifth of a start, which `keys` and help do without

        return asyncio.run(function(*args, **kwargs))

    return run


def _common() -> list[TyperOption]:
    return [
        _option("--server", metavar="URL", help="The server to talk to."),
        _option("--profile", "-P", metavar="NAME", help="The stored login to use."),
        _option("--json", help="Print one JSON document.", is_flag=True),
        _option("--quiet", "-q", help="Print data and errors only.", is_flag=True),
    ]


def _option(*names: str, help: str, metavar: str | None = None, is_flag: bool = False) -> TyperOption:  # noqa: A002
    return TyperOption(
        param_decls=list(names),
        help=help,
        metavar=metavar,
        is_flag=is_flag,
        default=False if is_flag else None,
        expose_value=False,
        callback=_remember,
    )


def _remember(context: typer.Context, parameter: TyperOption, value: Any) -> Any:  # Any: each option's own type
    if value and parameter.name is not None:
        setattr(options_of(context), parameter.name, value)
    return value
