"""The stream and its tickets: range to bytes, by hand. Streaming never counts a play."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from weakref import WeakSet

from aiohttp import hdrs, web

from tonearm_api import streaming as contract
from tonearm_api.errors import TonearmError, Unauthenticated
from tonearm_api.library import OneTrack
from tonearm_server.auth.identity import find_viewer, get_viewer
from tonearm_server.auth.tickets import TICKETS
from tonearm_server.auth.viewers import Viewer, find_viewer_by_session
from tonearm_server.kit.clock import CLOCK, moment
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.http import bind, bind_raw, read_request
from tonearm_server.kit.ranges import ByteRange, is_not_modified, precondition_fails, range_still_holds, wanted_range
from tonearm_server.storage.base import STORAGE
from tonearm_server.streaming.blobresponse import BlobResponse
from tonearm_server.streaming.sending import FastReaders, Patience
from tonearm_server.streaming.service import StoredAudio, get_audio

_FAST_READERS: web.AppKey[FastReaders] = web.AppKey("fast_readers", WeakSet)

_PATIENCE = Patience()

_CACHE = "private, max-age=0, must-revalidate"
"""Rights may change while a browser holds the bytes; the strong tag makes asking again cheap."""


async def new_ticket(request: web.Request, wanted: OneTrack) -> contract.Ticket:
    viewer = get_viewer(request)
    await get_audio(wanted.id, viewer_id=viewer.id, database=request.app[DATABASE])
    ticket, expires_at_ms = request.app[TICKETS].issue(track_id=wanted.id, session_id=viewer.session_id)
    return contract.Ticket(url=f"/stream/{wanted.id}?ticket={ticket}", expires_at=moment(expires_at_ms))


async def stream(request: web.Request) -> web.StreamResponse:
    wanted = await read_request(request, contract.STREAM)
    viewer = await _listener(request, wanted)
    audio = await get_audio(wanted.id, viewer_id=viewer.id if viewer else None, database=request.app[DATABASE])
    headers: dict[str, str] = {
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.ETAG: audio.etag,
        hdrs.CACHE_CONTROL: _CACHE,
        hdrs.CONTENT_TYPE: audio.media_type,
        hdrs.CONTENT_DISPOSITION: "attachment" if request.headers.get("Sec-Fetch-Dest") == "document" else "inline",
    }
    if precondition_fails(request.headers.get(hdrs.IF_MATCH), etag=audio.etag):
        return web.Response(status=412, headers=headers)
    if is_not_modified(request.headers.get(hdrs.IF_NONE_MATCH), etag=audio.etag):
        return web.Response(status=304, headers=headers)
    span = _span(request, audio)
    if span is not None:
        headers[hdrs.CONTENT_RANGE] = span.content_range(audio.size_bytes)
    with request.app[STORAGE].open(audio.key) as file:
        response = BlobResponse(
            file,
            span or ByteRange(0, audio.size_bytes),
            status=200 if span is None else 206,
            may_go_on=_may_go_on(request, wanted.id, viewer),
            headers=headers,
            fast_readers=request.app[_FAST_READERS],
            patience=_PATIENCE,
        )
        await response.prepare(request)
        return response


def setup(app: web.Application) -> None:
    app[_FAST_READERS] = WeakSet()
    bind(app, contract.NEW_TICKET, new_ticket)
    bind_raw(app, contract.STREAM, stream)
    bind_raw(app, contract.STREAM_HEAD, stream)


async def _listener(request: web.Request, wanted: contract.StreamTrack) -> Viewer | None:
    """Whoever holds the ticket, else whoever is signed in. A ticket that does not hold raises Unauthenticated."""
    if wanted.ticket is None:
        return find_viewer(request)
    app = request.app
    session_id = app[TICKETS].read(wanted.ticket, track_id=wanted.id)
    viewer = await find_viewer_by_session(session_id, database=app[DATABASE], clock=app[CLOCK])
    if viewer is None:
        raise Unauthenticated
    return viewer


def _span(request: web.Request, audio: StoredAudio) -> ByteRange | None:
    """The range to send; None for the whole. `Range` counts for GET alone (RFC 9110 §14.2)."""
    if request.method != hdrs.METH_GET:
        return None
    if not range_still_holds(request.headers.get(hdrs.IF_RANGE), etag=audio.etag):
        return None
    return wanted_range(request.headers.get(hdrs.RANGE), size_bytes=audio.size_bytes)


def _may_go_on(request: web.Request, track_id: str, viewer: Viewer | None) -> Callable[[], Awaitable[bool]]:
    """Asks whether the session still exists and the track may still be heard."""
    app = request.app

    database, clock = app[DATABASE], app[CLOCK]

    async def ask() -> bool:
        if (
            viewer is not None
            and await find_viewer_by_session(viewer.session_id, database=database, clock=clock) is None
        ):
            return False
        with contextlib.suppress(TonearmError):
            await get_audio(track_id, viewer_id=viewer.id if viewer else None, database=database)
            return True
        return False

    return ask
