"""What `make run` runs: a server of its own in `.demo/`, an owner, the demo album, and the player on top.

Without a terminal the first track plays into the void for five seconds, one line a step. Every step can be
repeated: a second run finds the account and the album where the first one left them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tonearm_api.client import Client
from tonearm_api.errors import TonearmError
from tonearm_api.library import ListTracks, TrackState

ROOT = Path(__file__).resolve().parent.parent
EMAIL = "listener@demo.test"
NAME = "Demo listener"

START_S = 30
"""A server is ready within 2 s; a busy build machine gets more."""

STOP_S = 15
"""The server drains for at most ten seconds."""

HEARD_S = 5


class DemoFailed(Exception):
    """A step did not work; the message says which and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """The demo's folders and files, all below one folder."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def config(self) -> Path:
        return self.home / "config"

    @property
    def music(self) -> Path:
        return self.home / "music"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def pid(self) -> Path:
        """The number of the server's process, while it runs."""
        return self.home / "server.pid"

    @property
    def password(self) -> Path:
        return self.home / "password"


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """A server that listens. `owner_token` is there while it has no account."""

    url: str
    owner_token: str | None


def main(arguments: Sequence[str]) -> int:
    """Run the demo in the folder named, or in `.demo/`; returns the exit code."""
    places = Places(home=Path(arguments[0]).resolve() if arguments else ROOT / ".demo")
    places.home.mkdir(mode=0o700, exist_ok=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        return _run(places)
    except (DemoFailed, TonearmError) as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(places: Places) -> int:
    with server(places) as started:
        _step(f"serving {started.url}")
        album = make_album(places)
        asyncio.run(sign_up(started, read_password(places)))
        sign_in(places, started)
        upload(places, album, asyncio.run(missing(places, started, album)))
        try:
            return play(places)
        finally:
            _tonearm(places, "logout", "--quiet", check=False)


def make_album(places: Places) -> list[Path]:
    """The demo album's files, synthesised where they are missing."""
    command = [sys.executable, str(ROOT / "tools" / "demo_music.py"), str(places.music)]
    made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode:
        raise DemoFailed("the demo album could not be made")
    return [Path(line) for line in made.stdout.splitlines() if line]


@contextlib.contextmanager
def server(places: Places) -> Iterator[Started]:
    """A server in a session of its own, so that ctrl-c reaches the player alone; stopped when the block ends."""
    command = [*_program(), "serve", "--host", "127.0.0.1", "--port", "0", "--data", str(places.data)]
    with places.log.open("w") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=_environment(places), start_new_session=True
        )
    with contextlib.ExitStack() as stack:
        stack.callback(_stop, process)
        started = _wait_until_listening(process, places)
        places.pid.write_text(str(process.pid))
        stack.callback(places.pid.unlink, missing_ok=True)
        yield started


def _wait_until_listening(process: subprocess.Popen[str], places: Places) -> Started:
    said = dict(line.split(maxsplit=1) for line in _lines(process) if " " in line)
    if "listening" not in said:
        raise DemoFailed(_why_not(places))
    token = said.get("owner-signup", "").partition("#t=")[2].strip()
    return Started(url=said["listening"].strip(), owner_token=token or None)


def _why_not(places: Places) -> str:
    """The end of the server's log, and what to do about a server that an earlier run left behind."""
    pid = _left_running(places)
    todo = f"\nAnother demo runs, or one was killed and left its server: kill {pid}" if pid else ""
    return f"the server did not start:\n{_last_lines(places.log)}{todo}"


def _left_running(places: Places) -> int | None:
    """The server that some run of the demo noted, where it still lives."""
    try:
        pid = int(places.pid.read_text())
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError, PermissionError):
        return None
    return pid


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """What the server prints until it listens, ends, or START_S are over without a line."""
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_pump, args=(process, lines), daemon=True).start()
    with contextlib.suppress(queue.Empty):
        while line := lines.get(timeout=START_S):
            yield line
            if line.startswith("listening "):
                return


def _pump(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    """Reads to the end, so that the server never waits for a full pipe; an empty line is the end."""
    for line in process.stdout or ():
        lines.put(line)
    lines.put("")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=STOP_S)


def read_password(places: Places) -> str:
    """The demo account's password: drawn once, kept for this user alone."""
    if not places.password.exists():
        descriptor = os.open(places.password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(18))
    return places.password.read_text()


async def sign_up(started: Started, password: str) -> None:
    """Make the owner through the one-time link, where the server has no account yet."""
    if started.owner_token is None:
        return
    async with Client(started.url) as client:
        await client.sign_up(email=EMAIL, password=password, name=NAME, token=started.owner_token)
        await client.log_out()
    _step(f"signed up {EMAIL}")


def sign_in(places: Places, started: Started) -> None:
    command = ("login", started.url, "--email", EMAIL, "--password-stdin", "--quiet")
    _tonearm(places, *command, stdin=read_password(places) + "\n")
    _step(f"signed in to {started.url}")


async def missing(places: Places, started: Started, album: Sequence[Path]) -> list[Path]:
    """The files of the album that the server has not; the bytes are never altered, so their size tells."""
    async with Client(started.url) as client:
        await client.log_in(email=EMAIL, password=read_password(places))
        page = await client.list_tracks(ListTracks(mine=True, limit=200))
        await client.log_out()
    there = {track.size_bytes for track in page.items if track.state is not TrackState.REJECTED}
    return [path for path in album if path.stat().st_size not in there]


def upload(places: Places, album: Sequence[Path], paths: Sequence[Path]) -> None:
    """Through the command that people use; one at a time, the last first, so that "recent" begins with track 1."""
    if paths:
        loud = () if sys.stdout.isatty() else ("--quiet",)
        said = None if sys.stdout.isatty() else subprocess.DEVNULL
        _tonearm(places, "upload", "--transfers", "1", *loud, *map(str, reversed(paths)), stdout=said)
    there = len(album) - len(paths)
    _step(f"uploaded {len(paths)}" + (f", {there} there already" if there else ""))


def play(places: Places) -> int:
    """The player on a terminal; five seconds of the first track without one."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        return _tonearm(places, "tui", check=False)
    return _tonearm(places, "tui", "--play-first", str(HEARD_S), "--audio-output", "null", check=False)


def _tonearm(
    places: Places,
    *arguments: str,
    stdin: str | None = None,
    stdout: int | None = None,
    check: bool = True,
) -> int:
    """Run one command line as the demo's listener. Raises DemoFailed where it fails and `check` is set."""
    done = subprocess.run(
        [*_program(), *arguments], input=stdin, stdout=stdout, text=True, env=_environment(places), check=False
    )
    if check and done.returncode:
        raise DemoFailed(f"`tonearm {arguments[0]}` ended with {done.returncode}")
    return done.returncode


def _program() -> list[str]:
    return [sys.executable, "-m", "tonearm_cli"]


def _environment(places: Places) -> dict[str, str]:
    """Nothing of the person's own Tonearm settings takes part."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONEARM_")}
    return {**kept, "TONEARM_CONFIG_DIR": str(places.config)}


def _step(text: str) -> None:
    print(text, flush=True)


def _last_lines(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-5:])


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
