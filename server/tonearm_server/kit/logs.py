"""Logging: set-up, request ids, one access line a request. Paths are logged, query strings never."""

from __future__ import annotations

import logging
import secrets
import sys
import time

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.hosts import client_address
from tonearm_server.kit.http import Handler

log = logging.getLogger("tonearm_server.access")

_REQUEST_ID = web.RequestKey("request_id", str)
_ID_BYTES = 8
"""Random, so that ids of several processes in one log differ; two alike among a million requests: one in 10^7."""


def set_up_logging(level: str) -> None:
    """Log to stderr: stdout belongs to what scripts read."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[lines], level=level)
    _forgo_what_no_line_shows()
    for noisy in ("asyncio", "aiosqlite", "tortoise", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(_is_worth_a_line)


class _Lines(logging.Formatter):
    """The clock is read and spelt out once a second, not once a line."""

    _second = 0
    _spelt = ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # logging's name
        second = int(record.created)
        if second != self._second:
            self._spelt = time.strftime(datefmt or self.default_time_format, time.localtime(second))
            self._second = second
        return f"{self._spelt},{int(record.msecs):03d}"


def _forgo_what_no_line_shows() -> None:
    """Caller, thread and process of each line: half of what a line costs (Python's logging HOWTO, "Optimization")."""
    logging._srcfile = None  # noqa: SLF001  # the HOWTO's own switch
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


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
    request[_REQUEST_ID] = secrets.token_hex(_ID_BYTES)
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
