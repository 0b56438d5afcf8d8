"""A whole server in this process, on a port of its own and a clock that tests turn."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from aiohttp import web
from tests.postgres import Backend
from tests.support import until

from tonearm_server.app import create_app
from tonearm_server.auth.links import new_owner_link
from tonearm_server.config import Config

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


@dataclass
class TurnedClock:
    """Starts at a fixed moment and stands still until it is turned."""

    ms: int = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.ms

    def monotonic_s(self) -> float:
        return self.ms / 1000

    def turn(self, *, s: float) -> None:
        self.ms += round(s * 1000)


@dataclass
class House:
    """The server, its clock and its letter box. Its loop runs in a thread of its own, like a process would."""

    url: str
    data: Path
    clock: TurnedClock
    owner_token: str
    app: web.Application
    read: set[Path] = field(default_factory=set)

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        no_tls = httpx.AsyncHTTPTransport(verify=False)  # plain http: reading the CAs takes 20 ms
        async with httpx.AsyncClient(base_url=self.url, timeout=30, transport=no_tls) as http:
            return await http.request(method, path, json=body, headers=headers)

    async def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        return await self.ask("POST", path, body, **headers)

    async def letter(self, to: str) -> EmailMessage:
        """The next letter to that address, once it is there."""

        async def arrived() -> EmailMessage | None:
            for path in sorted((self.data / "outbox").glob("*.eml")):
                if path in self.read:
                    continue
                message = message_from_bytes(path.read_bytes(), policy=policy.default)
                if [to] == [address.addr_spec for address in message["To"].addresses]:
                    self.read.add(path)
                    return message
            return None

        return await until(arrived, what=f"a letter to {to}")

    async def token_in_letter(self, to: str) -> str:
        """What stands behind `#t=` in the next letter."""
        return text_of(await self.letter(to)).partition("#t=")[2].split()[0]

    def letters(self) -> int:
        return len(list((self.data / "outbox").glob("*.eml")))


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@dataclass
class Person:
    """Somebody with an account, and a session of theirs."""

    house: House
    email: str
    password: str
    tokens: dict[str, Any] = field(default_factory=dict)
    totp: pyotp.TOTP | None = None
    recovery_codes: list[str] = field(default_factory=list)

    async def log_in(self, **more: str) -> httpx.Response:
        answer = await self.house.post("/api/v1/auth/login", {"email": self.email, "password": self.password, **more})
        if answer.status_code == 200:
            self.tokens = answer.json()
        return answer

    async def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        token = self.tokens["access_token"]
        return await self.house.ask(method, f"/api/v1{path}", body, Authorization=f"Bearer {token}")

    async def step_up(self, **more: str) -> httpx.Response:
        return await self.ask("POST", "/auth/step-up", {"password": self.password, **more})

    def code(self) -> str:
        """What the authenticator shows now."""
        assert self.totp is not None
        return self.totp.at(self.house.clock.ms // 1000)

    async def add_authenticator(self) -> None:
        seed = await self.ask("POST", "/me/authenticator")
        assert seed.status_code == 201, seed.text
        self.totp = pyotp.parse_uri(seed.json()["uri"])  # type: ignore[assignment]  # it is a TOTP, as the URI says
        confirmed = await self.ask("PUT", "/me/authenticator", {"code": self.code()})
        assert confirmed.status_code == 200, confirmed.text
        self.recovery_codes = confirmed.json()["codes"]
        self.house.clock.turn(s=30)  # the code just used is no longer good


@contextmanager
def running_house(data: Path, **settings: Any) -> Iterator[House]:  # Any: settings of several types
    """Serve until the block ends."""
    clock = TurnedClock()
    started: list[House] = []
    ready, over = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    async def serve() -> None:
        app = create_app(Config(**{"data": data, "rate_limits": "off", **settings}), clock=clock)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            port = runner.addresses[0][1]
            token = await new_owner_link(clock=clock)
            started.append(House(f"http://127.0.0.1:{port}", data, clock, token or "", app))
            ready.set()
            await asyncio.to_thread(over.wait)
        finally:
            await runner.cleanup()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001  # shown to the test that waits
            failures.append(error)
            ready.set()

    thread = threading.Thread(target=run, name="house")
    thread.start()
    ready.wait(60)
    try:
        if failures:
            raise failures[0]
        yield started[0]
    finally:
        over.set()
        thread.join(60)
    if failures:
        raise failures[0]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Iterator[House]:
    """One server for the tests of a module, open to all and without rate limits."""
    folder = tmp_path_factory.mktemp("house") / "data"
    settings = backend.settings()
    with running_house(folder, registration="open", **settings) as running:
        yield running


@pytest.fixture
async def member(house: House) -> Person:
    """Somebody new, with an account of their own for this test alone."""
    return await new_person(house)


_numbers = iter(range(1, 1_000_000))


async def new_person(house: House, *, password: str = "copper lantern drift") -> Person:  # noqa: S107  # a test's
    person = Person(house, f"person{next(_numbers)}@example.test", password)
    wanted = {"email": person.email, "password": password, "name": "Somebody"}
    answer = await house.post("/api/v1/auth/signup", wanted)
    assert answer.status_code == 201, answer.text
    person.tokens = answer.json()
    return person
