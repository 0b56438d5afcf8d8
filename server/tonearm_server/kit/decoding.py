"""Untrusted values to typed ones, with every fault named, nested ones too. Knows no HTTP."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

import msgspec

from tonearm_api.errors import Fault, FaultPlace, Invalid

StructT = TypeVar("StructT", bound=msgspec.Struct)
PlaceOf = Callable[[str], FaultPlace]

_MAX_FAULTS = 100
"""A body of a million faulty items is answered with a page, not a book."""


def convert(raw: Any, kind: type[StructT], *, strict: bool, place_of: PlaceOf) -> StructT:  # Any: decoded JSON
    """`raw` as `kind`. Raises Invalid with one fault for each thing that is wrong.

    `strict` is for JSON bodies; query strings are converted leniently ("5" is 5). `place_of` says for a
    top-level field whether it came from the path, the query or the body.
    """
    try:
        return msgspec.convert(raw, type=kind, strict=strict)
    except msgspec.ValidationError as error:
        found = _Faults(strict=strict, place_of=place_of)
        faults = tuple(fault for _, fault in zip(range(_MAX_FAULTS), found.of_struct(raw, kind, ()), strict=False))
        raise Invalid("; ".join(_sentence(f) for f in faults) or str(error), faults=faults) from error


def _sentence(fault: Fault) -> str:
    return f"{fault.pointer.removeprefix('/') or fault.place}: {fault.message}"


class _Faults:
    """Walks a value beside its type and yields what is wrong, in document order."""

    def __init__(self, *, strict: bool, place_of: PlaceOf) -> None:
        self._strict = strict
        self._place_of = place_of

    def of_struct(self, raw: Any, kind: type[msgspec.Struct], path: tuple[str, ...]) -> Iterator[Fault]:
        if not isinstance(raw, Mapping):
            yield self._fault(path, "wrong_type", "An object belongs here")
            return
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for name, field in fields.items():
            if name in raw:
                yield from self.of_value(raw[name], field.type, (*path, name))
            elif field.required:
                yield self._fault((*path, name), "missing", "This field is required")
        if kind.__struct_config__.forbid_unknown_fields:
            for name in raw.keys() - fields.keys():
                yield self._fault((*path, str(name)), "unknown", "There is no such field")

    def of_value(self, raw: Any, kind: Any, path: tuple[str, ...]) -> Iterator[Fault]:
        """Any: a value of decoded JSON, and a type expression."""
        try:
            msgspec.convert(raw, type=kind, strict=self._strict)
        except msgspec.ValidationError as error:
            deeper = self._inside(raw, kind, path)
            first = next(deeper, None)
            if first is not None:
                yield first
                yield from deeper
            else:
                yield self._fault(path, _code(str(error)), str(error).partition(" - at ")[0])

    def _inside(self, raw: Any, kind: Any, path: tuple[str, ...]) -> Iterator[Fault]:
        for option in _options(kind):
            if isinstance(option, type) and issubclass(option, msgspec.Struct) and isinstance(raw, Mapping):
                yield from self.of_struct(raw, option, path)
                return
            if typing.get_origin(option) is list and isinstance(raw, list):
                (item_kind,) = typing.get_args(option)
                for index, item in enumerate(raw):
                    yield from self.of_value(item, item_kind, (*path, str(index)))
                return

    def _fault(self, path: tuple[str, ...], code: str, message: str) -> Fault:
        pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
        return Fault(place=self._place_of(path[0] if path else ""), pointer=pointer, code=code, message=message)


def _options(kind: Any) -> tuple[Any, ...]:  # Any: type expressions
    """The alternatives of a type, without annotations: `Annotated[list[X], …] | None` gives `list[X]` and None."""
    if typing.get_origin(kind) is typing.Annotated:
        return _options(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return tuple(option for arg in typing.get_args(kind) for option in _options(arg))
    return (kind,)


_CODES = {
    "Expected `str` of length >=": "too_short",
    "Expected `str` of length <=": "too_long",
    "Expected `array` of length <=": "too_long",
    "Expected `str` matching regex": "wrong_form",
    "Expected `int` >=": "too_small",
    "Expected `int` <=": "too_large",
    "Invalid enum value": "unknown_value",
    "Invalid RFC3339": "wrong_form",
}


def _code(message: str) -> str:
    return next((code for start, code in _CODES.items() if message.startswith(start)), "wrong_type")


def decode_json(body: bytes) -> Any:  # Any: JSON of whatever shape
    """Decoded JSON. Raises msgspec.DecodeError."""
    return cast("Any", msgspec.json.decode(body))
