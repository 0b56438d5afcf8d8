"""tus 1.0.0 over HTTP (https://tus.io/protocols/resumable-upload): headers to values and back, no rule of uploads."""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import AsyncGenerator
from email.utils import formatdate
from typing import Final

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from tonearm_api import uploads as wire
from tonearm_api.errors import BadRequest, TonearmError, UnsupportedMediaType, UnsupportedVersion
from tonearm_server.auth.identity import get_viewer
from tonearm_server.kit.deadlines import find_sender
from tonearm_server.kit.http import bind, bind_raw, read_request
from tonearm_server.uploads.checksum import Checksum
from tonearm_server.uploads.intake import MAX_UPLOAD_BYTES
from tonearm_server.uploads.models import Upload
from tonearm_server.uploads.resumable import RESUMABLE, is_open

_WRITE = 1024 * 1024
"""Written in one hop into a thread."""

_MAX_DIGITS: Final = 18
"""Of a number of bytes: an exabyte, and no column overflows."""


async def describe_uploads(request: web.Request) -> web.Response:
    return web.Response(
        status=204,
        headers={
            "Tus-Version": wire.TUS_VERSION,
            "Tus-Extension": ",".join(wire.TUS_EXTENSIONS),
            "Tus-Max-Size": str(request.app[MAX_UPLOAD_BYTES]),
            "Tus-Checksum-Algorithm": ",".join(wire.CHECKSUM_ALGORITHMS),
        },
    )


async def create_upload(request: web.Request) -> web.Response:
    _require_version(request)
    if "Upload-Defer-Length" in request.headers:
        raise BadRequest("Send Upload-Length: this server has to know a file's size from the start")
    upload = await request.app[RESUMABLE].create(
        owner_id=get_viewer(request).id,
        length_bytes=_byte_count(request, wire.UPLOAD_LENGTH),
        filename=_filename(request.headers.get(wire.UPLOAD_METADATA, "")),
    )
    location = f"{wire.CREATE_UPLOAD.path}/{upload.id}"
    return web.Response(status=201, headers={hdrs.LOCATION: location, **_headers(upload)})


async def get_upload(request: web.Request, wanted: wire.OneUpload) -> wire.Upload:
    uploads = request.app[RESUMABLE]
    return await uploads.tell(await uploads.get(wanted.id, owner_id=get_viewer(request).id))


async def upload_head(request: web.Request) -> web.Response:
    _require_version(request)
    wanted = await read_request(request, wire.UPLOAD_HEAD)
    upload = await request.app[RESUMABLE].get(wanted.id, owner_id=get_viewer(request).id)
    name = base64.b64encode(upload.filename.encode()).decode()
    metadata = {wire.UPLOAD_METADATA: f"filename {name}"} if name else {}
    length = {wire.UPLOAD_LENGTH: str(upload.length_bytes)}
    return web.Response(headers={hdrs.CACHE_CONTROL: "no-store", **length, **metadata, **_headers(upload)})


async def append_upload(request: web.Request) -> web.Response:
    _require_version(request)
    wanted = await read_request(request, wire.APPEND_UPLOAD)
    if request.headers.get(hdrs.CONTENT_ENCODING):
        raise UnsupportedMediaType("Send the bytes without Content-Encoding")
    if request.content_type != wire.CHUNK_TYPE:
        raise UnsupportedMediaType(f"Send the bytes as {wire.CHUNK_TYPE}")
    offset_bytes = _byte_count(request, wire.UPLOAD_OFFSET)
    checksum = _checksum(request.headers.get(wire.UPLOAD_CHECKSUM))
    async with contextlib.aclosing(_pieces(request)) as pieces:
        upload = await request.app[RESUMABLE].append(
            wanted.id,
            owner_id=get_viewer(request).id,
            offset_bytes=offset_bytes,
            announced_bytes=request.content_length,
            pieces=pieces,
            sender=find_sender(request),
            checksum=checksum,
        )
    return web.Response(status=204, headers=_headers(upload))


async def end_upload(request: web.Request) -> web.Response:
    _require_version(request)
    wanted = await read_request(request, wire.END_UPLOAD)
    await request.app[RESUMABLE].end(wanted.id, owner_id=get_viewer(request).id)
    return web.Response(status=204)


def setup(app: web.Application) -> None:
    bind_raw(app, wire.DESCRIBE_UPLOADS, describe_uploads)
    bind_raw(app, wire.CREATE_UPLOAD, create_upload)
    bind_raw(app, wire.UPLOAD_HEAD, upload_head)
    bind_raw(app, wire.APPEND_UPLOAD, append_upload)
    bind_raw(app, wire.END_UPLOAD, end_upload)
    bind(app, wire.GET_UPLOAD, get_upload)
    app.on_response_prepare.append(_say_version)


async def _say_version(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, also on errors, which are written far from here."""
    if request.path.startswith(wire.CREATE_UPLOAD.path):
        response.headers[wire.TUS_RESUMABLE] = wire.TUS_VERSION


def _require_version(request: web.Request) -> None:
    if request.headers.get(wire.TUS_RESUMABLE) != wire.TUS_VERSION:
        raise UnsupportedVersion(headers={"Tus-Version": wire.TUS_VERSION})


def _headers(upload: Upload) -> dict[str, str]:
    """How far it is, and until when it can be taken up; or what became of it."""
    headers = {wire.UPLOAD_OFFSET: str(upload.offset_bytes)}
    if is_open(upload):
        headers[wire.UPLOAD_EXPIRES] = formatdate(upload.expires_at_ms / 1000, usegmt=True)
    if upload.track_id is not None:
        headers[wire.UPLOAD_TRACK_ID] = upload.track_id
        headers[wire.UPLOAD_IS_NEW] = "true" if upload.is_new else "false"
    return headers


def _byte_count(request: web.Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise BadRequest(f"Send {name} as a number of bytes")
    return int(text)


def _filename(metadata: str) -> str:
    """The `filename` of `key base64, key base64`; empty where there is none."""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            return _decoded(value, wire.UPLOAD_METADATA).decode(errors="replace")
    return ""


def _checksum(header: str | None) -> Checksum | None:
    if header is None:
        return None
    algorithm, _, digest = header.strip().partition(" ")
    if algorithm not in wire.CHECKSUM_ALGORITHMS:
        raise BadRequest(f"Send {wire.UPLOAD_CHECKSUM} as one of {', '.join(wire.CHECKSUM_ALGORITHMS)}")
    return Checksum(algorithm, _decoded(digest, wire.UPLOAD_CHECKSUM))


def _decoded(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"The Base64 in {name} is broken") from error


async def _pieces(request: web.Request) -> AsyncGenerator[bytes, None]:
    """The body as it comes. Where it breaks off, what came before is given out first, then the error raised."""
    waiting = bytearray()
    broken: Exception | None = None
    try:
        async for part in request.content.iter_any():
            waiting += part
            if len(waiting) >= _WRITE:
                yield bytes(waiting)
                waiting.clear()
    except (ConnectionError, TonearmError) as error:
        broken = error
    except (ValueError, HttpProcessingError, web.RequestPayloadError) as error:
        broken = BadRequest("The body is broken")
        broken.__cause__ = error
    if waiting:
        yield bytes(waiting)
    if broken is not None:
        raise broken
