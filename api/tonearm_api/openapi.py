"""document(ENDPOINTS): the OpenAPI 3.1 description, computed from the endpoints and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import msgspec

from tonearm_api import __version__
from tonearm_api.endpoint import AnyEndpoint, Policy
from tonearm_api.errors import (
    BadRequest,
    CrossSite,
    Invalid,
    Misdirected,
    Problem,
    TonearmError,
    TooLarge,
    TooSlow,
    Unauthenticated,
    UnsupportedMediaType,
)

Json = dict[str, Any]  # Any: an OpenAPI document nests without end

_COMPONENTS = "#/components/schemas/{name}"

_BODILESS = {304, 412}
"""Answers to conditional requests: headers alone (RFC 9110 §15.4.5), whatever the endpoint sends otherwise."""

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def document(endpoints: Iterable[AnyEndpoint]) -> Json:
    """The whole document: pure, so that a test can compare it with the one in `docs/`."""
    endpoints = tuple(endpoints)
    types = _types(endpoints)
    schemas, components = msgspec.json.schema_components(types, ref_template=_COMPONENTS)
    by_type = dict(zip(types, schemas, strict=True))
    paths: Json = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, by_type, components)
    used = _referenced({"paths": paths}, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tonearm", "version": __version__, "license": {"name": "GPL-3.0-or-later"}},
        "paths": paths,
        "components": {
            "schemas": {name: components[name] for name in sorted(used)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-tonearm"},
            },
        },
    }


def _types(endpoints: Iterable[AnyEndpoint]) -> list[type]:
    wanted: dict[type, None] = {Problem: None}
    for endpoint in endpoints:
        wanted[endpoint.request] = None
        if endpoint.response not in (bytes, type(None)):
            wanted[endpoint.response] = None
    return list(wanted)


def _tag(path: str) -> str:
    """Under which heading readers of the document find it: `auth`, `tracks`, `stream` and so on."""
    first, *_ = path.removeprefix("/api/v1").strip("/").split("/")
    return "health" if first in {"healthz", "readyz"} else first


def _operation(endpoint: AnyEndpoint, by_type: dict[type, Json], components: Json) -> Json:
    operation: Json = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [_tag(endpoint.path)],
        "security": _security(endpoint.policy),
        "responses": _responses(endpoint, by_type),
    }
    parameters = _parameters(endpoint, components)
    if parameters:
        operation["parameters"] = parameters
    body = _request_body(endpoint, components)
    if body:
        operation["requestBody"] = body
    return operation


def _security(policy: Policy) -> list[Json]:
    schemes: list[Json] = [{"bearer": []}, {"cookie": []}]
    match policy:
        case Policy.PUBLIC:
            return []
        case Policy.OBJECT:
            return [*schemes, {}]
        case _:
            return schemes


def _schema_of(kind: type, components: Json) -> Json:
    return cast("Json", components[kind.__name__])


def _parameters(endpoint: AnyEndpoint, components: Json) -> list[Json]:
    schema = _schema_of(endpoint.request, components)
    required = set(schema.get("required", ()))
    in_query = () if endpoint.has_json_body or endpoint.raw_request else endpoint.other_fields
    path = [_parameter(name, "path", schema, required=True) for name in endpoint.path_fields]
    query = [_parameter(name, "query", schema, required=name in required) for name in in_query]
    return path + query + [_header(name, description) for name, description in endpoint.headers.items()]


def _parameter(name: str, place: str, schema: Json, *, required: bool) -> Json:
    return {"name": name, "in": place, "required": required, "schema": schema["properties"][name]}


def _header(name: str, description: str) -> Json:
    """Never `required`: what a request without it gets is in its description."""
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


def _request_body(endpoint: AnyEndpoint, components: Json) -> Json | None:
    if endpoint.raw_request is not None:
        file: Json = {"type": "string", "format": "binary"}
        part: Json = {"type": "object", "required": ["file"], "properties": {"file": file}}
        kinds = endpoint.raw_request.media_types
        return {
            "required": True,
            "description": endpoint.raw_request.description,
            "content": {kind: {"schema": part if kind.startswith("multipart/") else file} for kind in kinds},
        }
    if not endpoint.has_json_body:
        return None
    schema = _schema_of(endpoint.request, components)
    body = {**schema, "properties": {n: s for n, s in schema["properties"].items() if n in endpoint.other_fields}}
    required = [name for name in schema.get("required", ()) if name in endpoint.other_fields]
    body.pop("required", None)
    if required:
        body["required"] = required
    return {"required": True, "content": {"application/json": {"schema": body}}}


def _responses(endpoint: AnyEndpoint, by_type: dict[type, Json]) -> Json:
    responses: Json = {str(endpoint.status): _answer(endpoint, endpoint.summary, by_type)}
    for status, when in endpoint.also.items():
        responses[str(status)] = {"description": when} if status in _BODILESS else _answer(endpoint, when, by_type)
    for status, classes in sorted(_errors_by_status(endpoint).items()):
        responses[str(status)] = {
            "description": "; ".join(f"`{c.code}`: {c.title}" for c in classes),
            "content": {"application/problem+json": {"schema": by_type[Problem]}},
        }
    return responses


def _answer(endpoint: AnyEndpoint, description: str, by_type: dict[type, Json]) -> Json:
    if endpoint.raw_response is not None:
        if endpoint.method == "HEAD":
            return {"description": description}
        return {"description": description, "content": {kind: {} for kind in endpoint.raw_response.media_types}}
    if endpoint.response is type(None):
        return {"description": description}
    return {"description": description, "content": {"application/json": {"schema": by_type[endpoint.response]}}}


def _errors_by_status(endpoint: AnyEndpoint) -> dict[int, list[type[TonearmError]]]:
    classes: dict[type[TonearmError], None] = dict.fromkeys((*endpoint.errors, *_common_errors(endpoint)))
    by_status: dict[int, list[type[TonearmError]]] = {}
    for each in classes:
        by_status.setdefault(each.status, []).append(each)
    return by_status


def _common_errors(endpoint: AnyEndpoint) -> Iterator[type[TonearmError]]:
    """What the server's own middlewares and its reading of a request refuse with."""
    yield Misdirected
    if endpoint.method not in _SAFE_METHODS:
        yield CrossSite
    if endpoint.policy is not Policy.PUBLIC:
        yield from (BadRequest, Unauthenticated)
    if endpoint.other_fields or endpoint.path_fields:
        yield Invalid
    if endpoint.has_json_body or endpoint.raw_request:
        yield from (BadRequest, TooSlow, TooLarge, UnsupportedMediaType)


def _referenced(root: Any, components: Json) -> set[str]:  # Any: walks JSON of whatever shape
    """Names of the components that `root` needs, directly or through others."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        match waiting.pop():
            case {"$ref": str(reference)}:
                name = reference.rpartition("/")[2]
                if name not in found:
                    found.add(name)
                    waiting.append(components[name])
            case dict() as mapping:
                waiting.extend(mapping.values())
            case list() as items:
                waiting.extend(items)
    return found
