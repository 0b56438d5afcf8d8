"""Logging: set-up, request ids, one access line a request. Paths are logged, query strings never."""

from __future__ import annotations

import logging
import sys

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.hosts import client_address
from tonearm_server.kit.http import Handler
from tonearm_server.kit.ids import new_id

log = logging.getLogger("tonearm_server.access")

_REQUEST_ID = web.RequestKey("request_id", str)


def set_up_logging(level: str) -> None:
    """Log to stderr: stdout belongs to what scripts read."""
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("asyncio", "aiosqlite", "tortoise", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(_is_worth_a_line)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """False for bytes that are no HTTP: aiohttp answers them with 400 and logs a traceback that any stranger causes."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, HttpProcessingError)


def request_id(request: web.Request) -> str:
    found: str = request.get(_REQUEST_ID, "-")
    return found


@web.middleware
async def access_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id and log one line when it is answered. A ticket travels in the query: left out."""
    request[_REQUEST_ID] = new_id()
    clock = request.app[CLOCK]
    began_s = clock.monotonic_s()
    status = 0
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        took_ms = (clock.monotonic_s() - began_s) * 1000
        path = request.rel_url.raw_path
        line = "%s %s %s %s %d %.1f ms"
        log.info(line, request_id(request), client_address(request), request.method, path, status, took_ms)
