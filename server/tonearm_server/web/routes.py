"""The player's pages and its forms; every page is a real one, the script only keeps it alive."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from aiohttp import web

from tonearm_api import library, search
from tonearm_api.auth import LogIn, SignUp
from tonearm_api.endpoint import Policy
from tonearm_api.errors import Invalid, NotFound, TonearmError, Unauthenticated
from tonearm_server.auth import service as accounts
from tonearm_server.auth.browser import begin_browser_session, end_browser_session
from tonearm_server.auth.identity import find_viewer, get_viewer
from tonearm_server.auth.passwords import PASSWORDS
from tonearm_server.auth.routes import SIGN_UP_IS_OPEN
from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.decoding import convert
from tonearm_server.kit.http import add_page
from tonearm_server.kit.problems import NOT_FOUND_PAGE
from tonearm_server.library.listing import list_tracks
from tonearm_server.library.service import get_track
from tonearm_server.search import service as searching
from tonearm_server.web import apidocs, pages
from tonearm_server.web.assets import ASSETS, load_assets, static_file
from tonearm_server.web.forms import field_messages, next_page, read_form, typed
from tonearm_server.web.pages import page_response

Page = Callable[[web.Request], Awaitable[web.Response]]

FIRST_ROWS = 40
"""Rows that come with the page: two tall screens; the script asks for more in pages of a hundred."""

_SEARCH_ROWS = 100
"""All that a search answers; a further word finds more than a further page."""

_EVERYTHING = '"cache", "storage"'
"""What a browser forgets at sign-out: covers, the queue, settings (ASVS 5.0 14.3.1)."""

_FILTERS = ("artist", "album", "genre")


def page(handler: Page) -> Page:
    """Errors as pages; whoever has to sign in first is sent there and comes back."""

    @functools.wraps(handler)
    async def shown(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except Unauthenticated as error:
            if find_viewer(request) is None:
                return _see_other(f"/login?next={quote(request.path_qs, safe='')}")
            return _error_page(request, error)
        except TonearmError as error:
            return _error_page(request, error)

    return shown


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


@page
async def login_page(request: web.Request) -> web.Response:
    if find_viewer(request) is not None:
        return _see_other(next_page(request.query.get("next")))
    return page_response(request, "login.html", title="Sign in", next=next_page(request.query.get("next")))


@page
async def log_in(request: web.Request) -> web.Response:
    filled = await read_form(request, fields=("email", "password", "next"))
    goal = next_page(filled.pop("next", None))
    try:
        user = await accounts.log_in(typed(filled, LogIn), passwords=request.app[PASSWORDS])
    except TonearmError as error:
        return _form_again(request, "login.html", error, title="Sign in", filled=filled, next=goal)
    await begin_browser_session(request, user.id)
    return _see_other(goal)


@page
async def sign_up_page(request: web.Request) -> web.Response:
    return page_response(request, "signup.html", title="Make an account", is_open=request.app[SIGN_UP_IS_OPEN])


@page
async def sign_up(request: web.Request) -> web.Response:
    app = request.app
    filled = await read_form(request, fields=("email", "name", "password", "token"))
    is_open = app[SIGN_UP_IS_OPEN]
    try:
        wanted = typed(filled, SignUp)
        user = await accounts.sign_up(wanted, is_open=is_open, passwords=app[PASSWORDS], clock=app[CLOCK])
    except TonearmError as error:
        return _form_again(request, "signup.html", error, title="Make an account", filled=filled, is_open=is_open)
    await begin_browser_session(request, user.id)
    return _see_other("/")


@page
async def log_out(request: web.Request) -> web.Response:
    await end_browser_session(request)
    response = _see_other("/login")
    response.headers["Clear-Site-Data"] = _EVERYTHING
    return response


async def not_found_page(request: web.Request) -> web.Response:
    """What a browser gets at an address where there is nothing; the way back is on it."""
    return _error_page(request, NotFound("There is no page at this address"))


def setup(app: web.Application) -> None:
    """Pages are public routes: a stranger gets the sign-in page, not a problem document."""
    app[ASSETS] = load_assets()
    app[NOT_FOUND_PAGE] = not_found_page
    pages.setup(app)
    apidocs.setup(app)
    for path, shown in (
        ("/", tracks),
        ("/liked", liked),
        ("/queue", queue),
        ("/me", me),
        ("/t/{id}", one_track),
        ("/login", login_page),
        ("/signup", sign_up_page),
        ("/static/{version}/{name}", static_file),
    ):
        add_page(app, "GET", path, shown, policy=Policy.PUBLIC)
        add_page(app, "HEAD", path, shown, policy=Policy.PUBLIC)
    for path, taken in (("/login", log_in), ("/signup", sign_up), ("/logout", log_out)):
        add_page(app, "POST", path, taken, policy=Policy.PUBLIC)


def _see_other(location: str) -> web.Response:
    return web.Response(status=303, headers={"Location": location, **pages.page_headers()})


def _error_page(request: web.Request, error: TonearmError) -> web.Response:
    return page_response(request, "error.html", status=error.status, title=error.title, detail=error.detail)


def _form_again(
    request: web.Request, template: str, error: TonearmError, *, filled: dict[str, str], **values: Any
) -> web.Response:  # Any: templates take what they name
    """The same form with what was typed, but for the password, and what is wrong with it."""
    messages = field_messages(error)
    summary = "" if isinstance(error, Invalid) and messages else error.detail
    kept = {name: value for name, value in filled.items() if name != "password"}
    return page_response(
        request, template, status=error.status, filled=kept, messages=messages, error=summary, **values
    )
