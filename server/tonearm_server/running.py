"""The server as a process: start, say where it listens, drain on a signal."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ipaddress
import resource
import signal
import sys
from collections.abc import Coroutine

from aiohttp import web

from tonearm_api.errors import TonearmError
from tonearm_server.app import IS_OPEN, create_app
from tonearm_server.auth.links import new_owner_link
from tonearm_server.config import Config
from tonearm_server.control import run_control_socket
from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.deadlines import HEADER_S, open_listener
from tonearm_server.kit.logs import set_up_logging

_DRAIN_S = 10
"""Long enough for an answer under way; a listener's stream is cut and resumes elsewhere."""

_BACKLOG = 1024

_OPEN_FILES = 65_536
"""Five times what 4,000 listeners take; some container engines allow a billion, which nothing here needs."""

_MAX_LINE = 32 * 1024
"""Of a request line: three filters of 500 characters and a search of 200, at 12 bytes each, and a cursor."""


def run_server(config: Config) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    set_up_logging(config.log_level)
    _allow_open_files()
    try:
        asyncio.run(_serve(config))
    except TonearmError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201  # talk goes to stderr
        return 2
    return 0


async def _serve(config: Config) -> None:
    app = create_app(config)
    app.cleanup_ctx.append(run_control_socket)
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=HEADER_S,
        shutdown_timeout=_DRAIN_S,
        max_line_size=_MAX_LINE,
        auto_decompress=False,  # 204 KB of gzip became 200 MB on the streaming path (measured 2026-08)
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await _unless(stop, _open(runner, config))
        await stop.wait()
    finally:
        await runner.cleanup()


async def _open(runner: web.AppRunner, config: Config) -> None:
    """Start everything, listen, and say so."""
    await runner.setup()
    await _listen(runner, config)
    app = runner.app
    address = config.public_url or _address(runner)
    link = await new_owner_link(clock=app[CLOCK])
    if link is not None:
        print(f"owner-signup {address}/signup#t={link}", flush=True)  # noqa: T201  # scripts read it
    print(f"listening {_address(runner)}", flush=True)  # noqa: T201  # scripts read it
    _collect_from_here_on()
    app[IS_OPEN].set()


async def _unless(stop: asyncio.Event, start: Coroutine[None, None, None]) -> None:
    """Run `start`, and break it off where `stop` is set meanwhile: it may be waiting for a database."""
    starting, stopping = asyncio.create_task(start), asyncio.create_task(stop.wait())
    await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
    for task in (starting, stopping):
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await starting


async def _listen(runner: web.AppRunner, config: Config) -> None:
    try:
        listener = open_listener(config.host, config.port, backlog=_BACKLOG)
        await web.SockSite(runner, listener, backlog=_BACKLOG).start()
    except OSError as error:
        raise CannotListen(f"Cannot listen on {config.host} port {config.port}: {error.strerror}") from error


def _allow_open_files() -> None:
    """As many as the system lets this process have: a listener takes three, and shells start programs with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _collect_from_here_on() -> None:
    """What the start has made stays until the end: the collector never walks over it again."""
    gc.freeze()
    gc.enable()


class CannotListen(TonearmError):
    """Raised where the port is taken or not ours to take; the program exits with 2."""

    code = "cannot_listen"
    title = "The server cannot listen there"


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return address_of(host, port=port)


def address_of(host: str, *, port: int) -> str:
    """Where this machine reaches a server that listens on `host`: loopback where it listens everywhere."""
    if ipaddress.ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
