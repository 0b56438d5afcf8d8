"""Byte ranges and conditions of RFC 9110 §13 and §14: pure functions from headers to a decision."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tonearm_api.errors import RangeNotSatisfiable

_ONE_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(\d*)[ \t]*-[ \t]*(\d*)", re.IGNORECASE | re.ASCII)
_ENTITY_TAG = re.compile(r'(?:W/)?"[^"]*"')

_MAX_DIGITS = 19
"""Positions of more digits are beyond any file; RFC 9110 §14.1.1 asks to expect large ones."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `start` up to but not including `stop`."""

    start: int
    stop: int

    @property
    def size_bytes(self) -> int:
        return self.stop - self.start

    def content_range(self, size_bytes: int) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{size_bytes}"


def wanted_range(header: str | None, *, size_bytes: int) -> ByteRange | None:
    """The one range that a `Range` header asks for, or None where the whole is the answer.

    Other units, several ranges and malformed headers are ignored, as RFC 9110 §14.2 allows. Raises
    RangeNotSatisfiable with the `Content-Range` of §15.5.17 when the range lies beyond the end.
    """
    match = _ONE_RANGE.fullmatch(header.strip()) if header else None
    if match is None:
        return None
    first, last = match.groups()
    if first:
        start, stop = _position(first), _position(last) + 1 if last else size_bytes
        if stop <= start and last:
            return None
    elif last:
        start, stop = max(0, size_bytes - _position(last)), size_bytes
    else:
        return None
    stop = min(stop, size_bytes)
    if start >= stop:
        raise RangeNotSatisfiable(headers={"Content-Range": f"bytes */{size_bytes}"})
    return ByteRange(start, stop)


def _position(digits: str) -> int:
    """The number; more digits than any file has positions stand for the largest."""
    significant = digits.lstrip("0") or "0"
    return int(significant) if len(significant) <= _MAX_DIGITS else 10**_MAX_DIGITS


def range_still_holds(if_range: str | None, *, etag: str) -> bool:
    """Whether `If-Range` lets the range stand: no header, or the strong tag itself (RFC 9110 §13.1.5).

    A date never matches: blobs have no modification time worth comparing.
    """
    return if_range is None or if_range.strip() == etag


def is_not_modified(if_none_match: str | None, *, etag: str) -> bool:
    """Whether the client's copy is current: weak comparison of each listed tag (RFC 9110 §13.1.2)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(tag.removeprefix("W/") == etag for tag in _ENTITY_TAG.findall(if_none_match))


def precondition_fails(if_match: str | None, *, etag: str) -> bool:
    """Whether `If-Match` forbids an answer: strong comparison (RFC 9110 §13.1.1)."""
    if if_match is None or if_match.strip() == "*":
        return False
    return etag not in _ENTITY_TAG.findall(if_match)
