"""Tags of strangers on every screen: drawn as they are, obeyed by nobody (security.md T21, T22)."""

from __future__ import annotations

import unicodedata

import pytest
from rich.cells import cell_len
from tests.tui.fakes import FakeLibrary, make_track
from tests.tui.harness import SMALL, WIDE, Opened, opened

from tonearm_api.errors import Unavailable
from tonearm_api.library import Track, Uploader
from tonearm_api.text import safe_text

NASTY = {
    "closing tag": "x [/oops] y",
    "click": "[@click=app.quit]press me[/]",
    "brackets": "Song [Remix] (Live)",
    "unclosed": "[b",
    "link": "[link=http://evil.example]free[/link]",
    "clear the screen": "\x1b[2J\x1b[Hgone",
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "eight-bit": "\x9b2J\x90q\x9c",
    "override": "\u202eevil\u202c \u2066x\u2069",
    "wide": "東京の夜、静かな雨" * 8,
    "right to left": "شارع الليل والنهار",
    "joined": "👩‍👩‍👧‍👦 family",
    "marks": "z" + "\u0300" * 200,
    "lines": "one\ntwo\r\nthree\ttab",
    "nothing": "",
    "blank": "\u200b\u2060\ufeff",
    "long": "A" * 1_000_000,
}


def hostile_library(*texts: str) -> FakeLibrary:
    """A track each whose every text is that one, made safe as the client does on arrival."""
    return FakeLibrary([hostile_track(number, safe_text(text)) for number, text in enumerate(texts, 1)])


def hostile_track(number: int, text: str) -> Track:
    return make_track(
        number,
        title=text,
        artist=text,
        artists=[text, text],
        album=text,
        album_artist=text + "!",
        genres=[text],
        uploaded_by=Uploader(id="u1", name=text),
    )


def assert_inert(screen: Opened) -> None:
    """Nothing that a terminal obeys, and every line exactly as wide as the screen."""
    width = screen.app.size.width
    for line in screen.lines:
        assert not [character for character in line if unicodedata.category(character) in {"Cc", "Zl", "Zp"}]
        assert "\u202e" not in line
        assert cell_len(line) == width


@pytest.mark.parametrize("size", [SMALL, WIDE, (40, 10)])
async def test_hostile_texts_are_inert_on_every_screen(size: tuple[int, int]) -> None:
    async with opened(hostile_library(*NASTY.values()), size=size) as screen:
        for _ in NASTY:
            await screen.play()
            assert_inert(screen)
            await screen.press("j")

        for _ in NASTY if size == SMALL else ():
            await screen.press("i")
            assert_inert(screen)
            await screen.press("escape", "k")

        await screen.press("a")
        assert_inert(screen)

        await screen.press("3", "d")
        assert_inert(screen)
        await screen.press("1", "slash", "e")
        await screen.until(lambda: "search e" in screen.library.requests)
        assert_inert(screen)


@pytest.mark.parametrize("name", ["closing tag", "brackets", "unclosed", "click"])
async def test_brackets_are_shown_and_not_read_as_markup(name: str) -> None:
    text = NASTY[name]
    async with opened(hostile_library(text), size=WIDE) as screen:
        await screen.play()
        assert text[:20] in screen.lines[2]
        assert text in screen.lines[-2]
        await screen.press("a")
        assert f"Queued: {text}" in screen.lines[-1]

        await screen.press("i")

        assert sum(text in line for line in screen.lines) >= 4


async def test_a_hostile_error_of_the_server_is_inert_too() -> None:
    async with opened(hostile_library("x")) as screen:
        screen.library.error = Unavailable(safe_text("[/b] \x1b[2J [@click=app.quit]now[/]"))

        await screen.press("2")
        await screen.until(lambda: "did not work" in screen.text)

        assert "[/b]" in screen.text
        assert_inert(screen)
