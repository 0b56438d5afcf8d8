"""The client: refreshes once, raises the server's errors, trusts nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest
from aiohttp import web
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, RunningServer

from tonearm_api.client import Client, MemoryStore
from tonearm_api.connection import MAX_ANSWER_BYTES
from tonearm_api.credentials import Login
from tonearm_api.errors import NotFound, SessionEnded, Unreachable, WrongCredentials
from tonearm_api.library import ListTracks

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Strange = Callable[[Handler], Awaitable[Client]]


@pytest.fixture
async def strange() -> AsyncIterator[Strange]:
    """A client of a server that answers everything in its own way."""
    runners: list[web.AppRunner] = []
    clients: list[Client] = []

    async def start(handler: Handler) -> Client:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        runners.append(runner)
        client = Client(f"http://127.0.0.1:{runner.addresses[0][1]}")
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()
    for runner in runners:
        await runner.cleanup()


def expire(client: Client, **changes: object) -> None:
    login = client.store.find()
    assert login is not None
    client.store.save(msgspec.structs.replace(login, **changes))


async def test_an_access_token_about_to_end_is_refreshed_first(owner: Client) -> None:
    before = owner.store.find()
    expire(owner, access_expires_at=time.time() + 1)

    await owner.me()

    after = owner.store.find()
    assert before is not None
    assert after is not None
    assert before.refresh_token != after.refresh_token
    assert after.access_expires_at > time.time() + 500


async def test_a_refused_access_token_is_refreshed_once(owner: Client) -> None:
    expire(owner, access_token="stale")

    answers = await asyncio.gather(*(owner.me() for _ in range(10)))

    assert {OWNER_EMAIL} == {answer.email for answer in answers}


async def test_an_ended_session_is_said(server: RunningServer, owner: Client) -> None:
    async with Client(server.url) as client:
        await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
        await client.log_out()

        with pytest.raises(SessionEnded):
            await client.me()


async def test_the_servers_error_is_raised_as_its_class(owner: Client) -> None:
    with pytest.raises(NotFound):
        await owner.get_track("nothing")


async def test_wrong_credentials_are_their_own_class(server: RunningServer, owner: Client) -> None:
    async with Client(server.url) as client:
        with pytest.raises(WrongCredentials):
            await client.log_in(email=OWNER_EMAIL, password="not the one")


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    async with Client("http://127.0.0.1:9") as client:
        with pytest.raises(Unreachable):
            await client.me()


async def test_a_login_goes_to_its_own_server_only(strange: Strange) -> None:
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.json_response({"items": [], "next_cursor": None})

    client = await strange(handler)
    client.store = MemoryStore()
    client.store.save(
        Login(
            server="http://elsewhere.example",
            email="",
            name="",
            access_token="secret",
            refresh_token=None,
            access_expires_at=float("inf"),
        )
    )

    await client.list_tracks(ListTracks())

    assert seen == [None]


async def test_redirects_are_not_followed(strange: Strange) -> None:
    paths: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        paths.append(request.path)
        raise web.HTTPFound("/elsewhere")

    client = await strange(handler)

    with pytest.raises(Unreachable):
        await client.list_tracks(ListTracks())
    assert paths == ["/api/v1/tracks"]


async def test_an_answer_without_end_is_cut(strange: Strange) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(MAX_ANSWER_BYTES // 2**20 + 2):
            await response.write(bytes(2**20))
        return response

    client = await strange(handler)

    with pytest.raises(Unreachable, match="larger"):
        await client.list_tracks(ListTracks())


async def test_what_is_not_tonearm_is_said_to_be_so(strange: Strange) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    client = await strange(handler)

    with pytest.raises(Unreachable, match="not as a Tonearm server"):
        await client.list_tracks(ListTracks())


async def test_text_from_the_server_is_made_safe(strange: Strange) -> None:
    async def handler(_: web.Request) -> web.Response:
        problem = {"type": "", "title": "", "status": 404, "detail": "\x1b[2Jgone", "code": "not_found"}
        return web.json_response(problem, status=404)

    client = await strange(handler)

    with pytest.raises(NotFound) as caught:
        await client.get_track("x")
    assert caught.value.detail == "␛[2Jgone"
