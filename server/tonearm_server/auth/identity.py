"""Who makes this request: bearer token or browser cookie to Viewer, and the route's policy enforced."""

from __future__ import annotations

from aiohttp import hdrs, web

from tonearm_api.endpoint import Policy
from tonearm_api.errors import BadRequest, CrossSite, Forbidden, Unauthenticated
from tonearm_server.auth.browser import cookie_name
from tonearm_server.auth.sessions import refuse_stale, refuse_without_factor, touch_session
from tonearm_server.auth.tokens import TOKENS
from tonearm_server.auth.viewers import Viewer, find_viewer_by_cookie, find_viewer_by_session
from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.hosts import client_address, origin
from tonearm_server.kit.http import Handler, find_policy, is_dangerous

ADMINS_NEED_FACTOR: web.AppKey[bool] = web.AppKey("admins_need_factor", bool)
"""Whether administrators do what only they may in sessions with a second factor only (ASVS 5.0 6.3.3)."""

_VIEWER = web.RequestKey("viewer", Viewer)
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def find_viewer(request: web.Request) -> Viewer | None:
    """Who is signed in; None for a stranger."""
    viewer: Viewer | None = request.get(_VIEWER)
    return viewer


def get_viewer(request: web.Request) -> Viewer:
    """Who is signed in. Raises Unauthenticated for a stranger."""
    viewer = find_viewer(request)
    if viewer is None:
        raise Unauthenticated
    return viewer


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find the viewer and hold the route's policy against them, before anything else of the request is read."""
    policy = find_policy(request)
    if policy is None:
        return await handler(request)
    _refuse_cross_site(request)
    viewer = await _identify(request, is_public=policy is Policy.PUBLIC)
    if viewer is not None:
        request[_VIEWER] = viewer
    match policy:
        case Policy.MEMBER if viewer is None:
            raise Unauthenticated
        case Policy.ADMIN if viewer is None:
            raise Unauthenticated
        case Policy.ADMIN if viewer is not None:
            refuse_others(viewer, needs_factor=request.app[ADMINS_NEED_FACTOR])
    if viewer is not None and is_dangerous(request):
        refuse_stale(viewer, clock=request.app[CLOCK])
    return await handler(request)


def refuse_others(viewer: Viewer, *, needs_factor: bool) -> None:
    """Raise Forbidden where the viewer is no administrator, or FactorRequired where the session lacks a factor."""
    if not viewer.is_admin:
        raise Forbidden("Only administrators may do that")
    if needs_factor:
        refuse_without_factor(viewer)


async def _identify(request: web.Request, *, is_public: bool) -> Viewer | None:
    database, clock = request.app[DATABASE], request.app[CLOCK]
    authorization = request.headers.get(hdrs.AUTHORIZATION)
    cookie = request.cookies.get(cookie_name(request)) if hdrs.COOKIE in request.headers else None
    if authorization is None:
        viewer = await find_viewer_by_cookie(cookie, database=database, clock=clock) if cookie else None
        if viewer is not None:
            await touch_session(viewer, address=client_address(request), clock=clock)
        return viewer
    if is_public:
        return None
    if cookie is not None:
        raise BadRequest("Send a bearer token or a cookie, not both")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Send the access token as: Authorization: Bearer …")
    session_id = request.app[TOKENS].read_access_token(token.strip())
    viewer = await find_viewer_by_session(session_id, database=database, clock=clock)
    if viewer is None:
        raise Unauthenticated
    return viewer


def _refuse_cross_site(request: web.Request) -> None:
    """Raise CrossSite where another site makes a browser change something (ASVS 5.0 3.5.1).

    Browsers say where a request comes from; where one does not, `Origin` has to be ours. Requests with a
    bearer token, or with neither header nor cookie, come from no page.
    """
    scheme = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")[0]
    if request.method in _SAFE_METHODS or scheme.lower() == "bearer":  # "Basic" is what a browser adds by itself
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise CrossSite
        return
    claimed = request.headers.get(hdrs.ORIGIN)
    if claimed is not None and claimed != origin(request):
        raise CrossSite
    if claimed is None and cookie_name(request) in request.cookies:
        raise CrossSite("A request with a cookie has to say where it comes from")
