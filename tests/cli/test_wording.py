"""A faulty request is told in the words of the command line, from the messages that msgspec really writes."""

from __future__ import annotations

import msgspec
import pytest

from tonearm_api.library import EditTrack
from tonearm_cli.wording import plain_words


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("year", 10_000, "--year: 9999 at most"),
        ("disc_number", -1, "--disc: 1 at least"),
        ("title", "", "--title: must not be empty"),
        ("album_artist", "x" * 501, "--album-artist: 500 characters at most"),
        ("artists", ["x" * 501], "--artist: 500 characters at most"),
        ("genres", ["x"] * 51, "--genre: 50 of them at most"),
    ],
)
def test_plain_words(field: str, value: object, told: str) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert({"id": "a", field: value}, type=EditTrack)

    assert told == plain_words(str(raised.value))


def test_a_message_of_another_form_stays() -> None:
    assert plain_words("Something else") == "Something else"
