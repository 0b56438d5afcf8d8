"""Search through the front door, and the words it makes of what people type."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.audio import make_audio
from tests.postgres import Backend
from tests.support import upload

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, EditTrack, Visibility
from tonearm_server.audio.types import AudioTags
from tonearm_server.library.words import as_typed, fts5_query, ts_query, words_of
from tonearm_server.search.spelling import slips

pytestmark = pytest.mark.db

LIBRARY = [
    ("Locomotion", "John Coltrane", "Blue Train"),
    ("Café del Mar", "Energy 52", "Ibiza"),
    ("東京の夜", "静かな部屋", "夜景"),
    ("Зимний вечер", "Кобальт", "Север"),
    ("T.N.T.", "AC/DC", '100% "Live"'),
    ("שָׁלוֹם", "זמר", "אלבום"),
    ("Ёлка", "Σωκράτης", "Κόσμος"),
    ("ﬁne x²", "Björk", "Straße"),
    ("गाँव हिन्दी", "노래", "ガラス"),
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
        ("שלו", "שָׁלוֹם"),
        ("елка", "Ёлка"),
        ("ΣΩΚΡΆΤΗΣ", "Ёлка"),
        ("σωκρατησ", "Ёлка"),
        ("fine x2", "ﬁne x²"),
        ("jork", "ﬁne x²"),
        ("STRASSE bjo", "ﬁne x²"),
        ("गाँव", "गाँव हिन्दी"),
        ("노", "गाँव हिन्दी"),
        ("カラス", None),
        ("locomtoi", "Locomotion"),
        ("xocomotion", "Locomotion"),
        ("coltrain locomotion", "Locomotion"),
        ("зимнй вчер", "Зимний вечер"),
        ("tnx", None),
    ],
)
async def test_what_people_type_finds_the_track(owner: Client, library: None, typed: str, title: str | None) -> None:
    assert ([title] if title else []) == [track.title for track in (await owner.search(typed)).tracks]


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


async def test_a_slip_in_an_album_or_artist_is_forgiven_too(owner: Client, library: None) -> None:
    found = await owner.search("coltrnae")

    assert [artist.name for artist in found.artists] == ["John Coltrane"]
    assert [album.title for album in found.albums] == ["Blue Train"]


async def test_what_is_edited_or_deleted_is_not_found_by_its_old_name(
    owner: Client, other: Client, tmp_path: Path
) -> None:
    path = make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=1.7, tags=AudioTags(title="Zephyrus"))
    track = await upload(owner, path)

    await owner.edit_track(EditTrack(id=track.id, title="Boreas"))
    edited = [[t.title for t in (await owner.search(typed)).tracks] for typed in ("zephyr", "ephyrus", "boraes")]
    await owner.edit_track(EditTrack(id=track.id, visibility=Visibility.PRIVATE))
    seen_by_other = (await other.search("boraes")).tracks
    await owner.delete_track(track.id)
    deleted = (await owner.search("boraes")).tracks

    assert edited == [[], [], ["Boreas"]]
    assert (seen_by_other, deleted) == ([], [])


@pytest.mark.parametrize(
    ("typed", "sqlite", "postgres"),
    [
        ("love su", '("love") AND ("su" *)', "('love') & ('su':*)"),
        ('say "hi"', '("say") AND ("hi" *)', "('say') & ('hi':*)"),
        ("a-b'", '("a") AND ("b" *)', "('a') & ('b':*)"),
    ],
)
def test_words_are_quoted_and_the_last_is_a_beginning(typed: str, sqlite: str, postgres: str) -> None:
    terms = as_typed(words_of(typed))

    assert (sqlite, postgres) == (fts5_query(terms), ts_query(terms))


@pytest.mark.parametrize(
    ("typed", "meant", "whole", "beginning"),
    [("river", "river", 0, 0), ("rvier", "river", 1, 1), ("riv", "river", 2, 0), ("", "ab", 2, 0), ("abc", "", 3, 3)],
)
def test_slips_are_counted(typed: str, meant: str, whole: int, beginning: int) -> None:
    assert (whole, beginning) == (slips(typed, meant), slips(typed, meant, is_beginning=True))
