"""Cookies, and what other sites may not do with them."""

from __future__ import annotations

import re

import httpx
import pytest
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, RunningServer, bearer

from tonearm_api.client import Client

pytestmark = pytest.mark.db

COOKIE = "__Host-tonearm"


async def sign_in(server: RunningServer) -> httpx.Response:
    form = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD}
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        return await http.post("/login", data=form, headers={"Origin": server.url})


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """The `Set-Cookie` headers by the cookie's name."""
    return {header.partition("=")[0]: header for header in answer.headers.get_list("set-cookie")}


async def cookie_of(server: RunningServer) -> str:
    header = cookies_of(await sign_in(server))[COOKIE]
    return header.removeprefix(f"{COOKIE}=").partition(";")[0]


async def send(server: RunningServer, method: str, path: str, cookie: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        return await http.request(method, path, headers={"Cookie": f"{COOKIE}={cookie}", **headers})


async def test_the_cookie_is_host_bound_secure_and_out_of_reach_of_scripts(
    server: RunningServer, owner: Client
) -> None:
    """Byte by byte: no Domain, whole site, no script, not sent along by other sites' requests."""
    set_cookies = cookies_of(await sign_in(server))

    bare = {name: re.sub(r"=[^;]{43};", "=SECRET;", header, count=1) for name, header in set_cookies.items()}
    month, year = 30 * 24 * 3600, 365 * 24 * 3600
    assert bare == {
        COOKIE: f"{COOKIE}=SECRET; HttpOnly; Max-Age={month}; Path=/; SameSite=Lax; Secure",
        f"{COOKIE}-device": f"{COOKIE}-device=SECRET; HttpOnly; Max-Age={year}; Path=/; SameSite=Lax; Secure",
    }


async def test_a_cookie_opens_the_api(server: RunningServer, owner: Client) -> None:
    answer = await send(server, "GET", "/api/v1/me", await cookie_of(server))

    assert answer.json()["email"] == OWNER_EMAIL


async def test_a_made_up_cookie_opens_nothing(server: RunningServer) -> None:
    assert (await send(server, "GET", "/api/v1/me", "x" * 43)).status_code == 401


async def test_signing_in_again_replaces_the_cookie(server: RunningServer, owner: Client) -> None:
    first = await cookie_of(server)
    form = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD}
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        await http.post("/login", data=form, headers={"Origin": server.url, "Cookie": f"{COOKIE}={first}"})

    assert (await send(server, "GET", "/api/v1/me", first)).status_code == 401


async def test_signing_out_ends_the_session_for_good(server: RunningServer, owner: Client) -> None:
    cookie = await cookie_of(server)

    await send(server, "POST", "/logout", cookie, Origin=server.url)

    assert (await send(server, "GET", "/api/v1/me", cookie)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
async def test_another_site_changes_nothing(server: RunningServer, owner: Client, headers: dict[str, str]) -> None:
    answer = await send(server, "PUT", "/api/v1/tracks/x/like", await cookie_of(server), **headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


async def test_our_own_pages_may_change_things(server: RunningServer, owner: Client) -> None:
    cookie = await cookie_of(server)

    by_metadata = await send(server, "PUT", "/api/v1/tracks/x/like", cookie, **{"Sec-Fetch-Site": "same-origin"})
    by_origin = await send(server, "PUT", "/api/v1/tracks/x/like", cookie, Origin=server.url)

    assert [by_metadata.status_code, by_origin.status_code] == [404, 404]


async def test_another_site_cannot_sign_a_browser_in(server: RunningServer, owner: Client) -> None:
    form = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD}
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        answer = await http.post("/login", data=form, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_request_with_both_credentials_is_refused(server: RunningServer, owner: Client) -> None:
    answer = await send(server, "GET", "/api/v1/me", await cookie_of(server), **bearer(owner))

    assert answer.status_code == 400
