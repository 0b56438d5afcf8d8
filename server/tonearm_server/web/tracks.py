"""The player's own pages: lists, one track, the queue, and the person's; the script only keeps them alive."""

from __future__ import annotations

from aiohttp import web

from tonearm_api import library, search
from tonearm_server.auth.identity import find_viewer, get_viewer
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.decoding import convert
from tonearm_server.library.listing import list_tracks
from tonearm_server.library.service import get_track
from tonearm_server.search import service as searching
from tonearm_server.web.answers import page
from tonearm_server.web.pages import page_response

FIRST_ROWS = 40
"""Rows that come with the page: two tall screens; the script asks for more in pages of a hundred."""

_SEARCH_ROWS = 100
"""All that a search answers; a further word finds more than a further page."""

_FILTERS = ("artist", "album", "genre")


@page
async def tracks(request: web.Request) -> web.Response:
    viewer = get_viewer(request)
    text = request.query.get("q", "").strip()
    if text:
        return await _found(request, text)
    query = {name: request.query[name] for name in ("sort", *_FILTERS) if request.query.get(name)}
    wanted = convert({**query, "limit": FIRST_ROWS}, library.ListTracks, strict=False, place_of=lambda _: "query")
    content = await list_tracks(wanted, viewer_id=viewer.id, database=request.app[DATABASE])
    kind = next((name for name in _FILTERS if name in query), None)
    title = query[kind] if kind else "Tracks"
    view = {"kind": "list", "page": content}
    return page_response(
        request, "list.html", title=title, filter_kind=kind, sort=query.get("sort", "recent"), view=view
    )


async def _found(request: web.Request, text: str) -> web.Response:
    wanted = convert({"q": text, "limit": _SEARCH_ROWS}, search.Search, strict=False, place_of=lambda _: "query")
    found = await searching.search(wanted, viewer_id=get_viewer(request).id, database=request.app[DATABASE])
    view = {"kind": "list", "page": library.TrackPage(items=found.tracks, next_cursor=None), "found": found}
    return page_response(request, "list.html", title="Search", q=text, view=view)


@page
async def liked(request: web.Request) -> web.Response:
    wanted = library.ListTracks(sort=library.Sort.LIKED, liked=True, limit=FIRST_ROWS)
    content = await list_tracks(wanted, viewer_id=get_viewer(request).id, database=request.app[DATABASE])
    return page_response(request, "list.html", title="Liked", view={"kind": "list", "page": content})


@page
async def one_track(request: web.Request) -> web.Response:
    viewer = find_viewer(request)
    viewer_id = viewer.id if viewer else None
    track = await get_track(request.match_info["id"], viewer_id=viewer_id, database=request.app[DATABASE])
    return page_response(request, "track.html", title=track.title, track=track, view={"kind": "track", "track": track})


@page
async def queue(request: web.Request) -> web.Response:
    get_viewer(request)
    return page_response(request, "queue.html", title="Queue", view={"kind": "queue"})


@page
async def me(request: web.Request) -> web.Response:
    get_viewer(request)
    return page_response(request, "me.html", title="Me", view={"kind": "me"})
