"""What msgspec finds wrong with a request, in the words of the command line. Pure."""

from __future__ import annotations

import re

_OPTIONS = {"artists": "artist", "genres": "genre", "track_number": "track", "disc_number": "disc"}
"""Fields whose option is called otherwise."""

_FOUND = re.compile(
    r"Expected `(?P<kind>\w+)` (?P<length>of length )?(?P<side><=|>=) (?P<limit>\d+) - at `\$\.(?P<field>\w+)"
)
"""For instance: Expected `int` <= 9999 - at `$.year`."""


def plain_words(message: str) -> str:
    """`--year: 9999 at most`; a message of another form as it is."""
    found = _FOUND.match(message)
    if found is None:
        return message
    field = found["field"]
    option = "--" + _OPTIONS.get(field, field).replace("_", "-")
    if found["side"] == ">=":
        return f"{option}: {'must not be empty' if found['length'] else found['limit'] + ' at least'}"
    unit = {"str": " characters", "array": " of them"}.get(found["kind"], "")
    return f"{option}: {found['limit']}{unit} at most"
