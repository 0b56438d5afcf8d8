"""Search through the front door, and the words it makes of what people type."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.audio import make_audio
from tests.postgres import Backend
from tests.support import upload

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat
from tonearm_server.audio.types import AudioTags
from tonearm_server.library.words import fts5_query, words_of

pytestmark = pytest.mark.db

LIBRARY = [
    ("Locomotion", "John Coltrane", "Blue Train"),
    ("Café del Mar", "Energy 52", "Ibiza"),
    ("東京の夜", "静かな部屋", "夜景"),
    ("Зимний вечер", "Кобальт", "Север"),
    ("T.N.T.", "AC/DC", '100% "Live"'),
    ("שלום", "זמר", "אלבום"),
]


@pytest.fixture(scope="module")
def made(backend: Backend) -> set[str]:
    return set()


@pytest.fixture
async def library(owner: Client, made: set[str], tmp_path: Path) -> None:
    for number, (title, artist, album) in enumerate(LIBRARY):
        if title not in made:
            tags = AudioTags(title=title, artists=[artist], album=album)
            path = make_audio(
                tmp_path / f"{number}.flac", format=AudioFormat.FLAC, seconds=0.3 + number / 10, tags=tags
            )
            await upload(owner, path)
            made.add(title)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("loco", "Locomotion"),
        ("LOCOMOTION", "Locomotion"),
        ("coltrane loc", "Locomotion"),
        ("comotio", "Locomotion"),
        ("locomtion", "Locomotion"),
        ("cafe", "Café del Mar"),
        ("CAFÉ mar", "Café del Mar"),
        ("東京", "東京の夜"),
        ("夜", "東京の夜"),
        ("зимн", "Зимний вечер"),
        ("AC/DC", "T.N.T."),
        ("שלו", "שלום"),
    ],
)
async def test_what_people_type_finds_the_track(owner: Client, library: None, typed: str, title: str) -> None:
    assert [title] == [track.title for track in (await owner.search(typed)).tracks]


@pytest.mark.parametrize(
    "typed", ['"', "AND", "OR NOT", "a-b", "foo(", "c++", "*", "''; --", "NEAR(a b)", "col:x", "%", "_", "\x00", "🎵"]
)
async def test_what_means_something_to_the_index_means_nothing_here(owner: Client, library: None, typed: str) -> None:
    result = await owner.search(typed)

    assert await owner.search(" ".join(words_of(typed))) == result


async def test_albums_and_artists_are_found_with_their_counts(owner: Client, library: None) -> None:
    by_artist, by_album = await owner.search("coltr"), await owner.suggest("blue tr")

    assert [(artist.name, artist.tracks) for artist in by_artist.artists] == [("John Coltrane", 1)]
    assert [(a.title, a.artist, a.tracks) for a in by_album.albums] == [("Blue Train", "John Coltrane", 1)]


async def test_nothing_typed_finds_nothing(owner: Client, library: None) -> None:
    result = await owner.search("  ")

    assert (result.tracks, result.albums, result.artists) == ([], [], [])


@pytest.mark.parametrize(
    ("typed", "query"),
    [("love su", '"love" "su"*'), ('say "hi"', '"say" "hi"*'), ("a-b", '"a" "b"*')],
)
def test_words_are_quoted_and_the_last_is_a_beginning(typed: str, query: str) -> None:
    assert query == fts5_query(words_of(typed))
