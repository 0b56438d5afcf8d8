"""Rows of tracks to wire types: the columns every list reads, and how they become a Track."""

from __future__ import annotations

import msgspec

from tonearm_api.library import AudioFormat, Track, TrackState, Uploader, Visibility
from tonearm_server.kit.clock import moment
from tonearm_server.kit.db import Row

TRACK_COLUMNS = """
    t.row_id, t.id, t.title, t.artist, t.artists, t.album_title, t.album_artist, t.genre, t.genres, t.year,
    t.track_number, t.disc_number, t.duration_ms, t.bitrate_bps, t.sample_rate_hz, t.channels, t.format,
    t.size_bytes, t.likes, t.plays, t.owner_id, u.name AS owner_name, t.uploaded_at_ms, t.visibility, t.state,
    t.reason, t.cover,
    EXISTS (SELECT 1 FROM track_like l WHERE l.user_id = ? AND l.track_id = t.row_id) AS liked
"""
"""One value: the viewer's id, for `liked`."""

TRACK_TABLES = "track t JOIN user_account u ON u.id = t.owner_id"

_FORMATS = {member.value: member for member in AudioFormat}
_VISIBILITIES = {member.value: member for member in Visibility}
_STATES = {member.value: member for member in TrackState}

_names = msgspec.json.Decoder(list[str]).decode


def track_from_row(row: Row) -> Track:
    """The wire type of a row that was read with `TRACK_COLUMNS`.

    By position: asking a row for a name compares it with those of all columns, which was half of a list's time
    (measured 2026-11).
    """
    (
        _, track_id, title, artist, artists, album, album_artist, genre, genres, year,
        track_number, disc_number, duration_ms, bitrate_bps, sample_rate_hz, channels, audio_format,
        size_bytes, likes, plays, owner_id, owner_name, uploaded_at_ms, visibility, state,
        reason, cover, liked, *_,
    ) = row  # fmt: skip
    return Track(
        id=track_id,
        title=title,
        artist=artist,
        artists=_names(artists),
        album=album,
        album_artist=album_artist,
        genre=genre,
        genres=_names(genres),
        year=year,
        track_number=track_number,
        disc_number=disc_number,
        duration_ms=duration_ms,
        bitrate_bps=bitrate_bps,
        sample_rate_hz=sample_rate_hz,
        channels=channels,
        format=_FORMATS[audio_format],
        size_bytes=size_bytes,
        liked=bool(liked),
        likes=likes,
        plays=plays,
        uploaded_by=Uploader(id=owner_id, name=owner_name),
        uploaded_at=moment(uploaded_at_ms),
        visibility=_VISIBILITIES[visibility],
        state=_STATES[state],
        reason=reason,
        has_cover=cover is not None,
    )
