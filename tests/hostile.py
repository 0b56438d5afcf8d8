"""Texts of strangers: one table for every test that says no program obeys them (issue 3; security.md T21, T22).

`upload_hostile` puts each into every tag of a real file and through the real server.
"""

from __future__ import annotations

import asyncio
import unicodedata
from pathlib import Path
from typing import Any

from tests.audio import make_audio
from tests.support import upload
from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, Track
from tonearm_server.audio.types import AudioTags

HTML = {
    "image": "<img src=x onerror=alert(1)>",
    "script": "</script><script>alert(2)</script>",
    "attribute": "\" autofocus onfocus=alert(3) x='",
    "drawing": "<svg/onload=alert(4)>",
    "entity": "&lt;b&gt; &amp; &#x202e;",
    "template": "{{7*7}} ${7*7} {% raw %}",
    "address": "javascript:alert(5)//",
}
MARKUP = {
    "closing tag": "x [/oops] y",
    "click": "[@click=app.quit]press me[/]",
    "brackets": "Song [Remix] (Live)",
    "unclosed": "[b",
    "bold": "[bold red]markup[/oops]",
    "link": "[link=http://evil.example]free[/link]",
}
ESCAPES = {
    "clear the screen": "\x1b[2J\x1b[Hgone",
    "window title": "\x1b]0;owned\x07escape",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07copied",
    "hyperlink": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "report": "\x1b[6n\x1b[c\x1b]10;?\x07asked",
    "eight-bit": "\x9b2J\x90q\x9ceight",
    "bell and back": "ring\x07\x08\x08\x7fback",
}
DECEIT = {
    "override": "\u202egnp.exe\u2066 bidi\u2069\u202c",
    "marks of direction": "a\u200eb\u200fc\u061cd",
    "invisible": "in\u200bvis\u2060ib\ufeffle",
    "tagged": "flag\U000e0041\U000e0042",
    "marks": "z" + "\u0300" * 200,
    "private": "\ue000\U000f0000private",
}
SHAPES = {
    "lines": "one\ntwo\r\nthree\ttab\u2028four\u2029five",
    "nul": "before\x00after",
    "wide": "東京の夜、静かな雨" * 8,
    "right to left": "شارع الليل والنهار",
    "joined": "👩‍👩‍👧‍👦 family",
    "long": "A" * 1_000_000,
    "nothing": "",
    "blank": "\u200b\u2060\ufeff",
}
TEXTS = HTML | MARKUP | ESCAPES | DECEIT | SHAPES

MAX_STORED = 500
"""Characters of a tag that the server keeps."""

_ORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def controls(text: str) -> list[str]:
    """What of `text` a terminal would obey, line ends and tabs among it."""
    return [character for character in text if unicodedata.category(character) in {"Cc", "Zl", "Zp"}]


def orders(text: str) -> list[str]:
    """The same, and what would reorder its neighbours: neither may be on a screen."""
    return [*controls(text), *(character for character in text if character in _ORDERING)]


def strings(value: Any) -> list[str]:  # Any: decoded JSON
    """Every string in it."""
    match value:
        case str():
            return [value]
        case list():
            return [text for item in value for text in strings(item)]
        case dict():
            return [text for item in value.values() for text in strings(item)]
        case _:
            return []


def hostile_file(folder: Path, name: str) -> Path:
    """A second of sound with that text in every tag; longer ones only in the title, lest the tags be refused."""
    text = TEXTS[name]
    short = text[:2_000]
    tags = AudioTags(title=text, artists=[short], album=short, album_artist=short + "!", genres=[short])
    path = folder / f"{list(TEXTS).index(name)}.flac"
    return make_audio(path, format=AudioFormat.FLAC, tags=tags)


async def upload_hostile(client: Client, folder: Path) -> dict[str, Track]:
    """Every text as a track of the library, by name, in the order of the table. Doing it again changes nothing."""
    paths = {name: hostile_file(folder, name) for name in TEXTS}
    tracks = await asyncio.gather(*(upload(client, path) for path in paths.values()))
    return dict(zip(paths, tracks, strict=True))
