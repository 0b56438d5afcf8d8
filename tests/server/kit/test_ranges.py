"""Byte ranges and conditions against the rules of RFC 9110."""

from __future__ import annotations

import pytest

from tonearm_api.errors import RangeNotSatisfiable
from tonearm_server.kit.ranges import (
    ByteRange,
    is_not_modified,
    precondition_fails,
    range_still_holds,
    wanted_range,
)

SIZE = 1000
ETAG = '"abc"'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=0-499", ByteRange(0, 500)),
        ("bytes=500-", ByteRange(500, 1000)),
        ("bytes=-1", ByteRange(999, 1000)),
        ("bytes=-5000", ByteRange(0, 1000)),
        ("bytes=900-5000", ByteRange(900, 1000)),
        ("bytes=0-99999999999999999999999999", ByteRange(0, 1000)),
        ("bytes=00000000000000000000005-6", ByteRange(5, 7)),
        ("Bytes=1-2", ByteRange(1, 3)),
        ("bytes = 1 - 2", ByteRange(1, 3)),
    ],
)
def test_a_single_range_is_understood(header: str, expected: ByteRange) -> None:
    assert expected == wanted_range(header, size_bytes=SIZE)


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "bytes=0-1,5-6", "items=0-5", "bytes 0-5", "bytes=٠-١"],
)
def test_what_is_no_single_range_of_bytes_is_ignored(header: str | None) -> None:
    assert wanted_range(header, size_bytes=SIZE) is None


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=99999999999999999999999-"])
def test_a_range_beyond_the_end_is_refused_with_the_size(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        wanted_range(header, size_bytes=SIZE)

    assert caught.value.headers == {"Content-Range": "bytes */1000"}


def test_content_range_names_the_last_byte() -> None:
    assert ByteRange(500, 1000).content_range(SIZE) == "bytes 500-999/1000"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, True),
        (ETAG, True),
        ('"other"', False),
        ('W/"abc"', False),
        ("Tue, 24 Nov 2026 06:00:00 GMT", False),
    ],
)
def test_if_range_wants_the_strong_tag(header: str | None, expected: bool) -> None:
    assert expected == range_still_holds(header, etag=ETAG)


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, False), ("*", True), (ETAG, True), ('W/"abc"', True), ('"x", "abc"', True), ('"x"', False), ("abc", False)],
)
def test_if_none_match_compares_weakly(header: str | None, expected: bool) -> None:
    assert expected == is_not_modified(header, etag=ETAG)


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, False), ("*", False), (ETAG, False), ('"x", "abc"', False), ('"x"', True), ('W/"abc"', True)],
)
def test_if_match_compares_strongly(header: str | None, expected: bool) -> None:
    assert expected == precondition_fails(header, etag=ETAG)
