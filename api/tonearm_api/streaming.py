"""Audio bytes on the wire: the stream itself and the ticket that lets a player open it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tonearm_api import errors
from tonearm_api.endpoint import Endpoint, Policy, Raw
from tonearm_api.library import AudioFormat, OneTrack, TrackID

_AUDIO = Raw(
    media_types=tuple(sorted({f.media_type for f in AudioFormat})),
    description="The uploaded bytes, unaltered; ranges of RFC 9110 §14 are honoured",
)


class StreamTrack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`ticket` stands in for a cookie or a bearer token, for this path alone."""

    id: TrackID
    ticket: Annotated[str, Meta(max_length=512)] | None = None


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """`url` is a path on the same server; it opens one track's stream until `expires_at`."""

    url: str
    expires_at: datetime


NEW_TICKET = Endpoint(
    name="new_ticket",
    method="POST",
    path="/api/v1/tracks/{id}/ticket",
    summary="A URL that plays one track without further credentials",
    policy=Policy.MEMBER,
    request=OneTrack,
    response=Ticket,
    errors=(errors.NotFound,),
)
STREAM = Endpoint(
    name="stream",
    method="GET",
    path="/stream/{id}",
    summary="A track's audio",
    policy=Policy.OBJECT,
    request=StreamTrack,
    response=bytes,
    also={
        206: "The range that was asked for",
        304: "The client's copy is still the right one",
        412: "The bytes are not those of `If-Match`",
    },
    errors=(errors.NotFound, errors.RangeNotSatisfiable, errors.Unavailable),
    raw_response=_AUDIO,
)
STREAM_HEAD = Endpoint(
    name="stream_head",
    method="HEAD",
    path="/stream/{id}",
    summary="The headers of a track's audio",
    policy=Policy.OBJECT,
    request=StreamTrack,
    response=bytes,
    also={304: "The client's copy is still the right one", 412: "The bytes are not those of `If-Match`"},
    errors=(errors.NotFound, errors.Unavailable),
    raw_response=_AUDIO,
)

ENDPOINTS = (NEW_TICKET, STREAM, STREAM_HEAD)
