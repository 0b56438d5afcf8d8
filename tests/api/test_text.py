"""The sanitiser: nothing that a terminal obeys comes through, everything that people write does."""

from __future__ import annotations

import unicodedata

import pytest

from tonearm_api.text import MAX_CHARACTERS, clock_text, safe_text, safe_tree, steady_text

HOSTILE = [
    "\x1b[2J\x1b[H",
    "\x1b]52;c;aGk=\x07",
    "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    "\x1bP$q\x1b\\",
    "\x9b31mred",
    "\u202egpj.exe",
    "\u2066isolate\u2069",
    "a\x00b",
    "a\u200bb\ufeffc",
    "line\nbreak\r\ttab",
    "\u2028\u2029",
    "\ud800",
    "\ue000private",
    "\x07\x08\x7f",
]
FORBIDDEN = {"Cc", "Cs", "Co", "Zl", "Zp"}
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_terminal_obeys_comes_through(text: str) -> None:
    safe = safe_text(text)

    assert not {unicodedata.category(character) for character in safe} & FORBIDDEN
    assert not set(safe) & BIDI


@pytest.mark.parametrize(
    "text",
    [
        "Kestrel Letters",
        "Яблоко",
        "静かな部屋",
        "שלום עולם",
        "مرحبا",
        "می\u200cخواهم",
        "👩\u200d🚀",
        "Ångström",
        "[/b] [TODO]",
        "한국어",
    ],
)
def test_what_people_write_stays(text: str) -> None:
    assert text == safe_text(text)


def test_escape_is_made_visible() -> None:
    assert safe_text("a\x1b[31mb") == "a␛[31mb"


def test_letters_are_composed() -> None:
    assert safe_text("e\u0301") == "é"


def test_piles_of_accents_are_cut() -> None:
    assert len(safe_text("Z" + "\u0300" * 500)) <= 5


def test_very_long_text_is_cut() -> None:
    safe = safe_text("x" * 1_000_000)

    assert (len(safe), safe[-1]) == (MAX_CHARACTERS, "…")


def test_a_tree_is_made_safe_to_its_leaves() -> None:
    tree = {"a\x1b": ["x\x1b", {"b": "\u202ey"}, 1, None, True, 0.5]}

    assert safe_tree(tree) == {"a␛": ["x␛", {"b": "y"}, 1, None, True, 0.5]}


@pytest.mark.parametrize(
    ("duration_ms", "shown"),
    [(None, "?"), (0, "0:00"), (59_999, "0:59"), (187_000, "3:07"), (3_723_000, "1:02:03"), (-5, "0:00")],
)
def test_a_length_reads_as_on_a_player(duration_ms: int | None, shown: str) -> None:
    assert shown == clock_text(duration_ms, unknown="?")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("👩‍👩‍👧‍👦 family", "👩 family"),
        ("🧑🏽‍🚀🏴‍☠️", "🧑🏴"),
        ("vive 🇫🇷!", "vive FR!"),
        ("❤️ 1️⃣", "❤ 1"),
        ("क्\u200dष می\u200cخواهم", "क्\u200dष می\u200cخواهم"),
    ],
)
def test_on_a_line_of_cells_emoji_are_as_wide_as_every_terminal_draws_them(text: str, shown: str) -> None:
    assert shown == steady_text(text)
