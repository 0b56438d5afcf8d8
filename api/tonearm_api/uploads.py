"""Resumable uploads on the wire: tus 1.0.0 (https://tus.io/protocols/resumable-upload) and their state as JSON."""

from __future__ import annotations

import enum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tonearm_api import errors
from tonearm_api.endpoint import Endpoint, Nothing, Policy, Raw
from tonearm_api.library import TrackID

TUS_VERSION: Final = "1.0.0"
TUS_EXTENSIONS: Final = ("creation", "expiration", "checksum", "termination")
CHECKSUM_ALGORITHMS: Final = ("sha1", "sha256")
CHUNK_TYPE: Final = "application/offset+octet-stream"

TUS_RESUMABLE: Final = "Tus-Resumable"
UPLOAD_OFFSET: Final = "Upload-Offset"
UPLOAD_LENGTH: Final = "Upload-Length"
UPLOAD_METADATA: Final = "Upload-Metadata"
UPLOAD_CHECKSUM: Final = "Upload-Checksum"
UPLOAD_EXPIRES: Final = "Upload-Expires"
UPLOAD_TRACK_ID: Final = "Tonearm-Track"
UPLOAD_IS_NEW: Final = "Tonearm-New"
"""`true` or `false`: false where this person had uploaded these bytes before."""

UploadID = Annotated[str, Meta(min_length=1, max_length=64)]


class UploadState(enum.StrEnum):
    """`receiving` until the last byte is there; then that of its track."""

    RECEIVING = "receiving"
    VERIFYING = "verifying"
    READY = "ready"
    REJECTED = "rejected"


class OneUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: UploadID


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """`offset` counts the bytes that are durable. `reason` says why it was refused, as a problem's `code`."""

    state: UploadState
    offset: int
    track_id: TrackID | None
    reason: str | None


_VERSION = {TUS_RESUMABLE: f"`{TUS_VERSION}`; 412 without it"}

_REFUSALS = (
    errors.UnknownFormat,
    errors.PlaylistFile,
    errors.BrokenContainer,
    errors.TruncatedAudio,
    errors.TagLimits,
)

_DISK = (errors.OutOfSpace, errors.Unavailable)
"""Also where nothing is sent: whatever asks for an upload that is whole finishes it where a crash came before."""

DESCRIBE_UPLOADS = Endpoint(
    name="describe_uploads",
    method="OPTIONS",
    path="/api/v1/uploads",
    summary="What this server supports of tus, in headers",
    policy=Policy.PUBLIC,
    request=Nothing,
    response=type(None),
    status=204,
)
CREATE_UPLOAD = Endpoint(
    name="create_upload",
    method="POST",
    path="/api/v1/uploads",
    summary="Begin a resumable upload; its address is in `Location`",
    policy=Policy.MEMBER,
    request=Nothing,
    response=type(None),
    status=201,
    errors=(
        errors.UnsupportedVersion,
        errors.EmptyFile,
        errors.TooLarge,
        errors.TooManyUploads,
        errors.OutOfSpace,
    ),
    headers={
        **_VERSION,
        UPLOAD_LENGTH: "The file's size in bytes",
        UPLOAD_METADATA: "`filename` and the name in Base64; other keys are ignored",
    },
)
GET_UPLOAD = Endpoint(
    name="get_upload",
    method="GET",
    path="/api/v1/uploads/{id}",
    summary="How far an upload is and what became of it; told for 24 hours after the last byte, of the last 1,000",
    policy=Policy.MEMBER,
    request=OneUpload,
    response=Upload,
    errors=(errors.NotFound, *_DISK),
)
UPLOAD_HEAD = Endpoint(
    name="upload_head",
    method="HEAD",
    path="/api/v1/uploads/{id}",
    summary="Where to go on, in `Upload-Offset`; for a finished upload also `Tonearm-Track`",
    policy=Policy.MEMBER,
    request=OneUpload,
    response=type(None),
    errors=(errors.NotFound, errors.UnsupportedVersion, *_DISK),
    headers=_VERSION,
)
APPEND_UPLOAD = Endpoint(
    name="append_upload",
    method="PATCH",
    path="/api/v1/uploads/{id}",
    summary="Send bytes from `Upload-Offset` on; the answer to the last ones names the track in `Tonearm-Track`",
    policy=Policy.MEMBER,
    request=OneUpload,
    response=type(None),
    status=204,
    errors=(
        errors.NotFound,
        errors.WrongOffset,
        errors.UnsupportedVersion,
        errors.Locked,
        errors.WrongChecksum,
        *_DISK,
        *_REFUSALS,
    ),
    raw_request=Raw(media_types=(CHUNK_TYPE,), description="The bytes, as many as you like"),
    headers={
        **_VERSION,
        UPLOAD_OFFSET: "Where these bytes belong: the offset that the last answer told",
        UPLOAD_CHECKSUM: "`sha1` or `sha256` and the digest of this body in Base64; where it differs, nothing is kept",
    },
)
END_UPLOAD = Endpoint(
    name="end_upload",
    method="DELETE",
    path="/api/v1/uploads/{id}",
    summary="Give an upload up and free its bytes; a track that came of it stays",
    policy=Policy.MEMBER,
    request=OneUpload,
    response=type(None),
    status=204,
    errors=(errors.NotFound, errors.UnsupportedVersion, errors.Locked, *_DISK),
    headers=_VERSION,
)

ENDPOINTS = (DESCRIBE_UPLOADS, CREATE_UPLOAD, GET_UPLOAD, UPLOAD_HEAD, APPEND_UPLOAD, END_UPLOAD)
