"""Every error has its exit code: scripts branch on it."""

from __future__ import annotations

import pytest

from tonearm_api import errors
from tonearm_cli import problems


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.Invalid, 2),
        (errors.WeakPassword, 2),
        (errors.NotFound, 3),
        (errors.Unauthenticated, 4),
        (errors.SessionEnded, 4),
        (errors.WrongCredentials, 4),
        (errors.Forbidden, 4),
        (errors.Unreachable, 5),
        (errors.RateLimited, 5),
        (errors.Internal, 5),
        (errors.EmptyFile, 6),
        (errors.Conflict, 7),
        (errors.Gone, 7),
        (errors.TooLarge, 8),
        (errors.OutOfSpace, 8),
        (errors.TonearmError, 1),
    ],
)
def test_exit_codes(kind: type[errors.TonearmError], code: int) -> None:
    assert code == problems.exit_code(kind())


def test_a_busy_server_says_how_long_to_wait() -> None:
    assert problems.hint(errors.RateLimited(headers={"Retry-After": "7"})) == "wait 7 s"


def test_a_message_cannot_steer_the_terminal() -> None:
    fault = errors.Fault(place="body", pointer="/title", code="x", message="a\x1b]0;owned\x07b")

    told = problems.sentence(errors.Invalid("no\x1b[31m", faults=(fault,)))

    assert "\x1b" not in told
    assert "\x07" not in told
