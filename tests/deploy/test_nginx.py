"""The shipped nginx configuration in front of a real server: what people get, and what strangers cannot do."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from tests.audio import make_audio
from tests.deploy.proxy import SHIPPED, Stack, running_stack
from tests.support import (
    OWNER_EMAIL,
    OWNER_NAME,
    OWNER_PASSWORD,
    TONEARM,
    WAIT_S,
    clean_environment,
    until,
)

from tonearm_api.library import AudioFormat

SLOW_HEADER = {"client_header_timeout 10s": "client_header_timeout 1s"}
"""The same rule with a shorter wait; the shipped number is checked by reading it."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("stack"), replace=SLOW_HEADER) as running:
        yield running


@pytest.fixture(scope="module")
def owner_tokens(stack: Stack) -> dict[str, str]:
    person = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD, "name": OWNER_NAME, "token": stack.server.owner_token}
    with httpx.Client(base_url=stack.url, verify=stack.context()) as http:
        answer = http.post("/api/v1/auth/signup", json=person)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture
async def https(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stack.url, verify=stack.context(), timeout=30) as client:
        yield client


@pytest.fixture
async def owner(https: httpx.AsyncClient, owner_tokens: dict[str, str]) -> httpx.AsyncClient:
    https.headers["Authorization"] = f"Bearer {owner_tokens['access_token']}"
    return https


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_audio(tmp_path / "song.flac", format=AudioFormat.FLAC, seconds=20.0)


def test_the_owner_link_leads_through_the_proxy(stack: Stack) -> None:
    assert stack.server.owner_signup_url is not None
    assert stack.server.owner_signup_url.startswith(f"{stack.url}/signup#t=")


async def test_a_file_is_uploaded_and_streams_back_equal(owner: httpx.AsyncClient, song: Path) -> None:
    with song.open("rb") as file:
        answer = await owner.post("/api/v1/tracks", files={"file": ("song.flac", file)})
    track_id = answer.json()["id"]

    async def ready() -> bool:
        return bool((await owner.get(f"/api/v1/tracks/{track_id}")).json()["state"] == "ready")

    await until(ready, what="the verdict")
    sent = await asyncio.to_thread(song.read_bytes)
    whole = await owner.get(f"/stream/{track_id}")
    part = await owner.get(f"/stream/{track_id}", headers={"Range": "bytes=1000-1999"})
    known = await owner.get(f"/stream/{track_id}", headers={"If-None-Match": whole.headers["ETag"]})

    assert answer.status_code in {200, 201}
    assert whole.content == sent
    assert (part.status_code, part.content) == (206, sent[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(sent)}"
    assert (known.status_code, known.content) == (304, b"")


async def test_the_longest_search_that_tonearm_takes_passes(owner: httpx.AsyncClient) -> None:
    name = "\N{MUSICAL SYMBOL G CLEF}" * 500

    answer = await owner.get("/api/v1/tracks", params={"artist": name, "album": name, "genre": name, "q": name[:200]})

    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_a_stranger_streams_nothing(https: httpx.AsyncClient) -> None:
    answer = await https.get("/stream/unknown")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_the_browser_gets_a_secure_cookie(https: httpx.AsyncClient, owner_tokens: dict[str, str]) -> None:
    form = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD}

    answer = await https.post("/login", data=form, headers={"Origin": str(https.base_url).rstrip("/")})

    cookies = answer.headers.get_list("Set-Cookie")
    assert answer.status_code == 303
    assert ["__Host-tonearm", "__Host-tonearm-device"] == sorted(cookie.partition("=")[0] for cookie in cookies)
    assert all("Secure" in cookie for cookie in cookies)
    assert (await https.get("/me")).status_code == 200


async def test_plain_http_is_sent_to_https(stack: Stack) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{stack.plain_port}/t/abc?from=here")

    assert (answer.status_code, answer.headers["Location"]) == (308, "https://127.0.0.1/t/abc?from=here")


async def test_browsers_are_told_to_stay_with_https(https: httpx.AsyncClient) -> None:
    answers = [await https.get(path) for path in ("/healthz", "/login", "/nowhere")]

    assert {answer.headers.get_list("Strict-Transport-Security")[0] for answer in answers} == {"max-age=31536000"}


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_tls_is_refused(stack: Stack, version: str) -> None:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{stack.tls_port}", version, "-cipher", "ALL:@SECLEVEL=0"]

    ran = subprocess.run(command, input="", capture_output=True, text=True, check=False, timeout=WAIT_S)

    assert ran.returncode != 0
    assert "alert protocol version" in ran.stderr


