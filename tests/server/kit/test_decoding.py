"""Every fault of a request is named, with its place."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from tonearm_api.errors import FaultPlace, Invalid
from tonearm_server.kit.decoding import convert

Count = Annotated[int, Meta(ge=1, le=9)]


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    count: Count
    name: str


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=3)]
    inner: Inner
    items: list[Inner] = []
    maybe: Inner | None = None
    count: Count = 1


def in_body(_: str) -> FaultPlace:
    return "body"


def faults_of(raw: object) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        convert(raw, Outer, strict=True, place_of=in_body)
    return {(fault.pointer, fault.code) for fault in caught.value.faults}


def test_a_right_value_is_converted() -> None:
    raw = {"title": "a", "inner": {"count": 2, "name": "n"}}

    assert Outer(title="a", inner=Inner(2, "n")) == convert(raw, Outer, strict=True, place_of=in_body)


def test_every_fault_is_named_nested_ones_too() -> None:
    raw = {
        "title": "long one",
        "inner": {"count": 0, "extra": 1},
        "items": [{"count": 1, "name": "n"}, {"count": "x", "name": 5}],
        "maybe": {"count": 10, "name": "n"},
        "count": "3",
        "a/b": 1,
    }

    expected = {
        ("/title", "too_long"),
        ("/inner/count", "too_small"),
        ("/inner/name", "missing"),
        ("/inner/extra", "unknown"),
        ("/items/1/count", "wrong_type"),
        ("/items/1/name", "wrong_type"),
        ("/maybe/count", "too_large"),
        ("/count", "wrong_type"),
        ("/a~1b", "unknown"),
    }
    assert expected == faults_of(raw)


def test_a_body_that_is_no_object_is_one_fault() -> None:
    assert {("", "wrong_type")} == faults_of([1, 2])


def test_a_wrong_kind_inside_is_one_fault() -> None:
    assert {("/inner", "wrong_type")} == faults_of({"title": "a", "inner": 5})


def test_query_strings_are_converted_leniently() -> None:
    raw = {"title": "a", "inner": {"count": "2", "name": "n"}, "count": "3"}

    assert convert(raw, Outer, strict=False, place_of=in_body).count == 3


def test_a_body_of_very_many_faults_is_answered_with_a_hundred() -> None:
    raw = {"title": "a", "inner": {"count": 1, "name": "n"}, "items": [{}] * 500}

    assert len(faults_of(raw)) <= 100
