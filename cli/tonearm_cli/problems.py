"""From an error's class to a sentence, a hint and an exit code. Knows no command."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from tonearm_api import errors
from tonearm_api.errors import TonearmError
from tonearm_api.text import safe_text

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NOT_FOUND: Final = 3
LOGIN_NEEDED: Final = 4
TEMPORARY: Final = 5
PARTIAL: Final = 6
CONFLICT: Final = 7
LIMIT: Final = 8
INTERRUPTED: Final = 130

_EXIT_CODES: Mapping[type[TonearmError], int] = MappingProxyType(
    {
        errors.OutOfSpace: LIMIT,
        errors.TooLarge: LIMIT,
        errors.RefusedFile: PARTIAL,
        errors.BadRequest: USAGE,
        errors.Invalid: USAGE,
        errors.Misdirected: USAGE,
        errors.Unauthenticated: LOGIN_NEEDED,
        errors.Forbidden: LOGIN_NEEDED,
        errors.NotFound: NOT_FOUND,
        errors.Conflict: CONFLICT,
        errors.Gone: CONFLICT,
        errors.RateLimited: TEMPORARY,
        errors.Unavailable: TEMPORARY,
        errors.Internal: TEMPORARY,
    }
)

_HINTS: Mapping[type[TonearmError], str] = MappingProxyType(
    {
        errors.FactorRequired: "tonearm account authenticator, then tonearm login",
        errors.SecondFactorNeeded: "tonearm login --code CODE",
        errors.WrongCode: "",
        errors.WrongCredentials: "",
        errors.Unauthenticated: "tonearm login",
        errors.Unreachable: "tonearm doctor",
    }
)


class UsageFault(TonearmError):
    """The command line asks for something that cannot be meant."""

    code = "usage"
    title = "That command line cannot be read"

    def __init__(self, detail: str, *, try_this: str | None = None) -> None:
        super().__init__(detail)
        self.try_this = try_this


class NotInstalled(UsageFault):
    """A command whose part is not installed."""

    code = "not_installed"

    def __init__(self, name: str, *, module: str, extra: str) -> None:
        super().__init__(f"tonearm {name} is not installed ({module} is missing): pip install 'tonearm[{extra}]'")


class NotSignedIn(errors.Unauthenticated):
    """Nobody is signed in to `server`, or not in the profile that was asked for."""

    def __init__(self, server: str, *, profile: str | None = None) -> None:
        super().__init__(f"You are not signed in to {server}")
        self.try_this = f"tonearm login {server}" + (f" --profile {profile}" if profile else "")


class Stopped(TonearmError):
    """A command over several ids failed with `cause` after it was through with the ids in `done`."""

    def __init__(self, cause: TonearmError, *, done: Sequence[str]) -> None:
        super().__init__(cause.detail)
        self.cause = cause
        self.done = tuple(done)


class _Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    code: str
    message: str
    hint: str | None
    retryable: bool
    errors: tuple[errors.Fault, ...] = ()
    done: tuple[str, ...] = ()


class _ErrorDocument(msgspec.Struct, frozen=True, kw_only=True):
    v: int = 1
    error: _Said


def exit_code(error: TonearmError) -> int:
    """The exit code of the nearest class that has one; 1 where none has."""
    if isinstance(error, UsageFault):
        return USAGE
    return next((_EXIT_CODES[kind] for kind in type(error).__mro__ if kind in _EXIT_CODES), FAILED)


def hint(error: TonearmError) -> str | None:
    """What to type next, where there is something."""
    if isinstance(error, UsageFault | NotSignedIn):
        return error.try_this
    if isinstance(error, errors.RateLimited) and "Retry-After" in error.headers:
        return f"wait {safe_text(error.headers['Retry-After'])} s"
    return next((_HINTS[kind] for kind in type(error).__mro__ if kind in _HINTS), None) or None


def report(error: TonearmError, *, as_json: bool) -> int:
    """Tell the person, or with `as_json` their program, on stderr. Returns the exit code."""
    error, done = (error.cause, error.done) if isinstance(error, Stopped) else (error, ())
    code = exit_code(error)
    if as_json:
        said = _Said(
            code=error.code,
            message=error.detail,
            hint=hint(error),
            retryable=code == TEMPORARY,
            errors=error.faults,
            done=done,
        )
        sys.stderr.write(msgspec.json.encode(_ErrorDocument(error=said)).decode() + "\n")
    else:
        sys.stderr.write(sentence(error) + "\n")
        if done:
            sys.stderr.write(f"  done before that: {safe_text(' '.join(done))}\n")
    return code


def sentence(error: TonearmError) -> str:
    """The error as a person reads it, one line and one more for each fault or hint."""
    lines = [f"tonearm: {safe_text(error.detail)}"]
    lines += [f"  {safe_text(fault.pointer)}: {safe_text(fault.message)}" for fault in error.faults]
    todo = hint(error)
    if todo:
        lines.append(f"  try: {safe_text(todo)}")
    return "\n".join(lines)