async def test_the_server_logs_the_address_that_nginx_saw(stack: Stack, https: httpx.AsyncClient) -> None:
    claims = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Real-IP": "203.0.113.9"}

    await https.get("/who-is-it", headers=claims)

    async def line() -> str | None:
        return next((line for line in list(stack.server.log) if "/who-is-it" in line), None)

    assert " 127.0.0.1 GET /who-is-it " in await until(line, what="the access line")


async def test_another_host_name_is_refused(https: httpx.AsyncClient) -> None:
    answer = await https.get("/healthz", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.json()["code"]) == (421, "misdirected")


async def test_a_body_over_the_limit_is_refused_in_tonearms_words(owner: httpx.AsyncClient) -> None:
    answer = await owner.post("/api/v1/auth/login", content=b" " * (1024 * 1024 + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_header_that_does_not_end_is_cut_off(stack: Stack) -> None:
    with socket.create_connection(("127.0.0.1", stack.plain_port), timeout=WAIT_S) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")

        try:
            rest = slow.recv(4096)
        except ConnectionResetError:
            rest = b""

    assert b" 200 " not in rest


def _tls(stack: Stack) -> ssl.SSLSocket:
    connection = socket.create_connection(("127.0.0.1", stack.tls_port), timeout=WAIT_S)
    return stack.context().wrap_socket(connection, server_hostname="127.0.0.1")


async def test_an_address_gets_forty_connections(stack: Stack) -> None:
    """Each of forty holds a request whose body does not come; the next is told to wait."""
    head = b"POST /api/v1/tracks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n"
    held = []
    try:
        for _ in range(40):
            tls = _tls(stack)
            held.append(tls)
            tls.sendall(head[:-2] + b"Expect: 100-continue\r\n\r\n")
            assert tls.recv(25).startswith(b"HTTP/1.1 100 Continue")
        async with httpx.AsyncClient(verify=stack.context()) as one_more:
            answer = await one_more.get(f"{stack.url}/healthz")
    finally:
        for each in held:
            each.close()

    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "5"


def test_the_shipped_deadlines_are_the_promised_ones() -> None:
    text = SHIPPED.read_text(encoding="utf-8")

    for promise in ("client_header_timeout 10s", "client_body_timeout 20s", "send_timeout 30s", "addresses 40"):
        assert f" {promise};" in text


def test_the_command_line_signs_in_through_it(stack: Stack, owner_tokens: dict[str, str], tmp_path: Path) -> None:
    environment = clean_environment(SSL_CERT_FILE=str(stack.certificate), TONEARM_CONFIG_DIR=str(tmp_path / "config"))

    ran = subprocess.run(
        [TONEARM, "login", stack.url, "--email", OWNER_EMAIL, "--password-stdin"],
        input=OWNER_PASSWORD + "\n",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT_S,
    )

    assert ran.returncode == 0, ran.stderr


FRAMINGS = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "unknown coding": b"Transfer-Encoding: xchunked\r\n",
    "two hosts": b"Host: 127.0.0.1\r\n",
}


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS.keys())
def test_a_request_whose_end_is_in_doubt_goes_no_further(stack: Stack, framing: bytes) -> None:
    """Threat T53: a second request, hidden in the body of the first."""
    hidden = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with _tls(stack) as connection:
        connection.sendall(head + framing + b"\r\n0\r\n\r\n" + hidden)

        status = connection.recv(4096).split(b" ", 2)[1]

    assert status in {b"400", b"501"}
    assert not [line for line in stack.server.log if "/smuggled" in line]


def test_a_body_that_stops_is_cut_off(tmp_path: Path) -> None:
    shorter = {"client_body_timeout 20s": "client_body_timeout 1s"}
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with running_stack(tmp_path / "stack", replace=shorter) as stack, _tls(stack) as connection:
        connection.sendall(head + b'Content-Length: 100\r\n\r\n{"email"')

        try:
            answer = connection.recv(4096)
        except ConnectionResetError:
            answer = b""

    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")


async def test_without_the_server_people_are_told_and_no_ticket_is_logged(
    tmp_path: Path,
) -> None:
    with running_stack(tmp_path / "stack") as stack:
        async with httpx.AsyncClient(base_url=stack.url, verify=stack.context()) as https:
            await https.get("/stream/abc?ticket=very-secret")
            stack.server.stop()
            answer = await https.get("/stream/abc?ticket=very-secret")

        async def logged() -> bool:
            return "".join(stack.log).count("GET /stream/abc") == 2

        await until(logged, what="two lines in nginx's log")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "very-secret" not in "".join([*stack.log, *stack.server.log])
