"""From Endpoint to route and back: decode, check, call, encode. Every route has one policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import msgspec
from aiohttp import hdrs, web

from tonearm_api.endpoint import AnyEndpoint, Endpoint, Policy
from tonearm_api.errors import BadRequest, Fault, FaultPlace, Invalid, UnsupportedMediaType
from tonearm_server.kit.decoding import convert, decode_json

RequestT = TypeVar("RequestT", bound=msgspec.Struct)
ResponseT = TypeVar("ResponseT")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_Policies = dict[web.AbstractRoute, Policy]
_POLICIES: web.AppKey[_Policies] = web.AppKey("policies", dict)
_DANGEROUS: web.AppKey[set[web.AbstractRoute]] = web.AppKey("dangerous", set)

_encode = msgspec.json.Encoder().encode


def prepare_routes(app: web.Application) -> None:
    """Call once before the first route."""
    app[_POLICIES] = {}
    app[_DANGEROUS] = set()
    app.on_startup.insert(0, _refuse_routes_without_policy)  # before anything is opened


def add_page(
    app: web.Application, method: str, path: str, handler: Handler, *, policy: Policy, is_dangerous: bool = False
) -> None:
    """Add a route that is not an Endpoint. The only door besides `bind` and `bind_raw`."""
    route = app.router.add_route(method, path, handler)
    app[_POLICIES][route] = policy
    if is_dangerous:
        app[_DANGEROUS].add(route)


def bind_raw(app: web.Application, endpoint: AnyEndpoint, handler: Handler) -> None:
    """Add an endpoint whose body is bytes; its handler reads and answers by hand."""
    add_page(
        app,
        endpoint.method,
        endpoint.path,
        handler,
        policy=endpoint.policy,
        is_dangerous=endpoint.is_dangerous,
    )


def bind(
    app: web.Application,
    endpoint: Endpoint[RequestT, ResponseT],
    handler: Callable[[web.Request, RequestT], Awaitable[ResponseT]],
) -> None:
    """Add an endpoint whose handler gets one validated value and whose result is encoded as JSON."""

    async def route(request: web.Request) -> web.Response:
        result = await handler(request, await read_request(request, endpoint))
        if endpoint.response is type(None):
            return web.Response(status=endpoint.status)
        return json_response(result, status=endpoint.status)

    bind_raw(app, endpoint, route)


def json_response(value: object, *, status: int = 200) -> web.Response:
    return web.Response(
        body=_encode(value),
        status=status,
        content_type="application/json",
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )


def find_policy(request: web.Request) -> Policy | None:
    """The policy of the matched route; None where nothing matched."""
    return request.app[_POLICIES].get(request.match_info.route)


def is_dangerous(request: web.Request) -> bool:
    """Whether the matched route wants a fresh proof of who asks."""
    return request.match_info.route in request.app[_DANGEROUS]


def policies(app: web.Application) -> dict[web.AbstractRoute, Policy]:
    """Every route with its policy."""
    return app[_POLICIES].copy()


async def read_request(request: web.Request, endpoint: Endpoint[RequestT, ResponseT]) -> RequestT:
    """The endpoint's request from path, query and body. Raises BadRequest, Invalid or UnsupportedMediaType."""
    body = await _json_body(request) if endpoint.has_json_body else {}
    query = {} if endpoint.has_json_body else _query(request)
    if not isinstance(body, dict):
        raise Invalid(faults=(Fault(place="body", pointer="", code="wrong_type", message="An object belongs here"),))
    clash = [name for name in endpoint.path_fields if name in body or name in query]
    if clash:
        raise Invalid(f"{clash[0]}: this field travels in the path")
    raw = {**query, **body, **request.match_info}
    place: FaultPlace = "body" if endpoint.has_json_body else "query"
    return convert(
        raw,
        endpoint.request,
        strict=endpoint.has_json_body,
        place_of=lambda name: "path" if name in endpoint.path_fields else place,
    )


def _query(request: web.Request) -> dict[str, str]:
    repeated = {name for name in request.query if len(request.query.getall(name)) > 1}
    if repeated:
        faults = tuple(
            Fault(place="query", pointer=f"/{name}", code="repeated", message="Give this parameter once")
            for name in sorted(repeated)
        )
        raise Invalid("A parameter is given more than once", faults=faults)
    return dict(request.query)


async def _json_body(request: web.Request) -> Any:  # Any: JSON of whatever shape
    if request.headers.get(hdrs.CONTENT_ENCODING):
        raise UnsupportedMediaType("Send the body without Content-Encoding")
    if request.content_type != "application/json":
        raise UnsupportedMediaType("Send the body as application/json")
    try:
        return cast("Any", decode_json(await request.read()))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("The body is not JSON") from error


async def _refuse_routes_without_policy(app: web.Application) -> None:
    bare = [route for route in app.router.routes() if route not in app[_POLICIES]]
    if bare:
        raise RuntimeError(f"routes without a policy: {', '.join(map(repr, bare))}")
