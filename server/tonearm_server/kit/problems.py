"""Errors to `application/problem+json` (RFC 9457): one middleware, so that no route formats an error."""

from __future__ import annotations

import logging

import msgspec
from aiohttp import hdrs, web

from tonearm_api.errors import (
    BadRequest,
    Internal,
    MethodNotAllowed,
    NotFound,
    Problem,
    TonearmError,
    TooLarge,
    all_errors,
)
from tonearm_server.kit.http import Handler
from tonearm_server.kit.logs import request_id

log = logging.getLogger(__name__)

NOT_FOUND_PAGE: web.AppKey[Handler] = web.AppKey("not_found_page")
"""Answers a person's browser that asked for an address which does not exist."""

_RETRY_S = "5"
"""After 503: a database that starts again, or a limit that others have reached, is over in seconds."""

_TYPE = "urn:tonearm:problem:{code}"


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error of the tree as a problem document; log what is none of them, once, without its text."""
    try:
        return await handler(request)
    except TonearmError as error:
        return problem_response(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        if error.status == 404 and NOT_FOUND_PAGE in request.app and _wants_page(request):
            return await request.app[NOT_FOUND_PAGE](request)
        return problem_response(request, _from_http(error))
    except ConnectionError:
        # Nobody is left to read it: aiohttp drops this answer quietly, where a raised error would be logged as ours.
        return problem_response(request, BadRequest("The connection was lost"))
    except Exception:  # the last resort: everything else is our own mistake
        log.exception("request %s failed", request_id(request))
        return problem_response(request, Internal())


def problem_response(request: web.Request, error: TonearmError) -> web.Response:
    problem = Problem(
        type=_TYPE.format(code=error.code),
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        instance=f"urn:tonearm:request:{request_id(request)}",
        errors=list(error.faults),
    )
    headers = {hdrs.CACHE_CONTROL: "no-store", **error.headers}
    if error.status == 503:
        headers.setdefault(hdrs.RETRY_AFTER, _RETRY_S)
    if error.status == 401:
        headers[hdrs.WWW_AUTHENTICATE] = 'Bearer realm="tonearm"'
    return web.Response(
        body=msgspec.json.encode(problem),
        status=error.status,
        content_type="application/problem+json",
        headers=headers,
    )


def _wants_page(request: web.Request) -> bool:
    return "text/html" in request.headers.get(hdrs.ACCEPT, "") and not request.path.startswith(("/api/", "/stream/"))


def _from_http(error: web.HTTPException) -> TonearmError:
    """aiohttp's own answers: no such path, method, or a body over the limit."""
    match error:
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return MethodNotAllowed(f"This address takes {allowed}", headers={hdrs.ALLOW: allowed})
        case web.HTTPRequestEntityTooLarge():
            return TooLarge()
        case web.HTTPNotFound():
            return NotFound()
        case _:
            classes = [c for c in all_errors() if c.status == error.status]
            return classes[0]() if classes else NotFound(error.reason)
