"""Points in time and lengths of waiting as a page says them. Knows no clock: whoever asks brings the present."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 24 * 3600
_RECENT = timedelta(days=7)
"""What is older is said by its date."""


def wait_text(seconds: int) -> str:
    """`40 seconds`, `2 minutes`, `1 hour`; rounded up, so that whoever waits so long is let in."""
    if seconds < _MINUTE_S * 2:
        return _count(max(1, seconds), "second")
    if seconds < _HOUR_S * 2:
        return _count(-(-seconds // _MINUTE_S), "minute")
    return _count(-(-seconds // _HOUR_S), "hour")


def ago_text(then: datetime, *, now: datetime) -> str:
    """`just now`, `5 minutes ago`, `3 days ago`, `on 3 Nov 2026`; rounded down."""
    passed = now - then
    seconds = int(passed.total_seconds())
    if seconds < _MINUTE_S:
        return "just now"
    if passed > _RECENT:
        return f"on {day_text(then)}"
    if seconds < _HOUR_S:
        return f"{_count(seconds // _MINUTE_S, 'minute')} ago"
    if seconds < _DAY_S:
        return f"{_count(seconds // _HOUR_S, 'hour')} ago"
    return f"{_count(seconds // _DAY_S, 'day')} ago"


def day_text(then: datetime) -> str:
    """`3 Nov 2026`, in UTC."""
    there = then.astimezone(UTC)
    return f"{there.day} {there:%b %Y}"


def _count(number: int, unit: str) -> str:
    return f"1 {unit}" if number == 1 else f"{number} {unit}s"
