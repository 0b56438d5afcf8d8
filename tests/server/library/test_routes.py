"""Browsing and changing tracks through the front door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from tests.audio import make_audio
from tests.postgres import Backend
from tests.support import RunningServer, raw, upload

from tonearm_api.client import Client
from tonearm_api.errors import Forbidden, Invalid, NotFound
from tonearm_api.library import AudioFormat, EditTrack, ListTracks, Sort, Track, Visibility
from tonearm_api.plays import NewPlay
from tonearm_server.audio.types import AudioTags

pytestmark = pytest.mark.db

NAMES = ["The Kestrel", "Émile", "ärger", "Zebra", "Яблоко", "東京", "apple"]


@pytest.fixture(scope="module")
def library(backend: Backend) -> dict[str, Track]:
    return {}


@pytest.fixture
async def tracks(owner: Client, library: dict[str, Track], tmp_path: Path) -> dict[str, Track]:
    """Seven tracks by two artists, uploaded once for the module."""
    for number, name in enumerate(NAMES):
        if name not in library:
            tags = AudioTags(
                title=name,
                artists=["The Meridian Waves"] if number % 2 else ["Lumen"],
                album="Signals" if number < 4 else None,
                genres=["Dub Techno"] if number < 3 else [],
                track_number=number + 1,
            )
            path = make_audio(
                tmp_path / f"{number}.flac", format=AudioFormat.FLAC, seconds=0.5 + number / 10, tags=tags
            )
            library[name] = await upload(owner, path)
    return library


async def titles(client: Client, request: ListTracks) -> list[str]:
    return [track.title for track in (await client.list_tracks(request)).items]


async def test_recent_is_the_order_of_upload_backwards(owner: Client, tracks: dict[str, Track]) -> None:
    assert NAMES[::-1] == await titles(owner, ListTracks())


async def test_titles_sort_without_case_accents_and_articles(owner: Client, tracks: dict[str, Track]) -> None:
    expected = ["apple", "ärger", "Émile", "The Kestrel", "Zebra", "Яблоко", "東京"]
    assert expected == await titles(owner, ListTracks(sort=Sort.TITLE))


async def test_artists_sort_as_a_shelf(owner: Client, tracks: dict[str, Track]) -> None:
    expected = ["東京", "apple", "The Kestrel", "ärger", "Яблоко", "Émile", "Zebra"]
    found = await titles(owner, ListTracks(sort=Sort.ARTIST))
    assert sorted(expected) == sorted(found)
    lumens = [title for title in found if tracks[title].artist == "Lumen"]
    assert found[: len(lumens)] == lumens


async def test_an_album_comes_in_its_own_order(owner: Client, tracks: dict[str, Track]) -> None:
    whole = await owner.list_tracks(ListTracks(album="Signals", artist="Lumen"))
    first = await owner.list_tracks(ListTracks(album="Signals", artist="Lumen", limit=1))
    rest = await owner.list_tracks(ListTracks(album="Signals", artist="Lumen", limit=1, cursor=first.next_cursor))

    numbers = [track.track_number for track in whole.items]
    assert sorted(numbers, key=lambda number: number or 0) == numbers
    assert [track.id for track in first.items + rest.items] == [track.id for track in whole.items][:2]


@pytest.mark.parametrize("sort", [Sort.RECENT, Sort.POPULAR, Sort.TITLE, Sort.ARTIST])
async def test_pages_together_are_the_whole_list(owner: Client, tracks: dict[str, Track], sort: Sort) -> None:
    found, cursor = [], None
    while True:
        page = await owner.list_tracks(ListTracks(sort=sort, cursor=cursor, limit=2))
        found += [track.title for track in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert await titles(owner, ListTracks(sort=sort)) == found


async def test_the_longest_title_does_not_end_the_list(owner: Client, tracks: dict[str, Track]) -> None:
    longest = "M" + "\N{MUSICAL SYMBOL G CLEF}" * 499
    before = tracks["Zebra"]
    await owner.edit_track(EditTrack(id=before.id, title=longest))

    try:
        everything = await titles(owner, ListTracks(sort=Sort.TITLE))
        until_there = await owner.list_tracks(ListTracks(sort=Sort.TITLE, limit=everything.index(longest) + 1))
        beyond = await owner.list_tracks(ListTracks(sort=Sort.TITLE, cursor=until_there.next_cursor or ""))
    finally:
        await owner.edit_track(EditTrack(id=before.id, title=before.title))

    assert until_there.items[-1].title == longest
    assert [track.title for track in beyond.items] == everything[everything.index(longest) + 1 :]


async def test_filters_narrow_the_list(owner: Client, tracks: dict[str, Track]) -> None:
    by_artist = await titles(owner, ListTracks(artist="the MERIDIAN waves"))
    by_album = await titles(owner, ListTracks(album="signals"))
    by_genre = await titles(owner, ListTracks(genre="dub techno"))
    by_words = await titles(owner, ListTracks(q="kest"))
    foreign = await titles(owner, ListTracks(mine=False))

    assert {"Émile", "Zebra", "東京"} == set(by_artist)
    assert set(NAMES[:4]) == set(by_album)
    assert set(NAMES[:3]) == set(by_genre)
    assert by_words == ["The Kestrel"]
    assert foreign == []


@pytest.mark.parametrize(
    "query",
    [
        "sort=password_hash",
        "limit=0",
        "limit=201",
        "limit=x",
        "owner__password__startswith=a",
        "liked=maybe",
        "limit=1&limit=2",
        "cursor=nonsense",
        "cursor=WyJ0aXRsZSIsIDEsIDJd",
        "cursor=%00",
    ],
)
async def test_a_faulty_query_is_422_and_names_the_field(owner: Client, query: str) -> None:
    async with raw(owner) as http:
        answer = await http.get(f"/api/v1/tracks?{query}")

    name = query.partition("=")[0]
    assert answer.status_code == 422
    assert [("query", f"/{name}")] == [(f["in"], f["pointer"]) for f in answer.json()["errors"]]


async def test_a_like_is_ones_own_and_its_count_everybodys(
    owner: Client, other: Client, tracks: dict[str, Track]
) -> None:
    track_id = tracks["Zebra"].id
    await other.like(track_id)
    await other.like(track_id)

    theirs, mine = await other.get_track(track_id), await owner.get_track(track_id)
    liked = await titles(other, ListTracks(liked=True))
    await other.unlike(track_id)
    await other.unlike(track_id)
    after = await other.get_track(track_id)

    assert (theirs.liked, theirs.likes, mine.liked, mine.likes) == (True, 1, False, 1)
    assert liked == ["Zebra"]
    assert (after.liked, after.likes) == (False, 0)


async def test_liked_is_sorted_by_when_it_was_liked(owner: Client, tracks: dict[str, Track]) -> None:
    for name in ("Zebra", "apple", "東京"):
        await owner.like(tracks[name].id)
        await asyncio.sleep(0.002)

    found = await titles(owner, ListTracks(sort=Sort.LIKED))
    first = await owner.list_tracks(ListTracks(sort=Sort.LIKED, limit=2))
    second = await owner.list_tracks(ListTracks(sort=Sort.LIKED, limit=2, cursor=first.next_cursor))

    assert ["東京", "apple", "Zebra"] == found == [track.title for track in first.items + second.items]


async def test_parallel_likes_count_once(owner: Client, other: Client, tracks: dict[str, Track]) -> None:
    track_id = tracks["Яблоко"].id

    await asyncio.gather(*(client.like(track_id) for client in (owner, other) for _ in range(20)))

    assert (await owner.get_track(track_id)).likes == 2


async def test_an_edit_changes_names_and_never_the_bytes(owner: Client, tracks: dict[str, Track]) -> None:
    before = tracks["apple"]

    after = await owner.edit_track(EditTrack(id=before.id, title="Pear", artists=["A", "B"], album=None, year=1999))

    assert (after.title, after.artist, after.artists, after.year) == ("Pear", "A, B", ["A", "B"], 1999)
    assert (after.size_bytes, after.genres) == (before.size_bytes, before.genres)
    assert [track.title for track in (await owner.search("pear")).tracks] == ["Pear"]
    assert (await owner.search("apple")).tracks == []
    await owner.edit_track(EditTrack(id=before.id, title="apple", artists=["Lumen"]))


async def test_others_may_not_change_a_track(other: Client, tracks: dict[str, Track]) -> None:
    with pytest.raises(Forbidden):
        await other.edit_track(EditTrack(id=tracks["apple"].id, title="mine now"))
    with pytest.raises(Forbidden):
        await other.delete_track(tracks["apple"].id)


@pytest.mark.parametrize("body", [{"owner_id": "x"}, {"plays": 99}, {"sha256": "0"}, {"title": ""}, {"id": "other"}])
async def test_fields_that_are_nobodys_to_write_are_refused(
    owner: Client, tracks: dict[str, Track], body: dict[str, object]
) -> None:
    async with raw(owner) as http:
        answer = await http.patch(f"/api/v1/tracks/{tracks['apple'].id}", json=body)

    assert answer.status_code == 422


@pytest.fixture
async def private(owner: Client, tracks: dict[str, Track]) -> AsyncIterator[Track]:
    track = tracks["ärger"]
    await owner.edit_track(EditTrack(id=track.id, visibility=Visibility.PRIVATE))
    yield track
    await owner.edit_track(EditTrack(id=track.id, visibility=Visibility.MEMBERS))


async def test_a_private_track_is_absent_from_every_list_and_search_of_others(
    owner: Client, other: Client, private: Track
) -> None:
    lists = [await other.list_tracks(ListTracks(sort=sort)) for sort in Sort]
    filtered = await other.list_tracks(ListTracks(q="ärger", album="Signals", genre="Dub Techno"))
    found = [await other.search("arger"), await other.suggest("arg"), await other.search("signals")]

    seen = {track.id for page in [*lists, filtered] for track in page.items}
    seen |= {track.id for result in found for track in result.tracks}
    assert private.id not in seen
    assert sum(album.tracks for album in found[2].albums) == 3
    assert private.id in {track.id for track in (await owner.list_tracks(ListTracks())).items}


async def test_a_private_track_cannot_be_opened_by_any_route(
    server: RunningServer, other: Client, private: Track
) -> None:
    base = f"/api/v1/tracks/{private.id}"
    play = {"play_id": "12345678", "started_at": "2026-11-24T06:00:00Z", "listened_ms": 1000}
    async with raw(other) as http:
        answers = [
            await http.get(base),
            await http.get(f"{base}/cover"),
            await http.get(f"{base}/waveform"),
            await http.put(f"{base}/like"),
            await http.delete(f"{base}/like"),
            await http.post(f"{base}/ticket"),
            await http.post(f"{base}/plays", json=play),
            await http.patch(base, json={"title": "x"}),
            await http.delete(base),
            await http.get(f"/stream/{private.id}"),
        ]
        missing = await http.get("/api/v1/tracks/nothing")

    assert {404} == {answer.status_code for answer in answers}
    assert {missing.json()["detail"]} == {answer.json()["detail"] for answer in answers}


async def test_a_deleted_track_is_gone_everywhere(owner: Client, tmp_path: Path) -> None:
    tags = AudioTags(title="Ephemeral", artists=["Nobody Else"], album="Short")
    track = await upload(owner, make_audio(tmp_path / "e.flac", format=AudioFormat.FLAC, seconds=0.4, tags=tags))

    await owner.delete_track(track.id)

    with pytest.raises(NotFound):
        await owner.get_track(track.id)
    result = await owner.search("ephemeral nobody")
    assert (result.tracks, result.albums, result.artists) == ([], [], [])
    assert (await owner.search("nobody else")).artists == []


async def test_a_track_without_cover_is_404(owner: Client, tracks: dict[str, Track]) -> None:
    async with raw(owner) as http:
        answer = await http.get(f"/api/v1/tracks/{tracks['apple'].id}/cover")

    assert answer.status_code == 404


async def test_a_cover_of_another_size_is_422(owner: Client, tracks: dict[str, Track]) -> None:
    async with raw(owner) as http:
        answer: httpx.Response = await http.get(f"/api/v1/tracks/{tracks['apple'].id}/cover?size=100000")

    assert answer.status_code == 422


async def test_a_cursor_of_another_order_is_refused(owner: Client, tracks: dict[str, Track]) -> None:
    page = await owner.list_tracks(ListTracks(sort=Sort.TITLE, limit=1))

    with pytest.raises(Invalid, match="another list"):
        await owner.list_tracks(ListTracks(sort=Sort.RECENT, limit=1, cursor=page.next_cursor))


async def test_an_edit_undoes_nothing_that_happens_meanwhile(owner: Client, tracks: dict[str, Track]) -> None:
    track = tracks["Zebra"]
    before = (await owner.get_track(track.id)).plays

    async def play(number: int) -> None:
        started_at = datetime(2026, 11, 24, tzinfo=UTC)
        await owner.report_play(
            NewPlay(id=track.id, play_id=f"meanwhile-{number}", started_at=started_at, listened_ms=60_000)
        )

    edits = [owner.edit_track(EditTrack(id=track.id, title="Zebra", year=2000 + n)) for n in range(20)]
    private = owner.edit_track(EditTrack(id=track.id, visibility=Visibility.PRIVATE))
    await asyncio.gather(*(play(n) for n in range(20)), *edits, private)

    after = await owner.edit_track(EditTrack(id=track.id, visibility=Visibility.MEMBERS))
    assert after.plays == before + 20
    assert (await owner.get_track(track.id)).visibility is Visibility.MEMBERS


async def test_a_private_edit_holds_against_parallel_edits(owner: Client, tracks: dict[str, Track]) -> None:
    track = tracks["Zebra"]
    for _ in range(5):
        edits = [owner.edit_track(EditTrack(id=track.id, year=2000 + n)) for n in range(4)]
        await asyncio.gather(owner.edit_track(EditTrack(id=track.id, visibility=Visibility.PRIVATE)), *edits)

        assert (await owner.get_track(track.id)).visibility is Visibility.PRIVATE
        await owner.edit_track(EditTrack(id=track.id, visibility=Visibility.MEMBERS))


async def test_very_many_names_are_cut_and_never_an_error(owner: Client, tracks: dict[str, Track]) -> None:
    names = [f"{number} " + "x" * 490 for number in range(20)]

    after = await owner.edit_track(EditTrack(id=tracks["apple"].id, artists=names, genres=names, album="Many"))

    assert after.artists == names
    assert len(after.artist) <= 500
    await owner.edit_track(EditTrack(id=tracks["apple"].id, artists=["Lumen"], genres=[], album=None))


async def test_names_that_no_track_has_any_more_are_not_found(owner: Client, tracks: dict[str, Track]) -> None:
    track_id = tracks["apple"].id
    for number in range(3):
        await owner.edit_track(EditTrack(id=track_id, album=f"Supreme {number}", artists=[f"Quartet {number}"]))

    found = await owner.search("supreme")
    artists = (await owner.search("quartet")).artists
    await owner.edit_track(EditTrack(id=track_id, album=None, artists=["Lumen"]))

    assert [album.title for album in found.albums] == ["Supreme 2"]
    assert [artist.name for artist in artists] == ["Quartet 2"]


async def test_a_body_of_very_many_faults_is_answered_shortly(owner: Client, tracks: dict[str, Track]) -> None:
    async with raw(owner) as http:
        answer = await http.patch(f"/api/v1/tracks/{tracks['apple'].id}", json={"artists": [1] * 200_000})

    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 100
