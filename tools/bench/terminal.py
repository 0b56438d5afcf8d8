"""The terminal player: start to the first list, a long list, and what it uses while nothing happens."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import msgspec
from textual.app import App, ComposeResult

from bench.measuring import Row as Line
from bench.measuring import cpu_s, interleaved
from bench.peers import TONEARM, environment, tonearm
from tonearm_api.library import Track
from tonearm_tui.shelves import Row
from tonearm_tui.widgets.track_table import TrackTable

_ROUNDS = 4
_ROWS, _COLUMNS = 40, 120
_SETTLE_S = 4
"""libmpv is opened after the first rows: part of a start, not of rest."""

_IDLE_S = 15
_LONG = 100_000
_FRAMES = 60
_PATIENCE_S = 30
_BARE = """
from textual.app import App
from textual.widgets import DataTable
class Bare(App):
    def compose(self): yield DataTable()
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("title", "artist")
        table.add_rows([(f"row number {n}", "someone") for n in range(100)])
Bare().run()
"""


def measure(folder: Path) -> Iterator[Line]:
    synth = [TONEARM, "server", "synth", "--tracks", "2000", "--data", str(folder / "data")]
    subprocess.run(synth, check=True, stdout=subprocess.DEVNULL, env=environment(folder))
    with tonearm(folder):
        listed = subprocess.run([TONEARM, "ls", "--json"], capture_output=True, check=True, env=environment(folder))
        newest = json.loads(listed.stdout)["tracks"][0]["title"]
        ours, bare = [TONEARM], [sys.executable, "-c", _BARE]
        first, own, least = interleaved(
            _ROUNDS,
            lambda: _painted_ms(ours, "Recent", folder),
            lambda: _painted_ms(ours, newest, folder),
            lambda: _painted_ms(bare, "row number 1", folder),
        )
        beside = "Textual table"
        yield Line(what="player: first paint", measured=first, unit="ms", yardstick=beside, beside=least, aim=500)
        name = "player: start to the first tracks on screen"
        yield Line(what=name, measured=own, unit="ms", yardstick=beside, beside=least)
        with _on_screen(ours, newest, folder) as pid:
            time.sleep(_SETTLE_S)
            before = cpu_s(pid)
            time.sleep(_IDLE_S)
            percent = (cpu_s(pid) - before) / _IDLE_S * 100
        yield Line(what="player: CPU at rest", measured=percent, unit="%", aim=0.3)
    open_ms, frame_ms = asyncio.run(_long_table(_any_track(listed.stdout)))
    yield Line(what="player: opening 100,000 rows", measured=open_ms, unit="ms", aim=100)
    yield Line(what="player: a frame of that table, all rows new", measured=frame_ms, unit="ms", aim=16)


def _painted_ms(command: list[str], text: str, folder: Path) -> float:
    start = time.perf_counter()
    with _on_screen(command, text, folder):
        return (time.perf_counter() - start) * 1000


@contextmanager
def _on_screen(command: list[str], text: str, folder: Path) -> Iterator[int]:
    """The program in a terminal of ours, from the moment it has written `text`; ended afterwards."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, {**environment(folder), "TERM": "xterm-256color"})  # noqa: S606  # our own command
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        _await_text(terminal, text.encode())
        yield pid
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)


def _await_text(terminal: int, text: bytes) -> None:
    written = b""
    deadline = time.monotonic() + _PATIENCE_S
    while text not in written:
        if not select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise SystemExit(f"the player did not show {text.decode()!r}")
        written += os.read(terminal, 65536)


class _LongShelf:
    """Rows that are there already."""

    is_complete = True

    def __init__(self, track: Track) -> None:
        self._track = track

    def __len__(self) -> int:
        return _LONG

    def __getitem__(self, index: int, /) -> Row:
        return Row(f"t{index}", self._track)


class _Screen(App[None]):
    def compose(self) -> ComposeResult:
        yield TrackTable(is_liked=lambda _: False, id="table")


async def _long_table(track: Track) -> tuple[float, float]:
    """Milliseconds to show the table, and to draw a screen of rows that were not drawn before."""
    app = _Screen()
    async with app.run_test(size=(_COLUMNS, _ROWS)) as pilot:
        table = app.query_one(TrackTable)
        start = time.perf_counter()
        table.show(_LongShelf(track))
        await pilot.pause()
        open_ms = (time.perf_counter() - start) * 1000
        frames = []
        for number in range(1, _FRAMES):
            start = time.perf_counter()
            table.scroll_to(y=number * table.size.height, animate=False, immediate=True)
            table.render_lines(table.size.region)
            frames.append((time.perf_counter() - start) * 1000)
        return open_ms, median(frames)


def _any_track(listed: bytes) -> Track:
    return msgspec.convert(json.loads(listed)["tracks"][0], Track)
