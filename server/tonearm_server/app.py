"""create_app(config): the only place that wires things together. Reads top to bottom."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import logging
import sqlite3
from collections.abc import AsyncIterator

import aiohttp_session
import msgspec
from aiohttp import web

from tonearm_api import __version__, health
from tonearm_api.contract import ENDPOINTS
from tonearm_api.endpoint import Nothing, Policy
from tonearm_api.errors import Unavailable
from tonearm_api.openapi import document
from tonearm_server import web as pages
from tonearm_server.accounts import resetting
from tonearm_server.accounts import routes as accounts
from tonearm_server.accounts.rooms import ROOMS, Rooms
from tonearm_server.audio.sandbox import SANDBOX, Sandbox
from tonearm_server.auth.browser import RowStorage
from tonearm_server.auth.expiry import forget_expired
from tonearm_server.auth.identity import ADMINS_NEED_FACTOR, identify
from tonearm_server.auth.keys import KEYS, claim_database, load_keys
from tonearm_server.auth.passwords import PASSWORDS, Passwords
from tonearm_server.auth.sealing import SEALER, Sealer
from tonearm_server.auth.throttle import Throttle
from tonearm_server.auth.tickets import TICKETS, TicketOffice
from tonearm_server.auth.tokens import TOKENS, TokenIssuer
from tonearm_server.config import CONFIG, Config, RateLimits, SecondFactors
from tonearm_server.jobs.queue import JOBS, JobQueue
from tonearm_server.jobs.recovery import release_leases
from tonearm_server.kit.clock import CLOCK, Clock, SystemClock
from tonearm_server.kit.datafolder import DATA_FOLDER, DataFolder
from tonearm_server.kit.db import DATABASE, is_unused, open_database
from tonearm_server.kit.deadlines import BODY_DEADLINE, BodyDeadline, watch_body
from tonearm_server.kit.hosts import PUBLIC_URL, TRUSTED_PROXIES, add_security_headers, known_hosts
from tonearm_server.kit.http import add_page, bind, prepare_routes
from tonearm_server.kit.limits import LIMITER, open_limiter
from tonearm_server.kit.logs import access_log
from tonearm_server.kit.problems import problems
from tonearm_server.kit.sqlite import SAFE_VERSION
from tonearm_server.library import routes as library
from tonearm_server.library.blobs import BLOBS, Blobs
from tonearm_server.library.garbage import collect_garbage
from tonearm_server.mail import outbox
from tonearm_server.mail.files import forget_old_files
from tonearm_server.mail.postman import hire
from tonearm_server.models import MODELS
from tonearm_server.plays import routes as plays
from tonearm_server.search import routes as search
from tonearm_server.storage.base import STORAGE
from tonearm_server.storage.local import LocalStorage
from tonearm_server.streaming import routes as streaming
from tonearm_server.uploads import routes as uploads
from tonearm_server.uploads.intake import INTAKE, MAX_UPLOAD_BYTES, VERIFY, Intake
from tonearm_server.uploads.resumable import RESUMABLE, ResumableUploads
from tonearm_server.uploads.verifying import Verifier, forget_old_rejections, resume_unfinished

log = logging.getLogger(__name__)

_MAX_JSON_BYTES = 1024 * 1024
_ERRAND_WORKERS = 2
_HOUSEKEEPING_S = 600
_COLLECT_EVERY = 144
"""Rounds of housekeeping between two collections of garbage, which list the whole storage: a day."""

IS_OPEN: web.AppKey[asyncio.Event] = web.AppKey("is_open", asyncio.Event)
"""Set by whoever listens: what no first request waits for begins then, and takes nothing from the start."""


def create_app(config: Config, *, clock: Clock | None = None) -> web.Application:
    """The whole server. Its data folder is opened, locked and migrated when the app starts."""
    app = web.Application(
        client_max_size=_MAX_JSON_BYTES,
        middlewares=[
            access_log,
            problems,
            known_hosts,
            aiohttp_session.session_middleware(RowStorage()),
            identify,
            watch_body,
        ],
    )
    app[CONFIG] = config
    app[CLOCK] = clock or SystemClock()
    app[IS_OPEN] = asyncio.Event()
    app[BODY_DEADLINE] = BodyDeadline()
    app[PUBLIC_URL] = config.public_url or ""
    app[TRUSTED_PROXIES] = config.trusted_proxies
    app[ADMINS_NEED_FACTOR] = config.require_second_factor is SecondFactors.ADMINS
    app[MAX_UPLOAD_BYTES] = config.max_upload_bytes
    app.on_response_prepare.append(add_security_headers)
    app.cleanup_ctx.extend(
        (
            _own_data_folder,
            _load_keys,
            _start_sandbox,
            _open_database,
            _open_rooms,
            _count_requests,
            _run_errands,
            _run_jobs,
        )
    )
    prepare_routes(app)
    _add_own_routes(app)
    for slice_ in (accounts, library, uploads, streaming, search, plays, pages):
        slice_.setup(app)
    return app


async def _own_data_folder(app: web.Application) -> AsyncIterator[None]:
    folder = DataFolder(app[CONFIG].data)
    folder.acquire()
    try:
        app[DATA_FOLDER] = folder
        yield
    finally:
        folder.release()


async def _load_keys(app: web.Application) -> AsyncIterator[None]:
    """Before the database is made: a crash in between leaves keys without a database, which is no harm."""
    folder = app[DATA_FOLDER]
    config = app[CONFIG]
    is_fresh = await is_unused(folder.database, url=config.postgres_url, patience_s=config.database_wait_s)
    app[KEYS] = load_keys(folder.keys, is_fresh=is_fresh)
    app[SEALER] = Sealer(app[KEYS])
    app[TOKENS] = TokenIssuer(app[KEYS], app[CLOCK])
    app[TICKETS] = TicketOffice(app[KEYS], app[CLOCK])
    yield


async def _start_sandbox(app: web.Application) -> AsyncIterator[None]:
    """Only the first upload waits for it, and starts it where it comes sooner."""
    app[SANDBOX] = Sandbox(ffmpeg=app[CONFIG].ffmpeg)

    async def start() -> None:
        await app[IS_OPEN].wait()
        await app[SANDBOX].start()

    starting = asyncio.create_task(start(), name="sandbox")
    try:
        yield
    finally:
        starting.cancel()
        await asyncio.wait((starting,))
        await app[SANDBOX].close()


async def _open_database(app: web.Application) -> AsyncIterator[None]:
    url = app[CONFIG].postgres_url
    if url is None and sqlite3.sqlite_version_info < SAFE_VERSION:
        log.warning("SQLite %s has a WAL bug that needs two writers; this process is alone", sqlite3.sqlite_version)
    database = await open_database(app[DATA_FOLDER].database, models=MODELS, url=url)
    app[DATABASE] = database
    try:
        await claim_database(app[KEYS])
        yield
    finally:
        await database.close()


def open_storage(config: Config, folder: DataFolder) -> LocalStorage:
    return LocalStorage(folder.blobs, min_free_bytes=config.min_free_bytes)


async def _open_rooms(app: web.Application) -> AsyncIterator[None]:
    config = app[CONFIG]
    app[STORAGE] = open_storage(config, app[DATA_FOLDER])
    app[BLOBS] = Blobs(app[STORAGE])
    app[PASSWORDS] = Passwords()
    try:
        yield
    finally:
        app[PASSWORDS].close()


async def _count_requests(app: web.Application) -> AsyncIterator[None]:
    config = app[CONFIG]
    is_on = config.rate_limits is RateLimits.ON
    async with open_limiter(app[CLOCK], redis_url=config.redis, is_on=is_on) as limiter:
        app[LIMITER] = limiter
        yield


async def _run_errands(app: web.Application) -> AsyncIterator[None]:
    """Letters and what leads to them: workers of their own, since decoding an album may take the others a while."""
    config = app[CONFIG]
    postman = hire(config, outbox_folder=app[DATA_FOLDER].outbox, sealer=app[SEALER], clock=app[CLOCK])

    async def answer_forgotten(noted_id: str) -> None:
        await resetting.answer_forgotten(noted_id, rooms=app[ROOMS])

    handlers = {outbox.DELIVER: postman.deliver, resetting.FORGOTTEN: answer_forgotten}
    owner = app[DATA_FOLDER].id
    errands = JobQueue(handlers, owner=owner, clock=app[CLOCK], workers=_ERRAND_WORKERS)
    app[ROOMS] = Rooms(
        passwords=app[PASSWORDS],
        sealer=app[SEALER],
        throttle=Throttle(app[SEALER], app[CLOCK]),
        limiter=app[LIMITER],
        jobs=errands,
        clock=app[CLOCK],
        registration=config.registration,
        verifies=config.sends_mail,
    )
    await release_leases(owner)
    errands.start()
    try:
        yield
    finally:
        await errands.stop()


async def _run_jobs(app: web.Application) -> AsyncIterator[None]:
    verifier = Verifier(storage=app[STORAGE], sandbox=app[SANDBOX], blobs=app[BLOBS])
    owner = app[DATA_FOLDER].id
    app[JOBS] = JobQueue({VERIFY: verifier.verify}, owner=owner, clock=app[CLOCK], workers=app[CONFIG].verifiers)
    app[INTAKE] = Intake(
        storage=app[STORAGE],
        sandbox=app[SANDBOX],
        blobs=app[BLOBS],
        jobs=app[JOBS],
        database=app[DATABASE],
        clock=app[CLOCK],
    )
    app[RESUMABLE] = ResumableUploads(
        storage=app[STORAGE], intake=app[INTAKE], clock=app[CLOCK], limit_bytes=app[MAX_UPLOAD_BYTES]
    )
    housekeeping = asyncio.create_task(_keep_house(app), name="housekeeping")
    app[JOBS].start()
    try:
        yield
    finally:
        housekeeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await housekeeping
        await app[JOBS].stop()


async def _keep_house(app: web.Application) -> None:
    """At start and every ten minutes: queue what an engine lost, forget what is old; once a day collect garbage."""
    clock = app[CLOCK]
    await app[IS_OPEN].wait()
    for round_ in itertools.count():
        try:
            await resume_unfinished(app[JOBS])
            await forget_old_rejections(clock)
            await forget_expired(clock)
            await outbox.keep_house(app[ROOMS].jobs, clock=clock)
            await asyncio.to_thread(forget_old_files, app[DATA_FOLDER].outbox, clock=clock)
            await app[RESUMABLE].keep_house()
            if round_ % _COLLECT_EVERY == 0:
                await collect_garbage(app[STORAGE], blobs=app[BLOBS], clock=clock)
        except Exception:  # a database that is busy for a moment must not end housekeeping
            log.exception("housekeeping stumbled and goes on")
        await asyncio.sleep(_HOUSEKEEPING_S)


def _add_own_routes(app: web.Application) -> None:
    @functools.cache
    def openapi() -> bytes:
        return msgspec.json.encode(document(ENDPOINTS))

    async def healthz(_: web.Request, __: Nothing) -> health.Health:
        return health.Health(status="ok", version=__version__)

    async def readyz(request: web.Request, _: Nothing) -> health.Health:
        try:
            await request.app[DATABASE].row("SELECT 1")
        except sqlite3.Error as error:
            raise Unavailable("The database does not answer") from error
        request.app[STORAGE].check()
        await request.app[SANDBOX].missing_layers()
        return health.Health(status="ok", version=__version__)

    async def openapi_json(_: web.Request) -> web.Response:
        return web.Response(body=openapi(), content_type="application/json")

    bind(app, health.HEALTHZ, healthz)
    bind(app, health.READYZ, readyz)
    add_page(app, "GET", "/api/openapi.json", openapi_json, policy=Policy.PUBLIC)
