"""Tracks, albums and artists on the wire, and the endpoints that browse and change them."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tonearm_api import errors
from tonearm_api.endpoint import Endpoint, Nothing, Policy, Raw

TrackID = Annotated[str, Meta(min_length=1, max_length=64)]
Tag = Annotated[str, Meta(min_length=1, max_length=500)]
SearchText = Annotated[str, Meta(max_length=200)]
Cursor = Annotated[str, Meta(max_length=4096, pattern=r"^[A-Za-z0-9_-]*$")]
"""Base64 of a sort key and an id; a title of 500 characters takes four bytes for each."""

WAVEFORM_BARS = 800
"""Bars of a waveform, one unsigned byte each: under 1 KB on the wire, enough for 1,600 pixels of canvas."""


class Sort(enum.StrEnum):
    """Orders of a track list; `popular` is by plays, `liked` by when this person liked."""

    RECENT = "recent"
    POPULAR = "popular"
    LIKED = "liked"
    TITLE = "title"
    ARTIST = "artist"


class Visibility(enum.StrEnum):
    """Who may know of a track: its uploader, everyone signed in, or anyone who has its id."""

    PRIVATE = "private"
    MEMBERS = "members"
    PUBLIC = "public"


class TrackState(enum.StrEnum):
    VERIFYING = "verifying"
    READY = "ready"
    REJECTED = "rejected"


class AudioFormat(enum.StrEnum):
    """What the bytes are; decided by content, never by name."""

    MP3 = "mp3"
    FLAC = "flac"
    VORBIS = "vorbis"
    OPUS = "opus"
    AAC = "aac"
    ALAC = "alac"
    WAV = "wav"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    AudioFormat.MP3: "audio/mpeg",
    AudioFormat.FLAC: "audio/flac",
    AudioFormat.VORBIS: "audio/ogg",
    AudioFormat.OPUS: "audio/ogg",
    AudioFormat.AAC: "audio/mp4",
    AudioFormat.ALAC: "audio/mp4",
    AudioFormat.WAV: "audio/wav",
}


class CoverSize(enum.IntEnum):
    """Edge of a cover in pixels; one decode makes them all, so nobody can ask for costly others."""

    PX64 = 64
    PX160 = 160
    PX320 = 320
    PX640 = 640
    PX1024 = 1024


class Uploader(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """One track. `artist` and `genre` are for display and may be empty; null means not known.

    `liked` is this person's, `likes` and `plays` are everybody's. `reason` says why it was rejected.
    """

    id: str
    title: str
    artist: str
    artists: list[str]
    album: str | None
    album_artist: str | None
    genre: str
    genres: list[str]
    year: int | None
    track_number: int | None
    disc_number: int | None
    duration_ms: int | None
    bitrate_bps: int | None
    sample_rate_hz: int | None
    channels: int | None
    format: AudioFormat
    size_bytes: int
    liked: bool
    likes: int
    plays: int
    uploaded_by: Uploader
    uploaded_at: datetime
    visibility: Visibility
    state: TrackState
    reason: str | None
    has_cover: bool


class Album(msgspec.Struct, frozen=True, kw_only=True):
    """An album as one person sees it: `tracks` counts what they may hear."""

    title: str
    artist: str
    year: int | None
    tracks: int
    cover_track_id: str | None


class Artist(msgspec.Struct, frozen=True, kw_only=True):
    """An artist as one person sees it: `tracks` counts what they may hear."""

    name: str
    tracks: int


class TrackPage(msgspec.Struct, frozen=True, kw_only=True):
    """Pass `next_cursor` back for the page that follows; null means that this was the last."""

    items: list[Track]
    next_cursor: str | None


class ListTracks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`artist`, `album` and `genre` are names, compared without regard to case. `mine` includes tracks
    that are still verifying or were rejected. Without `sort` an album or artist comes in its own order,
    everything else newest first."""

    sort: Sort | None = None
    liked: bool | None = None
    mine: bool | None = None
    genre: Tag | None = None
    artist: Tag | None = None
    album: Tag | None = None
    q: SearchText | None = None
    cursor: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class OneTrack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: TrackID


