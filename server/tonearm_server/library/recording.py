"""Tags to rows: a track with its artists, album and genres, found or made.

Runs inside the caller's transaction, which is alone: names are shared, and the last track takes them along.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
from msgspec import UNSET
from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_api.library import EditTrack
from tonearm_server.kit.db import execute
from tonearm_server.library.indexing import album_text, forget_words, index, track_text, words_of_track
from tonearm_server.library.models import Album, Artist, Track, TrackArtist, TrackGenre
from tonearm_server.library.names import joined, name_key, shelf_key, sort_key

_DESCRIPTIVE = (
    "title",
    "artist",
    "artists",
    "album_id",
    "album_title",
    "album_artist",
    "genre",
    "genres",
    "year",
    "track_number",
    "disc_number",
    "title_sort",
    "artist_sort",
)
"""All that a description changes: a whole-row save would undo what others count and decide meanwhile."""

_UNUSED_ALBUM = """
    DELETE FROM album WHERE row_id = ? AND NOT EXISTS (SELECT 1 FROM track t WHERE t.album_id = album.row_id)
"""
_UNUSED_ARTIST = """
    DELETE FROM artist WHERE row_id = ? AND NOT EXISTS (SELECT 1 FROM track_artist c WHERE c.artist_id = artist.row_id)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """What a track is called, from its tags or a person's edit."""

    title: str
    artists: list[str]
    album: str | None
    album_artist: str | None
    genres: list[str]
    year: int | None
    track_number: int | None
    disc_number: int | None


async def describe(row: Track, description: Description, *, connection: BaseDBAsyncClient) -> None:
    """Write the description to a saved row: its columns, its album, its credits and genres."""
    artist = joined(description.artists)
    row.title = description.title
    row.artist = artist
    row.artists = msgspec.json.encode(description.artists).decode()
    row.album_title = description.album
    row.album_artist = description.album_artist
    row.genre = joined(description.genres)
    row.genres = msgspec.json.encode(description.genres).decode()
    row.year = description.year
    row.track_number = description.track_number
    row.disc_number = description.disc_number
    row.title_sort = sort_key(description.title)
    row.artist_sort = shelf_key(
        artist=description.album_artist or artist,
        album=description.album,
        disc_number=description.disc_number,
        track_number=description.track_number,
    )
    row.album_id = await _find_or_make_album(description, connection=connection)
    await row.save(using_db=connection, update_fields=_DESCRIPTIVE)
    text = track_text(row.title, row.artist, row.album_title)
    await index("track", [(row.row_id, text)], connection=connection)
    await _write_credits(row, description.artists, connection=connection)
    await _write_genres(row, description.genres, connection=connection)


async def write_edit(row: Track, wanted: EditTrack, *, connection: BaseDBAsyncClient) -> None:
    """Apply the fields of an edit that are present."""
    present = {name: value for name in wanted.__struct_fields__ if (value := getattr(wanted, name)) is not UNSET}
    visibility = present.pop("visibility", None)
    if visibility is not None:
        row.visibility = visibility.value
        await row.save(using_db=connection, update_fields=["visibility"])
    present.pop("id")
    if present:
        before = await names_of(row, connection=connection)
        await describe(row, replace(description_of(row), **present), connection=connection)
        await forget_unused(before, connection=connection)


@dataclass(frozen=True, slots=True)
class Names:
    """The rows that a track points at, and the words that it is found by."""

    album_id: int | None
    artist_ids: list[int]
    words: set[str]


async def names_of(row: Track, *, connection: BaseDBAsyncClient) -> Names:
    credits_ = await TrackArtist.filter(track_id=row.row_id).using_db(connection)
    words = await words_of_track(row.row_id, connection=connection)
    return Names(row.album_id, [int(credit.artist_id) for credit in credits_], words)


async def forget_unused(names: Names, *, connection: BaseDBAsyncClient) -> None:
    """Delete those that no track names any more: they would take up room among search candidates."""
    if names.album_id is not None:
        await execute(connection, _UNUSED_ALBUM, [names.album_id])
    for artist_id in names.artist_ids:
        await execute(connection, _UNUSED_ARTIST, [artist_id])
    await forget_words(names.words, connection=connection)


def description_of(row: Track) -> Description:
    return Description(
        title=row.title,
        artists=msgspec.json.decode(row.artists, type=list[str]),
        album=row.album_title,
        album_artist=row.album_artist,
        genres=msgspec.json.decode(row.genres, type=list[str]),
        year=row.year,
        track_number=row.track_number,
        disc_number=row.disc_number,
    )


async def _find_or_make_album(description: Description, *, connection: BaseDBAsyncClient) -> int | None:
    if description.album is None:
        return None
    artist = description.album_artist or joined(description.artists)
    album, is_new = await Album.get_or_create(
        using_db=connection,
        title_key=name_key(description.album),
        artist_key=name_key(artist),
        defaults={"title": description.album, "artist": artist},
    )
    if is_new:
        await index("album", [(album.row_id, album_text(album.title, album.artist))], connection=connection)
    return int(album.row_id)


async def _write_credits(row: Track, names: list[str], *, connection: BaseDBAsyncClient) -> None:
    await TrackArtist.filter(track_id=row.row_id).using_db(connection).delete()
    for key, name in {name_key(name): name for name in names if name_key(name)}.items():
        artist, is_new = await Artist.get_or_create(using_db=connection, name_key=key, defaults={"name": name})
        if is_new:
            await index("artist", [(artist.row_id, artist.name)], connection=connection)
        await TrackArtist.create(using_db=connection, track_id=row.row_id, artist_id=artist.row_id)


async def _write_genres(row: Track, names: list[str], *, connection: BaseDBAsyncClient) -> None:
    await TrackGenre.filter(track_id=row.row_id).using_db(connection).delete()
    keys = {name_key(name) for name in names if name_key(name)}
    rows = [TrackGenre(track_id=row.row_id, name_key=key) for key in sorted(keys)]
    await TrackGenre.bulk_create(rows, using_db=connection)
