"""A catalogue into storage and tables: bytes first, then every row in one transaction, in batches.

A crash on the way leaves bytes that nobody names, which a server collects, and no row.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_api.errors import Conflict
from tonearm_api.library import AudioFormat, TrackState
from tonearm_server.auth.models import User
from tonearm_server.kit.db import Value, execute_many, fetch, transaction
from tonearm_server.library.indexing import album_text, index, track_text
from tonearm_server.library.names import joined, name_key, shelf_key, sort_key
from tonearm_server.storage.base import audio_key
from tonearm_server.synth.catalogue import Catalogue, Song
from tonearm_server.synth.sounds import Sound, make_sounds, sha256_of

_BATCH = 1000
"""Tracks at a time: what is in memory at once."""

_PERSON = """
    INSERT INTO user_account (id, email, email_key, name, password_hash, is_admin, created_at_ms)
    VALUES (?, ?, ?, ?, ?, FALSE, ?)
"""
_ANALYSIS = """
    INSERT INTO audio_analysis (sha256, waveform, loudness_lufs, true_peak_dbtp, fingerprint)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_ARTIST = "INSERT INTO artist (name, name_key) VALUES (?, ?) ON CONFLICT DO NOTHING"
_ALBUM = "INSERT INTO album (title, artist, title_key, artist_key) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_TRACK = """
    INSERT INTO track (
        id, owner_id, sha256, state, visibility, uploaded_at_ms, title, artist, artists, album_id, album_title,
        album_artist, genre, genres, year, track_number, title_sort, artist_sort, format, size_bytes, duration_ms,
        bitrate_bps, sample_rate_hz, channels, likes, plays
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_CREDIT = "INSERT INTO track_artist (track_id, artist_id) VALUES (?, ?)"
_GENRE = "INSERT INTO track_genre (track_id, name_key) VALUES (?, ?)"
_LIKE = "INSERT INTO track_like (user_id, track_id, liked_at_ms) VALUES (?, ?, ?)"
_PLAY = """
    INSERT INTO play (user_id, track_id, play_id, started_at_ms, listened_ms, counted) VALUES (?, ?, ?, ?, ?, ?)
"""
_LAST_TRACK = "SELECT coalesce(max(row_id), 0) AS last FROM track"
_NEW_TRACKS = "SELECT id, row_id FROM track WHERE row_id > ? ORDER BY row_id"
_ARTISTS = "SELECT name_key, row_id FROM artist"
_ALBUMS = "SELECT title_key, artist_key, row_id FROM album"


class Filled(NamedTuple):
    """How many rows were added."""

    tracks: int
    people: int
    likes: int
    plays: int


class _Blob(NamedTuple):
    sha256: str
    size_bytes: int


_Blobs = dict[tuple[AudioFormat, int], _Blob]


async def fill(catalogue: Catalogue, *, blobs_folder: Path, ffmpeg: Path | None, password_hash: str) -> Filled:
    """Write the library. The database is open, nobody else uses it. Raises Conflict where this seed's is there."""
    if await User.filter(email_key=catalogue.people[0].email).exists():
        raise Conflict(f"The library of seed {catalogue.seed} is here already: take another --seed")
    sounds = await make_sounds(ffmpeg=ffmpeg)
    wanted = {(song.format, song.sound) for song in catalogue.songs()}
    blobs = await asyncio.to_thread(_write_blobs, wanted, sounds, blobs_folder)
    async with transaction(alone=True) as connection:
        first_ms = next(iter(catalogue.songs())).uploaded_at_ms
        people = [(p.id, p.email, p.email, p.name, password_hash, first_ms) for p in catalogue.people]
        await execute_many(connection, _PERSON, people)
        await execute_many(connection, _ANALYSIS, (_analysis(key, blob, sounds) for key, blob in blobs.items()))
        names = await _write_names(connection, catalogue)
        likes = plays = 0
        for batch in _batches(catalogue.songs()):
            await _write_tracks(connection, batch, names=names, blobs=blobs, sounds=sounds)
            likes += sum(len(song.liked_by) for song in batch)
            plays += sum(len(song.plays) for song in batch)
    return Filled(tracks=catalogue.size, people=len(people), likes=likes, plays=plays)


def _write_blobs(wanted: Iterable[tuple[AudioFormat, int]], sounds: dict[AudioFormat, Sound], folder: Path) -> _Blobs:
    """One sync of the system for all files together: one for each would take minutes."""
    blobs = {}
    for audio_format, number in sorted(wanted):
        content = sounds[audio_format].numbered(number)
        blob = _Blob(sha256_of(content), len(content))
        path = folder / audio_key(blob.sha256)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(content)
            path.chmod(0o400)
        blobs[audio_format, number] = blob
    os.sync()
    return blobs


def _analysis(key: tuple[AudioFormat, int], blob: _Blob, sounds: dict[AudioFormat, Sound]) -> tuple[Value, ...]:
    found = sounds[key[0]].analysis
    return blob.sha256, found.waveform, found.loudness_lufs, found.true_peak_dbtp, found.fingerprint


class _Names(NamedTuple):
    """Row ids by the keys that make a name one."""

    artists: dict[str, int]
    albums: dict[tuple[str, str], int]


async def _write_names(connection: BaseDBAsyncClient, catalogue: Catalogue) -> _Names:
    artists: dict[str, str] = {}
    albums: dict[tuple[str, str], tuple[str, str]] = {}
    for song in catalogue.songs():
        for artist in song.artists:
            artists.setdefault(name_key(artist), artist)
        albums.setdefault((name_key(song.album), name_key(song.album_artist)), (song.album, song.album_artist))
    await execute_many(connection, _ARTIST, ((name, key) for key, name in artists.items()))
    await execute_many(connection, _ALBUM, ((*shown, *keys) for keys, shown in albums.items()))
    names = _Names(
        artists={row["name_key"]: row["row_id"] for row in await fetch(connection, _ARTISTS)},
        albums={(row["title_key"], row["artist_key"]): row["row_id"] for row in await fetch(connection, _ALBUMS)},
    )
    await index("artist", ((names.artists[key], name) for key, name in artists.items()), connection=connection)
    titles = ((names.albums[keys], album_text(*shown)) for keys, shown in albums.items())
    await index("album", titles, connection=connection)
    return names


async def _write_tracks(
    connection: BaseDBAsyncClient,
    batch: list[Song],
    *,
    names: _Names,
    blobs: _Blobs,
    sounds: dict[AudioFormat, Sound],
) -> None:
    """The batch's tracks, and then what points at them, whose ids the database has given meanwhile."""
    (before,) = await fetch(connection, _LAST_TRACK)
    tracks = [_track(song, blobs[song.format, song.sound], sounds[song.format], names) for song in batch]
    await execute_many(connection, _TRACK, tracks)
    new = await fetch(connection, _NEW_TRACKS, [before["last"]])
    row_ids = {row["id"]: row["row_id"] for row in new}
    placed = [(song, row_ids[song.id]) for song in batch]
    texts = ((row_id, track_text(song.title, joined(song.artists), song.album)) for song, row_id in placed)
    await index("track", texts, connection=connection)
    credits_ = ((row_id, names.artists[key]) for song, row_id in placed for key in _keys(song.artists))
    await execute_many(connection, _CREDIT, credits_)
    await execute_many(connection, _GENRE, ((row_id, key) for song, row_id in placed for key in _keys(song.genres)))
    likes = ((person.id, row_id, at_ms) for song, row_id in placed for person, at_ms in song.liked_by)
    await execute_many(connection, _LIKE, likes)
    await execute_many(connection, _PLAY, (play for song, row_id in placed for play in _plays(song, row_id, sounds)))


def _track(song: Song, blob: _Blob, sound: Sound, names: _Names) -> tuple[Value, ...]:
    return (
        song.id,
        song.owner.id,
        blob.sha256,
        TrackState.READY.value,
        song.visibility.value,
        song.uploaded_at_ms,
        song.title,
        joined(song.artists),
        msgspec.json.encode(song.artists).decode(),
        names.albums[name_key(song.album), name_key(song.album_artist)],
        song.album,
        song.album_artist,
        joined(song.genres),
        msgspec.json.encode(song.genres).decode(),
        song.year,
        song.track_number,
        sort_key(song.title),
        shelf_key(artist=song.album_artist, album=song.album, disc_number=None, track_number=song.track_number),
        song.format.value,
        blob.size_bytes,
        sound.analysis.duration_ms,
        sound.header.bitrate_bps,
        sound.header.sample_rate_hz,
        sound.header.channels,
        len(song.liked_by),
        sum(play.is_counted for play in song.plays),
    )


def _plays(song: Song, row_id: int, sounds: dict[AudioFormat, Sound]) -> Iterator[tuple[Value, ...]]:
    duration_ms = sounds[song.format].analysis.duration_ms
    for play in song.plays:
        listened_ms = duration_ms if play.is_counted else duration_ms // 4
        yield play.person.id, row_id, play.play_id, play.started_at_ms, listened_ms, play.is_counted


def _keys(names: Sequence[str]) -> set[str]:
    return {name_key(name) for name in names}


def _batches(songs: Iterator[Song]) -> Iterator[list[Song]]:
    while batch := list(itertools.islice(songs, _BATCH)):
        yield batch
