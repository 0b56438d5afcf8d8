"""Binds the endpoints that browse and change tracks."""

from __future__ import annotations

from aiohttp import hdrs, web

from tonearm_api import library as contract
from tonearm_server.auth.identity import find_viewer, get_viewer
from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.http import bind, bind_raw, read_request
from tonearm_server.kit.ranges import is_not_modified
from tonearm_server.library import listing, service
from tonearm_server.library.blobs import BLOBS
from tonearm_server.storage.base import STORAGE

_CACHE = "private, max-age=86400"
"""Covers and waveforms may change with a new cover or an edit of rights; a day spares most requests."""


async def list_tracks(request: web.Request, wanted: contract.ListTracks) -> contract.TrackPage:
    viewer = get_viewer(request)
    return await listing.list_tracks(wanted, viewer_id=viewer.id, database=request.app[DATABASE])


async def get_track(request: web.Request, wanted: contract.OneTrack) -> contract.Track:
    return await service.get_track(wanted.id, viewer_id=_viewer_id(request), database=request.app[DATABASE])


async def edit_track(request: web.Request, wanted: contract.EditTrack) -> contract.Track:
    return await service.edit_track(wanted, viewer_id=get_viewer(request).id, database=request.app[DATABASE])


async def delete_track(request: web.Request, wanted: contract.OneTrack) -> None:
    app = request.app
    viewer = get_viewer(request)
    await service.delete_track(wanted.id, viewer_id=viewer.id, database=app[DATABASE], blobs=app[BLOBS])


async def like(request: web.Request, wanted: contract.OneTrack) -> None:
    app = request.app
    await service.like(wanted.id, viewer_id=get_viewer(request).id, database=app[DATABASE], clock=app[CLOCK])


async def unlike(request: web.Request, wanted: contract.OneTrack) -> None:
    await service.unlike(wanted.id, viewer_id=get_viewer(request).id, database=request.app[DATABASE])


async def get_waveform(request: web.Request) -> web.Response:
    wanted = await read_request(request, contract.GET_WAVEFORM)
    bars = await service.get_waveform(wanted.id, viewer_id=_viewer_id(request), database=request.app[DATABASE])
    return web.Response(body=bars, content_type="application/octet-stream", headers={hdrs.CACHE_CONTROL: _CACHE})


async def get_cover(request: web.Request) -> web.Response:
    wanted = await read_request(request, contract.GET_COVER)
    app = request.app
    key = await service.get_cover_key(wanted.id, wanted.size, viewer_id=_viewer_id(request), database=app[DATABASE])
    headers = {hdrs.CACHE_CONTROL: _CACHE, hdrs.ETAG: f'"{key.rpartition("/")[2]}"'}
    if is_not_modified(request.headers.get(hdrs.IF_NONE_MATCH), etag=headers[hdrs.ETAG]):
        return web.Response(status=304, headers=headers)
    with app[STORAGE].open(key) as file:
        return web.Response(body=file.read(), content_type="image/webp", headers=headers)


def setup(app: web.Application) -> None:
    bind(app, contract.LIST_TRACKS, list_tracks)
    bind(app, contract.GET_TRACK, get_track)
    bind(app, contract.EDIT_TRACK, edit_track)
    bind(app, contract.DELETE_TRACK, delete_track)
    bind(app, contract.LIKE, like)
    bind(app, contract.UNLIKE, unlike)
    bind_raw(app, contract.GET_WAVEFORM, get_waveform)
    bind_raw(app, contract.GET_COVER, get_cover)


def _viewer_id(request: web.Request) -> str | None:
    viewer = find_viewer(request)
    return viewer.id if viewer else None
