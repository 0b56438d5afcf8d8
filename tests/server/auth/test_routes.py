"""Accounts and sessions through the front door."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest
from tests.postgres import Backend
from tests.support import (
    OTHER_EMAIL,
    OTHER_PASSWORD,
    OWNER_EMAIL,
    OWNER_NAME,
    OWNER_PASSWORD,
    RunningServer,
    add_user,
    bearer,
    raw,
    running_server,
)

from tonearm_api.client import Client
from tonearm_api.errors import Gone, SignUpClosed, WeakPassword

pytestmark = pytest.mark.db

GRACE_S = 10
"""For which a used refresh token is answered once more."""


def login_body(**changes: object) -> dict[str, object]:
    return {"email": OWNER_EMAIL, "password": OWNER_PASSWORD, **changes}


async def post(server: RunningServer, path: str, body: object, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        return await http.post(path, json=body, headers=headers)


async def new_tokens(server: RunningServer) -> dict[str, str]:
    tokens: dict[str, str] = (await post(server, "/api/v1/auth/login", login_body())).json()
    return tokens


async def refresh(server: RunningServer, token: str) -> httpx.Response:
    return await post(server, "/api/v1/auth/refresh", {"refresh_token": token})


async def me(server: RunningServer, access_token: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server.url) as http:
        return await http.get("/api/v1/me", headers={"Authorization": f"Bearer {access_token}"})


async def test_the_owner_link_makes_one_administrator(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        token = server.owner_token
        async with Client(server.url) as client:
            await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name=OWNER_NAME, token=token)
            account = await client.me()

            assert (account.email, account.name, account.is_admin) == (OWNER_EMAIL, OWNER_NAME, True)
        async with Client(server.url) as second:
            with pytest.raises(Gone):
                await second.sign_up(email=OTHER_EMAIL, password=OTHER_PASSWORD, name="Eve", token=token)


async def test_a_fresh_server_prints_the_link_until_there_is_an_owner(tmp_path: Path, backend: Backend) -> None:
    settings = backend.settings()
    with running_server(tmp_path / "data", **settings) as first:
        assert first.owner_signup_url is not None
    with running_server(tmp_path / "data", **settings) as second:
        assert second.owner_signup_url is not None
        async with Client(second.url) as client:
            with pytest.raises(Gone):
                await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name="A", token=first.owner_token)
            await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name="A", token=second.owner_token)
    with running_server(tmp_path / "data", **settings) as third:
        assert third.owner_signup_url is None


async def test_strangers_cannot_sign_up_by_default(server: RunningServer) -> None:
    async with Client(server.url) as client:
        with pytest.raises(SignUpClosed):
            await client.sign_up(email="eve@example.test", password=OTHER_PASSWORD, name="Eve")


async def test_open_registration_lets_anyone_sign_up(tmp_path: Path) -> None:
    with running_server(tmp_path / "data", registration="open") as server:
        async with Client(server.url) as client:
            account = await client.sign_up(email="eve@example.test", password=OTHER_PASSWORD, name="Eve")

            assert account is not None
            assert account.is_admin is False


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("open") / "data", registration="open") as running:
        yield running


@pytest.mark.parametrize("password", ["short", "password1234", "tonearmtonearm", "ada@example.test"])
async def test_a_guessable_password_is_refused_with_its_field(open_server: RunningServer, password: str) -> None:
    async with Client(open_server.url) as client:
        with pytest.raises(WeakPassword) as caught:
            await client.sign_up(email=OWNER_EMAIL, password=password, name="Ada")

    assert [fault.pointer for fault in caught.value.faults] == ["/password"]


@pytest.mark.parametrize("changes", [{"email": "ﷺ" * 20 + "@x.y"}, {"name": "שׁ" * 100}, {"name": "\u200b"}])
async def test_names_that_grow_or_vanish_when_normalised_are_refused(
    open_server: RunningServer, changes: dict[str, str]
) -> None:
    body = {"email": "eve@example.test", "password": OTHER_PASSWORD, "name": "Eve", **changes}

    answer = await post(open_server, "/api/v1/auth/signup", body)

    assert answer.status_code == 422
    assert [f"/{field}" for field in changes] == [fault["pointer"] for fault in answer.json()["errors"]]


async def test_an_unknown_link_is_refused_before_the_password_is_judged(server: RunningServer) -> None:
    body = {"email": "eve@example.test", "password": "1234", "name": "Eve", "token": "unknown"}

    answer = await post(server, "/api/v1/auth/signup", body)

    assert (answer.status_code, answer.json()["code"]) == (410, "gone")


async def test_the_owner_link_is_worth_nothing_once_there_is_an_administrator(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        add_user(server, OTHER_EMAIL, OTHER_PASSWORD, is_admin=True)
        async with Client(server.url) as client:
            with pytest.raises(Gone):
                await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name="A", token=server.owner_token)


HOSTILE_REQUESTS = {
    "host": b"GET /healthz HTTP/1.1\r\nHost: [::1\r\n\r\n",
    "cookie": b"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-tonearm=\xff\r\n\r\n",
    "token": b"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xff.a.b\r\n\r\n",
    "ticket": b"GET /stream/x?ticket=%FF.1.x HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "form": b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded; charset=bogus"
    b"\r\nContent-Length: 3\r\n\r\na=b",
}


@pytest.mark.parametrize("request_bytes", HOSTILE_REQUESTS.values(), ids=HOSTILE_REQUESTS)
async def test_bytes_that_are_no_text_are_refused(server: RunningServer, request_bytes: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(request_bytes)
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()

    assert 400 <= status < 500


async def test_json_without_end_is_refused(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        headers = {"Content-Type": "application/json"}
        answer = await http.post("/api/v1/auth/login", content=b"[" * 200_000, headers=headers)

    assert answer.status_code == 400


async def test_a_path_cannot_forge_a_log_line(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.get("/x%0A2026-01-01%20INFO%20forged%1b[31m")

    assert not [line for line in server.log if line.startswith("2026-01-01") or "\x1b" in line]


async def test_unknown_address_and_wrong_password_get_the_same_answer(server: RunningServer, owner: Client) -> None:
    wrong = await post(server, "/api/v1/auth/login", login_body(password="not the one"))
    unknown = await post(server, "/api/v1/auth/login", login_body(email="nobody@example.test"))

    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.json(), "instance": ""} == {**unknown.json(), "instance": ""}


async def test_the_address_is_compared_without_case(server: RunningServer, owner: Client) -> None:
    answer = await post(server, "/api/v1/auth/login", login_body(email=OWNER_EMAIL.upper()))

    assert answer.status_code == 200


async def test_a_refused_body_names_every_faulty_field(server: RunningServer) -> None:
    answer = await post(server, "/api/v1/auth/login", {"email": "no address", "password": 5, "extra": True})

    faults = {(fault["in"], fault["pointer"]) for fault in answer.json()["errors"]}
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {("body", "/email"), ("body", "/password"), ("body", "/extra")} == faults


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [(b"{", "application/json", 400), (b"{}", "text/plain", 415), (b"[]", "application/json", 422)],
)
async def test_a_body_that_is_not_json_is_refused(
    server: RunningServer, content: bytes, content_type: str, status: int
) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.post("/api/v1/auth/login", content=content, headers={"Content-Type": content_type})

    assert status == answer.status_code


async def test_a_refresh_token_works_once_and_its_lost_answer_again(server: RunningServer, owner: Client) -> None:
    first = await new_tokens(server)

    answers = [await refresh(server, first["refresh_token"]) for _ in range(2)]

    successors = {answer.json()["refresh_token"] for answer in answers}
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(successors) == 1
    assert successors != {first["refresh_token"]}


async def test_fifty_parallel_refreshes_have_one_successor(server: RunningServer, owner: Client) -> None:
    first = await new_tokens(server)

    answers = await asyncio.gather(*(refresh(server, first["refresh_token"]) for _ in range(50)))

    assert {200} == {answer.status_code for answer in answers}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


def age_used_tokens(data: Path, backend: Backend, *, url: str | None, by_s: int) -> None:
    """Let refresh tokens have been used `by_s` seconds earlier than they were, while no server runs on them."""
    statement = f"UPDATE refresh_token SET consumed_at_ms = consumed_at_ms - {by_s * 1000}"
    if url is not None and backend.cluster is not None:
        backend.cluster.run_sql(statement, database=url.rpartition("/")[2])
        return
    with contextlib.closing(sqlite3.connect(data / "tonearm.db")) as database, database:
        database.execute(statement)


async def test_a_used_token_that_comes_back_late_ends_the_family(tmp_path: Path, backend: Backend) -> None:
    data, settings = tmp_path / "data", backend.settings()
    with running_server(data, **settings) as server:
        async with Client(server.url) as client:
            await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name=OWNER_NAME, token=server.owner_token)
        first = await new_tokens(server)
        second = (await refresh(server, first["refresh_token"])).json()
    age_used_tokens(data, backend, url=settings.get("database_url"), by_s=GRACE_S + 1)
    with running_server(data, **settings) as server:
        reuse = await refresh(server, first["refresh_token"])

        assert (reuse.status_code, reuse.json()["code"]) == (401, "session_ended")
        assert (await refresh(server, second["refresh_token"])).status_code == 401
        assert (await me(server, second["access_token"])).status_code == 401


async def test_the_successor_is_the_same_after_a_restart(tmp_path: Path, backend: Backend) -> None:
    data, settings = tmp_path / "data", backend.settings()
    with running_server(data, **settings) as server:
        async with Client(server.url) as client:
            await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name=OWNER_NAME, token=server.owner_token)
        first = await new_tokens(server)
        before = (await refresh(server, first["refresh_token"])).json()
    age_used_tokens(data, backend, url=settings.get("database_url"), by_s=-60)  # a laden machine restarts too slowly
    with running_server(data, **settings) as server:
        after = await refresh(server, first["refresh_token"])

        assert before["refresh_token"] == after.json()["refresh_token"]


async def test_logging_out_ends_access_at_once(server: RunningServer, owner: Client) -> None:
    tokens = await new_tokens(server)

    answer = await post(server, "/api/v1/auth/logout", {"refresh_token": tokens["refresh_token"]})

    assert answer.status_code == 204
    assert (await me(server, tokens["access_token"])).status_code == 401
    assert (await refresh(server, tokens["refresh_token"])).status_code == 401


async def test_forged_access_tokens_are_refused(server: RunningServer, owner: Client) -> None:
    genuine = bearer(owner)["Authorization"].removeprefix("Bearer ")
    header, payload, signature = genuine.split(".")
    claims = jwt.decode(genuine, options={"verify_signature": False})
    forged = [
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, "k" * 32, algorithm="HS256", headers={"typ": "at+jwt"}),
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[:-2]}AA",
        f"{header}..{payload}.{signature}",
        f"{header}.{payload}",
        "x" * 5000,
    ]

    statuses = {token[:20]: (await me(server, token)).status_code for token in forged}

    assert {401} == set(statuses.values()), statuses


async def test_a_refresh_token_is_no_access_token(server: RunningServer, owner: Client) -> None:
    tokens = await new_tokens(server)

    assert (await me(server, tokens["refresh_token"])).status_code == 401


async def test_no_credentials_and_an_unknown_id_get_the_same_401(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answers = [await http.get(path) for path in ("/api/v1/me", "/api/v1/tracks/nothing", "/stream/nothing")]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert len({(answer.json()["code"], answer.json()["detail"]) for answer in answers}) == 1


async def test_answers_carry_the_security_headers(server: RunningServer, owner: Client) -> None:
    async with raw(owner) as http:
        answers = [await http.get("/api/v1/me"), await http.get("/nowhere"), await http.get("/healthz")]

    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_foreign_host_is_misdirected(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.get("/healthz", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.json()["code"]) == (421, "misdirected")


async def test_a_weak_key_folder_is_never_replaced_in_silence(tmp_path: Path, backend: Backend) -> None:
    data, settings = tmp_path / "data", backend.settings()
    with running_server(data, **settings):
        assert (data / "keys.json").stat().st_mode & 0o777 == 0o600
    (data / "keys.json").unlink()

    with pytest.raises(AssertionError, match="restore it"):
        running_server(data, **settings).__enter__()
