"""The one-shot upload: a multipart part to staged bytes, counted and hashed as they come, never held whole."""

from __future__ import annotations

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from tonearm_api.errors import BadRequest, Fault, Invalid, TooLarge, UnsupportedMediaType
from tonearm_api.library import UPLOAD_TRACK
from tonearm_server.auth.identity import get_viewer
from tonearm_server.kit.http import bind_raw, json_response
from tonearm_server.storage.base import STORAGE, Staged
from tonearm_server.uploads import tus
from tonearm_server.uploads.intake import INTAKE, MAX_UPLOAD_BYTES

_PIECE = 256 * 1024
"""Read from the part at a time; smaller pieces cost more parsing, larger ones more memory (measured 2026-08)."""

_WRITE = 1024 * 1024
"""Written in one hop into a thread."""


async def upload_track(request: web.Request) -> web.Response:
    viewer = get_viewer(request)
    part = await _the_file(request)
    staged = await request.app[STORAGE].stage()
    try:
        await _receive(part, staged, limit_bytes=request.app[MAX_UPLOAD_BYTES])
        track, is_new = await request.app[INTAKE].take(staged, filename=part.filename or "", owner_id=viewer.id)
    finally:
        await staged.discard()
    return json_response(track, status=201 if is_new else 200)


def setup(app: web.Application) -> None:
    bind_raw(app, UPLOAD_TRACK, upload_track)
    tus.setup(app)


async def _the_file(request: web.Request) -> BodyPartReader:
    """The part named `file`, which has to come first. Everything is checked before a byte is stored."""
    if request.headers.get(hdrs.CONTENT_ENCODING):
        raise UnsupportedMediaType("Send the file without Content-Encoding")
    if request.content_type != "multipart/form-data":
        raise UnsupportedMediaType("Send the file as multipart/form-data, in one part named file")
    if (request.content_length or 0) > request.app[MAX_UPLOAD_BYTES] + _WRITE:
        raise TooLarge
    try:
        part = await (await request.multipart()).next()
    except (ValueError, HttpProcessingError) as error:
        raise BadRequest("The multipart body is broken") from error
    if not isinstance(part, BodyPartReader) or part.name != "file":
        fault = Fault(place="body", pointer="/file", code="missing", message="Send the audio in a part named file")
        raise Invalid(fault.message, faults=(fault,))
    if part.headers.get(hdrs.CONTENT_ENCODING) or part.headers.get(hdrs.CONTENT_TRANSFER_ENCODING, "binary") not in {
        "binary",
        "8bit",
    }:
        raise UnsupportedMediaType("Send the file's bytes as they are")
    return part


async def _receive(part: BodyPartReader, staged: Staged, *, limit_bytes: int) -> None:
    """Copy the part to storage, counting. Raises TooLarge at the first byte too many."""
    waiting = bytearray()
    try:
        while piece := await part.read_chunk(_PIECE):
            waiting += piece
            if staged.size_bytes + len(waiting) > limit_bytes:
                raise TooLarge
            if len(waiting) >= _WRITE:
                await staged.append(bytes(waiting))
                waiting.clear()
    except (ValueError, HttpProcessingError) as error:
        raise BadRequest("The multipart body is broken") from error
    if waiting:
        await staged.append(bytes(waiting))
