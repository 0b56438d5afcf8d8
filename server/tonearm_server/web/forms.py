"""Forms that work without a script: body to typed value, faults to sentences beside their fields."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from tonearm_api.errors import BadRequest, Fault, Invalid, TonearmError, UnsupportedMediaType
from tonearm_server.kit.decoding import convert

FormT = TypeVar("FormT", bound=msgspec.Struct)

_ENCODING = "application/x-www-form-urlencoded"
_PAGE = re.compile(r"/(?:liked|queue|me(?:/(?:profile|email|password|factor|sessions|invitations))?|t/[a-z0-9]{1,64})?")
"""Paths that a sign-in may lead to."""

_WORDS = {
    "missing": "Fill this in",
    "too_short": "Fill this in",
    "too_long": "That is too long",
    "wrong_form": "That does not look right",
}
_FORMS = {
    "/name": "Use 1 to 100 characters that can be seen",
    "/email": "Write the address as name@example.org",
    "/handle": "Use 2 to 32 small letters, figures, - and _; begin and end with a letter or figure",
}
"""What a field that does not look right should look like."""


async def read_form(request: web.Request, *, fields: Collection[str]) -> dict[str, str]:
    """The named fields that were filled in. Raises UnsupportedMediaType, or Invalid for a field given twice."""
    if request.content_type != _ENCODING:
        raise UnsupportedMediaType
    try:
        posted = await request.post()
    except (LookupError, UnicodeDecodeError) as error:
        raise BadRequest("The form is not UTF-8") from error
    filled: dict[str, str] = {}
    for name in fields:
        values = posted.getall(name, [])
        if len(values) > 1:
            raise Invalid("A field is given more than once")
        if values and isinstance(values[0], str) and values[0]:
            filled[name] = values[0]
    return filled


def typed(filled: Mapping[str, str | None], kind: type[FormT]) -> FormT:
    """The form as the contract's type. Raises Invalid with a fault for each field."""
    return convert(filled, kind, strict=True, place_of=lambda _: "body")


def field_messages(error: TonearmError) -> dict[str, str]:
    """For each faulty field the sentence that stands beside it."""
    return {fault.pointer.removeprefix("/"): _sentence(fault) for fault in error.faults}


def filled_in(filled: dict[str, str], name: str) -> str:
    """What stands in one field. Raises Invalid where that is nothing."""
    if name not in filled:
        fault = Fault(place="body", pointer=f"/{name}", code="missing", message=_WORDS["missing"])
        raise Invalid(faults=(fault,))
    return filled[name]


def _sentence(fault: Fault) -> str:
    if fault.code in {"wrong_form", "too_short"} and fault.pointer in _FORMS:
        return _FORMS[fault.pointer]
    return _WORDS.get(fault.code, fault.message)


def next_page(wanted: str | None) -> str:
    """Where to go after signing in: `wanted` if it is one of our pages, else the first one (threat T43)."""
    if wanted is None or not wanted.isprintable() or "\\" in wanted or wanted.startswith("//"):
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    is_ours = not parts.scheme and not parts.netloc and _PAGE.fullmatch(parts.path)
    return wanted if is_ours else "/"
