"""What tests share: a real server as a child process, its owner, and small waits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

import httpx

from tonearm_api.client import Client
from tonearm_api.library import Track, TrackState
from tonearm_server.control import NewUser, ask_running_server

OWNER_EMAIL = "ada@example.test"
OWNER_NAME = "Ada"
OWNER_PASSWORD = "tulip gravel orbit"
OTHER_EMAIL = "mallory@example.test"
OTHER_PASSWORD = "copper lantern drift"

TONEARM = str(Path(sys.executable).with_name("tonearm"))

START_S = WAIT_S = 60
"""Where a test gives up: far beyond what a laden machine needs, as several tests run at a time."""

ValueT = TypeVar("ValueT")


@dataclass
class RunningServer:
    """A `tonearm serve` of our own, on loopback and a free port."""

    url: str
    data: Path
    owner_signup_url: str | None
    process: subprocess.Popen[str]
    log: list[str]
    readers: list[threading.Thread]

    @property
    def owner_token(self) -> str:
        assert self.owner_signup_url is not None
        return self.owner_signup_url.partition("#t=")[2]

    def stop(self) -> int:
        """SIGTERM and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._wait()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self._wait()

    def _wait(self) -> int:
        code = self.process.wait(timeout=START_S)
        for reader in self.readers:
            reader.join(timeout=START_S)
        return code


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without any TONEARM_ variable but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONEARM_")}
    return {**kept, **extra}


def start_server(data: Path, *, under: Sequence[str] = (), **settings: str) -> RunningServer:
    """Start `tonearm serve` on `data`, on a free port unless one is set. Raises AssertionError with its log.

    Settings become TONEARM_ variables. `under` is a program that runs it, and that is then the process of the result.
    Rate limits are off unless a test turns them on: all tests of a module come from one address.
    """
    environment = clean_environment(**{f"TONEARM_{name.upper()}": value for name, value in settings.items()})
    environment.setdefault("TONEARM_PORT", "0")
    environment.setdefault("TONEARM_RATE_LIMITS", "off")
    command = [*under, TONEARM, "serve", "--host", "127.0.0.1", "--data", str(data)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=data.parent
    )
    log: list[str] = []
    lines: queue.Queue[str | None] = queue.Queue()
    readers = [
        threading.Thread(target=_pump, args=(process.stdout, lines.put), daemon=True),
        threading.Thread(target=_pump, args=(process.stderr, lambda line: log.append(line or "")), daemon=True),
    ]
    for reader in readers:
        reader.start()
    owner_signup_url = None
    deadline = time.monotonic() + START_S
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            line = None
        if line is None:
            RunningServer("", data, None, process, log, readers).kill()
            raise AssertionError("the server did not start:\n" + "".join(log))
        word, _, value = line.strip().partition(" ")
        if word == "owner-signup":
            owner_signup_url = value
        if word == "listening":
            return RunningServer(value, data, owner_signup_url, process, log, readers)


def _pump(stream: IO[str] | None, put: Callable[[str | None], object]) -> None:
    assert stream is not None
    with stream:
        for line in stream:
            put(line)
    put(None)


@contextlib.contextmanager
def running_server(data: Path, **settings: str) -> Iterator[RunningServer]:
    server = start_server(data, **settings)
    try:
        yield server
    finally:
        server.stop()


@contextlib.asynccontextmanager
async def owner_client(server: RunningServer) -> AsyncIterator[Client]:
    """A client signed in as the owner, who is made on the first call."""
    async with Client(server.url) as client:
        if (server.data / ".owner-made").exists():
            await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
        else:
            await client.sign_up(email=OWNER_EMAIL, password=OWNER_PASSWORD, name=OWNER_NAME, token=server.owner_token)
            (server.data / ".owner-made").touch()
        yield client


def add_user(server: RunningServer, email: str, password: str, *, is_admin: bool = False) -> None:
    """Make another account, through the side door that `tonearm server user add` takes beside a running server."""
    wanted = NewUser(email=email, name="Mallory", password=password, is_admin=is_admin)
    ask_running_server(server.data / "control.sock", "/users", wanted)


async def until(check: Callable[[], Awaitable[ValueT | None]], *, what: str, timeout_s: float = WAIT_S) -> ValueT:
    """The first value of `check` that is neither None nor False."""
    async with asyncio.timeout(timeout_s):
        while True:
            value = await check()
            if value is not None and value is not False:
                return value
            await asyncio.sleep(0.05)
    raise AssertionError(what)


async def verdict(client: Client, track_id: str) -> Track:
    """The track once it is ready or rejected."""

    async def settled() -> Track | None:
        track = await client.get_track(track_id)
        return None if track.state is TrackState.VERIFYING else track

    return await until(settled, what=f"a verdict on {track_id}")


async def upload(client: Client, path: Path) -> Track:
    """Upload a file and wait for its verdict."""
    return await verdict(client, (await client.upload_track(path)).id)


def errors_of(server: RunningServer) -> str:
    """The server's log from its first error on; empty where there is none."""
    log = "".join(server.log)
    starts = [log.find(word) for word in (" ERROR ", "Traceback") if word in log]
    return log[min(starts) :] if starts else ""


def bearer(client: Client) -> dict[str, str]:
    """Headers for raw requests in the client's name."""
    login = client.store.find()
    assert login is not None
    return {"Authorization": f"Bearer {login.access_token}"}


def raw(client: Client) -> httpx.AsyncClient:
    """A bare HTTP client with the client's credentials: sees what goes over the wire."""
    return httpx.AsyncClient(base_url=client.server, headers=bearer(client), timeout=30)
