"""What was played, when: the report that a player sends."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tonearm_api import errors
from tonearm_api.endpoint import Endpoint, Policy
from tonearm_api.library import TrackID


class NewPlay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`play_id` is made by the player and counts once, however often it is sent.

    A play counts once half of the track, or four minutes of it, were heard (`listened_ms`).
    """

    id: TrackID
    play_id: Annotated[str, Meta(min_length=8, max_length=64)]
    started_at: Annotated[datetime, Meta(tz=True)]
    listened_ms: Annotated[int, Meta(ge=0, le=7 * 24 * 3_600_000)]


REPORT_PLAY = Endpoint(
    name="report_play",
    method="POST",
    path="/api/v1/tracks/{id}/plays",
    summary="Report that a track was played",
    policy=Policy.MEMBER,
    request=NewPlay,
    response=type(None),
    status=204,
    errors=(errors.NotFound,),
)

ENDPOINTS = (REPORT_PLAY,)
