"""Whose request it is: the peer's, unless a trusted proxy says otherwise; the access log shows it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from tests.support import RunningServer, errors_of, running_server, until

PROXIES = "127.0.0.0/8, fd00::/8"


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that trusts loopback, where these tests stand."""
    with running_server(tmp_path_factory.mktemp("proxy") / "data", trusted_proxies=PROXIES) as running:
        yield running


async def logged_address(server: RunningServer, mark: str, *forwarded: str) -> str:
    """The address that the access log gives for one request to `/MARK`."""
    headers = [("X-Forwarded-For", value) for value in forwarded]
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.get(f"/{mark}", headers=headers)

    async def line() -> str | None:
        return next((line for line in list(server.log) if f" GET /{mark} " in line), None)

    return (await until(line, what="the access line")).partition(" GET ")[0].split()[-1]


async def test_a_stranger_cannot_claim_an_address(server: RunningServer) -> None:
    assert await logged_address(server, "claimed", "203.0.113.9") == "127.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "believed"),
    [
        ((), "127.0.0.1"),
        (("203.0.113.9",), "203.0.113.9"),
        (("2001:DB8::1",), "2001:db8::1"),
        (("198.51.100.1, 203.0.113.9",), "203.0.113.9"),
        (("198.51.100.1, 203.0.113.9, fd00::7",), "203.0.113.9"),
        (("198.51.100.1", "203.0.113.9"), "203.0.113.9"),
        (("fd00::8",), "fd00::8"),
        (("nonsense",), "127.0.0.1"),
        (("203.0.113.9, nonsense",), "127.0.0.1"),
    ],
    ids=[
        "none",
        "one",
        "IPv6",
        "own claim before it",
        "two proxies",
        "two headers",
        "all trusted",
        "junk",
        "junk last",
    ],
)
async def test_a_trusted_proxy_is_believed_as_far_as_it_saw(
    behind_proxy: RunningServer, forwarded: tuple[str, ...], believed: str, request: pytest.FixtureRequest
) -> None:
    mark = "case-" + request.node.callspec.id.replace(" ", "-")

    assert await logged_address(behind_proxy, mark, *forwarded) == believed


async def test_no_answer_names_the_versions_in_use(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answers = [await http.get(path) for path in ("/healthz", "/login", "/api/v1/me", "/nowhere")]

    assert [answer for answer in answers if "server" in answer.headers] == []


async def test_bytes_that_are_no_http_are_refused_and_not_logged_as_a_mistake_of_ours(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.get("/healthz", headers=[(b"X-Zero", b"\x01")])
        again = await http.get("/healthz")

    assert (answer.status_code, again.status_code) == (400, 200)
    assert errors_of(server) == ""
