"""Tables of the library. Times are Unix milliseconds.

A track carries what a list shows (artist, album and genre as text), so that a page is one read of one
table; artists, albums and genres stand beside it for filters and search. `row_id` is the order of upload
and what the full-text index points at; `id` is what people see.
"""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from tonearm_server.auth.models import User


class Album(Model):
    row_id = fields.BigIntField(primary_key=True, generated=True)
    title = fields.CharField(max_length=500)
    artist = fields.CharField(max_length=500)
    title_key = fields.CharField(max_length=500)
    artist_key = fields.CharField(max_length=500)

    class Meta:
        table = "album"
        unique_together = (("title_key", "artist_key"),)


class Artist(Model):
    row_id = fields.BigIntField(primary_key=True, generated=True)
    name = fields.CharField(max_length=500)
    name_key = fields.CharField(max_length=500, unique=True)

    class Meta:
        table = "artist"


class Track(Model):
    row_id = fields.BigIntField(primary_key=True, generated=True)
    id = fields.CharField(max_length=32, unique=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "tonearm.User", related_name="tracks", on_delete=fields.CASCADE
    )
    sha256 = fields.CharField(max_length=64, db_index=True)
    state = fields.CharField(max_length=12)
    reason = fields.CharField(max_length=64, null=True)
    visibility = fields.CharField(max_length=12)
    uploaded_at_ms = fields.BigIntField()

    title = fields.CharField(max_length=500)
    artist = fields.CharField(max_length=2000)
    artists = fields.TextField()
    """JSON list of names."""
    album: fields.ForeignKeyNullableRelation[Album] = fields.ForeignKeyField(
        "tonearm.Album", related_name="tracks", on_delete=fields.SET_NULL, null=True, db_index=True
    )
    album_title = fields.CharField(max_length=500, null=True)
    album_artist = fields.CharField(max_length=500, null=True)
    genre = fields.CharField(max_length=2000)
    genres = fields.TextField()
    """JSON list of names."""
    year = fields.IntField(null=True)
    track_number = fields.IntField(null=True)
    disc_number = fields.IntField(null=True)
    title_sort = fields.CharField(max_length=500)
    artist_sort = fields.CharField(max_length=1100)
    """Artist, album, disc and number in one key: the order of a shelf."""

    format = fields.CharField(max_length=8)
    size_bytes = fields.BigIntField()
    duration_ms = fields.BigIntField(null=True)
    bitrate_bps = fields.BigIntField(null=True)
    sample_rate_hz = fields.IntField(null=True)
    channels = fields.IntField(null=True)
    cover = fields.CharField(max_length=64, null=True)
    """Key of the rendered covers: the SHA-256 of the largest."""

    likes = fields.BigIntField(db_default=0)
    plays = fields.BigIntField(db_default=0)

    owner_id: str
    album_id: int | None

    class Meta:
        table = "track"
        unique_together = (("owner", "sha256"),)
        indexes = (
            Index(fields=("plays", "row_id")),
            Index(fields=("title_sort", "row_id")),
            Index(fields=("artist_sort", "row_id")),
            Index(fields=("state", "row_id")),
        )


class TrackArtist(Model):
    row_id = fields.BigIntField(primary_key=True, generated=True)
    track: fields.ForeignKeyRelation[Track] = fields.ForeignKeyField(
        "tonearm.Track", related_name="credits", on_delete=fields.CASCADE
    )
    artist: fields.ForeignKeyRelation[Artist] = fields.ForeignKeyField(
        "tonearm.Artist", related_name="credits", on_delete=fields.CASCADE
    )

    artist_id: int

    class Meta:
        table = "track_artist"
        unique_together = (("artist", "track"),)
        indexes = (Index(fields=("track_id",)),)


class TrackGenre(Model):
    row_id = fields.BigIntField(primary_key=True, generated=True)
    track: fields.ForeignKeyRelation[Track] = fields.ForeignKeyField(
        "tonearm.Track", related_name="genre_rows", on_delete=fields.CASCADE
    )
    name_key = fields.CharField(max_length=500)

    class Meta:
        table = "track_genre"
        unique_together = (("name_key", "track"),)
        indexes = (Index(fields=("track_id",)),)


class TrackLike(Model):
    """One person likes one track."""

    row_id = fields.BigIntField(primary_key=True, generated=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "tonearm.User", related_name="likes", on_delete=fields.CASCADE
    )
    track: fields.ForeignKeyRelation[Track] = fields.ForeignKeyField(
        "tonearm.Track", related_name="like_rows", on_delete=fields.CASCADE
    )
    liked_at_ms = fields.BigIntField()

    class Meta:
        table = "track_like"
        unique_together = (("user", "track"),)
        indexes = (Index(fields=("user_id", "liked_at_ms")), Index(fields=("track_id",)))


class AudioAnalysis(Model):
    """What decoding told of some bytes, once for all tracks that have them."""

    sha256 = fields.CharField(max_length=64, primary_key=True)
    waveform = fields.BinaryField()
    loudness_lufs = fields.FloatField(null=True)
    true_peak_dbtp = fields.FloatField(null=True)
    fingerprint = fields.TextField()

    class Meta:
        table = "audio_analysis"
