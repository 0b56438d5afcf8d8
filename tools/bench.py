"""What Tonearm costs before anybody listens: `make bench` prints start-up times and idle memory beside a yardstick.

Each number stands next to one of the same kind that no Python program can beat, so that it means the same on
every machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROUNDS = 6
"""The second best is kept: the best may be luck, the rest is whatever else the machine does."""

READY = "listening"
BARE_SERVER = """
from aiohttp import web
app = web.Application()
async def hello(request): return web.Response(text="hello")
app.router.add_get("/", hello)
web.run_app(app, host="127.0.0.1", port=0, print=lambda _: print("listening", flush=True))
"""


def main() -> None:
    """Measure and print; about half a minute."""
    tonearm = str(Path(sys.executable).with_name("tonearm"))
    print(f"{'':28}{'Tonearm':>10}{'bare':>10}")
    _row("command to its end, ms", [tonearm, "--version"], [sys.executable, "-c", "pass"], _run_ms)
    with tempfile.TemporaryDirectory() as folder:
        serve = [tonearm, "serve", "--host", "127.0.0.1", "--port", "0", "--data", f"{folder}/data"]
        bare = [sys.executable, "-c", BARE_SERVER]
        _row("server start to ready, ms", serve, bare, _ready_ms)
        _row("server at rest, MB", serve, bare, _resting_mb)


def _row(what: str, tonearm: Sequence[str], bare: Sequence[str], measure: Callable[..., float]) -> None:
    values = (sorted(measure(command) for _ in range(ROUNDS))[1] for command in (tonearm, bare))
    print(f"{what:28}" + "".join(f"{value:10.0f}" for value in values), flush=True)


def _run_ms(command: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=60)
    return (time.perf_counter() - start) * 1000


def _ready_ms(command: Sequence[str]) -> float:
    start = time.perf_counter()
    with _ready(command):
        return (time.perf_counter() - start) * 1000


def _resting_mb(command: Sequence[str]) -> float:
    """Memory of the process and its children, shared pages divided among their users (Linux's PSS)."""
    with _ready(command) as process:
        children = map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())
        return sum(_pss_kb(pid) for pid in (process.pid, *children)) / 1024


def _pss_kb(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")))


@contextmanager
def _ready(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """The process from the moment it says that it is ready; it is told to stop at the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            if not any(READY in line for line in process.stdout or ()):
                raise SystemExit(f"this server ended before it was ready: {command}")
            yield process
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
