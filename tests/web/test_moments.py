"""Times as pages say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tonearm_server.web.moments import ago_text, wait_text

_NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (1, "1 second"),
        (119, "119 seconds"),
        (121, "3 minutes"),
        (900, "15 minutes"),
        (7201, "3 hours"),
    ],
)
def test_a_wait_is_never_said_too_short(seconds: int, words: str) -> None:
    assert wait_text(seconds) == words


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=119), "1 hour ago"),
        (timedelta(hours=47), "1 day ago"),
        (timedelta(days=7), "7 days ago"),
        (timedelta(days=21), "on 3 Nov 2026"),
    ],
)
def test_what_is_recent_is_told_by_its_distance(passed: timedelta, words: str) -> None:
    assert ago_text(_NOW - passed, now=_NOW) == words
