"""Who is measured: Tonearm with an account and a token, nginx, and a bare aiohttp FileResponse."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from tonearm_api.client import Client
from tonearm_api.library import TrackState

TONEARM = str(Path(sys.executable).with_name("tonearm"))
_EMAIL, _PASSWORD = "bench@example.test", "tulip gravel orbit"  # of an account that lives for minutes
_START_S = 60
_STOP_S = 20
_RATE_HZ, _WIDTH = 44_100, 2
_NOT_KEPT = ("TONEARM_", "PYTHONDONTWRITEBYTECODE")
_BARE = """
import sys
from aiohttp import web
async def answer(request): return web.FileResponse(sys.argv[1])
app = web.Application()
app.router.add_get("/file", answer)
def say(_): print("listening", flush=True)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=None, print=say)
"""
_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
worker_rlimit_nofile 20000;
events {{ worker_connections 10000; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{ listen 127.0.0.1:{port} backlog=4096; location = /file {{ alias {file}; }} }}
}}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """A running server: where it listens, what to ask it for."""

    pid: int
    port: int
    path: str = "/file"
    token: str = ""

    def headers(self, **others: str) -> dict[str, str]:
        """With the credentials, where it wants any."""
        return {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **others}


def environment(folder: Path) -> dict[str, str]:
    """Ours without anybody's settings; logins are kept in the folder, and compiled modules as anywhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_KEPT)}
    return {**kept, "TONEARM_CONFIG_DIR": str(folder / "config")}


def raise_limit() -> None:
    """As many open files as this user may have: each listener needs one at both ends."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def started(command: Sequence[str], *, folder: Path) -> Iterator[tuple[int, str]]:
    """The process from the moment it says `listening`, and what it said; it is told to stop at the end."""
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment(folder)) as process,
    ):
        try:
            line = next((line for line in process.stdout or () if line.startswith("listening")), None)
            if line is None:
                raise SystemExit(f"this server did not start: {' '.join(command)}\n{(folder / 'log').read_text()}")
            yield process.pid, line
        finally:
            process.terminate()
            process.wait(timeout=_STOP_S)


def serve_command(folder: Path) -> list[str]:
    return [TONEARM, "serve", "--host", "127.0.0.1", "--port", "0", "--data", str(folder / "data")]


@contextmanager
def tonearm(folder: Path) -> Iterator[Peer]:
    """On `folder/data`, with an account of ours that is signed in; its login is also the command line's."""
    command = [TONEARM, "server", "user", "add", "--email", _EMAIL, "--name", "Bench", "--password-stdin"]
    command += ["--data", str(folder / "data")]
    subprocess.run(command, input=_PASSWORD + "\n", text=True, check=True, capture_output=True, env=environment(folder))
    with started(serve_command(folder), folder=folder) as (pid, line):
        url = line.split()[1]
        login = [TONEARM, "login", url, "--email", _EMAIL, "--password-stdin"]
        subprocess.run(
            login, input=_PASSWORD + "\n", text=True, check=True, capture_output=True, env=environment(folder)
        )
        printed = subprocess.run(
            [TONEARM, "auth", "token"], text=True, check=True, capture_output=True, env=environment(folder)
        )
        yield Peer(pid=pid, port=urlsplit(url).port or 0, token=printed.stdout.strip())


async def upload(peer: Peer, *files: Path) -> list[str]:
    """Ids of the tracks that the files have become, once every one is decoded."""
    async with Client(f"http://127.0.0.1:{peer.port}") as client:
        await client.log_in(email=_EMAIL, password=_PASSWORD)
        ids = [(await client.upload_track(file)).id for file in files]
        for track_id in ids:
            while (await client.get_track(track_id)).state is TrackState.VERIFYING:  # noqa: ASYNC110  # a server decides
                await asyncio.sleep(0.05)
        return ids


@contextmanager
def nginx(folder: Path, file: Path) -> Iterator[Peer]:
    """One worker with sendfile and no log: what the machine can do."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise SystemExit("nginx is the yardstick here: `make setup-dev` installs it")
    port = free_port()
    settings = folder / "nginx.conf"
    settings.write_text(_NGINX.format(folder=folder, port=port, file=file))
    with subprocess.Popen([program, "-p", str(folder), "-c", str(settings)], stderr=subprocess.DEVNULL) as process:
        try:
            _await_port(port)
            yield Peer(pid=process.pid, port=port)
        finally:
            process.terminate()
            process.wait(timeout=_STOP_S)


@contextmanager
def bare_aiohttp(folder: Path, file: Path) -> Iterator[Peer]:
    """What the framework does by itself: a FileResponse, no account, no log."""
    port = free_port()
    with started([sys.executable, "-c", _BARE, str(file), str(port)], folder=folder) as (pid, _):
        yield Peer(pid=pid, port=port)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _await_port(port: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit("nginx did not start")


def write_noise(path: Path, *, size_bytes: int, seed: int = 0) -> Path:
    """A WAV file of about that size: noise, which no format makes smaller."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(_WIDTH)
        file.setframerate(_RATE_HZ)
        file.writeframes(Random(seed).randbytes(size_bytes // 4 * 4))
    return path
