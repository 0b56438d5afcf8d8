"""Rows of tracks to wire types: the columns every list reads, and how they become a Track."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from tonearm_api.library import AudioFormat, Track, TrackState, Uploader, Visibility
from tonearm_server.kit.db import Row

TRACK_COLUMNS = """
    t.row_id, t.id, t.title, t.artist, t.artists, t.album_title, t.album_artist, t.genre, t.genres, t.year,
    t.track_number, t.disc_number, t.duration_ms, t.bitrate_bps, t.sample_rate_hz, t.channels, t.format,
    t.size_bytes, t.likes, t.plays, t.owner_id, u.name AS owner_name, t.uploaded_at_ms, t.visibility, t.state,
    t.reason, t.cover, t.title_sort, t.artist_sort,
    EXISTS (SELECT 1 FROM track_like l WHERE l.user_id = ? AND l.track_id = t.row_id) AS liked
"""
"""One value: the viewer's id, for `liked`."""

TRACK_TABLES = "track t JOIN user_account u ON u.id = t.owner_id"

_names = msgspec.json.Decoder(list[str]).decode


def track_from_row(row: Row) -> Track:
    """The wire type of a row that was read with `TRACK_COLUMNS`."""
    return Track(
        id=row["id"],
        title=row["title"],
        artist=row["artist"],
        artists=_names(row["artists"]),
        album=row["album_title"],
        album_artist=row["album_artist"],
        genre=row["genre"],
        genres=_names(row["genres"]),
        year=row["year"],
        track_number=row["track_number"],
        disc_number=row["disc_number"],
        duration_ms=row["duration_ms"],
        bitrate_bps=row["bitrate_bps"],
        sample_rate_hz=row["sample_rate_hz"],
        channels=row["channels"],
        format=AudioFormat(row["format"]),
        size_bytes=row["size_bytes"],
        liked=bool(row["liked"]),
        likes=row["likes"],
        plays=row["plays"],
        uploaded_by=Uploader(id=row["owner_id"], name=row["owner_name"]),
        uploaded_at=datetime.fromtimestamp(row["uploaded_at_ms"] / 1000, UTC),
        visibility=Visibility(row["visibility"]),
        state=TrackState(row["state"]),
        reason=row["reason"],
        has_cover=row["cover"] is not None,
    )
