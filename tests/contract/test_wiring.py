"""Every endpoint is bound, every route has a policy, and what a stranger may reach is known."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from aiohttp import web
from tests.support import RunningServer

from tonearm_api.contract import ENDPOINTS
from tonearm_api.endpoint import AnyEndpoint, Policy
from tonearm_server.app import create_app
from tonearm_server.config import Config
from tonearm_server.kit.http import add_page, policies


@pytest.fixture
def app(tmp_path: Path) -> web.Application:
    return create_app(Config(data=tmp_path / "data"))


def test_every_endpoint_is_bound_with_its_own_policy(app: web.Application) -> None:
    bound = {
        (route.method, route.resource.canonical): policy
        for route, policy in policies(app).items()
        if route.resource is not None
    }

    for endpoint in ENDPOINTS:
        assert endpoint.policy is bound[endpoint.method, endpoint.path]


def test_every_route_has_a_policy(app: web.Application) -> None:
    assert set(app.router.routes()) == set(policies(app))


async def test_a_server_with_a_bare_route_does_not_start(app: web.Application) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response()

    app.router.add_get("/bare", handler)
    runner = web.AppRunner(app)

    with pytest.raises(RuntimeError, match="/bare"):
        await runner.setup()
    await runner.cleanup()


async def test_a_page_with_a_policy_is_a_route(app: web.Application) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response()

    add_page(app, "GET", "/extra", handler, policy=Policy.ADMIN)

    assert Policy.ADMIN in policies(app).values()


def filled(endpoint: AnyEndpoint) -> str:
    return endpoint.path.replace("{id}", "anything")


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.policy is not Policy.PUBLIC], ids=lambda e: e.name)
async def test_strangers_get_401_before_anything_else(server: RunningServer, endpoint: AnyEndpoint) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.request(endpoint.method, filled(endpoint))

    assert answer.status_code == 401


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.name)
async def test_other_methods_are_405_with_what_is_allowed(server: RunningServer, endpoint: AnyEndpoint) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.request("PROPFIND", filled(endpoint))

    assert answer.status_code == 405
    assert endpoint.method in answer.headers["allow"]


def test_names_are_unique() -> None:
    names = [endpoint.name for endpoint in ENDPOINTS]

    assert len(names) == len(set(names))