class EditTrack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Only the fields that are present change; the uploaded bytes never do."""

    id: TrackID
    title: Tag | UnsetType = UNSET
    artists: Annotated[list[Tag], Meta(max_length=50)] | UnsetType = UNSET
    album: Tag | UnsetType | None = UNSET
    album_artist: Tag | UnsetType | None = UNSET
    genres: Annotated[list[Tag], Meta(max_length=50)] | UnsetType = UNSET
    year: Annotated[int, Meta(ge=1, le=9999)] | UnsetType | None = UNSET
    track_number: Annotated[int, Meta(ge=1, le=9999)] | UnsetType | None = UNSET
    disc_number: Annotated[int, Meta(ge=1, le=999)] | UnsetType | None = UNSET
    visibility: Visibility | UnsetType = UNSET


class TrackCover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    id: TrackID
    size: CoverSize = CoverSize.PX320


LIST_TRACKS = Endpoint(
    name="list_tracks",
    method="GET",
    path="/api/v1/tracks",
    summary="A page of tracks",
    policy=Policy.MEMBER,
    request=ListTracks,
    response=TrackPage,
)
GET_TRACK = Endpoint(
    name="get_track",
    method="GET",
    path="/api/v1/tracks/{id}",
    summary="One track",
    policy=Policy.OBJECT,
    request=OneTrack,
    response=Track,
    errors=(errors.NotFound,),
)
EDIT_TRACK = Endpoint(
    name="edit_track",
    method="PATCH",
    path="/api/v1/tracks/{id}",
    summary="Change what a track is called and who may hear it",
    policy=Policy.MEMBER,
    request=EditTrack,
    response=Track,
    errors=(errors.NotFound, errors.Forbidden),
)
DELETE_TRACK = Endpoint(
    name="delete_track",
    method="DELETE",
    path="/api/v1/tracks/{id}",
    summary="Delete a track and, where nobody else has the same bytes, its audio",
    policy=Policy.MEMBER,
    request=OneTrack,
    response=type(None),
    status=204,
    errors=(errors.NotFound, errors.Forbidden),
)
UPLOAD_TRACK = Endpoint(
    name="upload_track",
    method="POST",
    path="/api/v1/tracks",
    summary="Upload one file; the answer comes when its container and tags are read",
    policy=Policy.MEMBER,
    request=Nothing,
    response=Track,
    status=201,
    also={200: "This person has already uploaded these bytes: the existing track"},
    errors=(
        errors.EmptyFile,
        errors.UnknownFormat,
        errors.PlaylistFile,
        errors.BrokenContainer,
        errors.TruncatedAudio,
        errors.TagLimits,
        errors.TooLarge,
        errors.UnsupportedMediaType,
        errors.OutOfSpace,
        errors.Unavailable,
    ),
    raw_request=Raw(media_types=("multipart/form-data",), description="One part named `file`"),
)
LIKE = Endpoint(
    name="like_track",
    method="PUT",
    path="/api/v1/tracks/{id}/like",
    summary="Like a track; liking twice is liking once",
    policy=Policy.MEMBER,
    request=OneTrack,
    response=type(None),
    status=204,
    errors=(errors.NotFound,),
)
UNLIKE = Endpoint(
    name="unlike_track",
    method="DELETE",
    path="/api/v1/tracks/{id}/like",
    summary="Take a like back",
    policy=Policy.MEMBER,
    request=OneTrack,
    response=type(None),
    status=204,
    errors=(errors.NotFound,),
)
GET_COVER = Endpoint(
    name="get_cover",
    method="GET",
    path="/api/v1/tracks/{id}/cover",
    summary="The track's cover as a square-fitting WebP picture",
    policy=Policy.OBJECT,
    request=TrackCover,
    response=bytes,
    errors=(errors.NotFound, errors.Unavailable),
    raw_response=Raw(media_types=("image/webp",), description="The cover, at most `size` pixels wide and high"),
)
GET_WAVEFORM = Endpoint(
    name="get_waveform",
    method="GET",
    path="/api/v1/tracks/{id}/waveform",
    summary="The track's waveform: 800 bars, one unsigned byte each",
    policy=Policy.OBJECT,
    request=OneTrack,
    response=bytes,
    errors=(errors.NotFound,),
    raw_response=Raw(media_types=("application/octet-stream",), description="800 bytes, loudest sample of each bar"),
)

ENDPOINTS = (
    LIST_TRACKS,
    UPLOAD_TRACK,
    GET_TRACK,
    EDIT_TRACK,
    DELETE_TRACK,
    LIKE,
    UNLIKE,
    GET_COVER,
    GET_WAVEFORM,
)
