"""The command line: how long a person waits for `--version` and for a list."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.measuring import Row, interleaved, run_ms
from bench.peers import TONEARM, environment, tonearm

_ROUNDS = 7
_VERSION, _LS = [TONEARM, "--version"], [TONEARM, "ls"]
_NOTHING = [sys.executable, "-c", "pass"]
_HELLO = [sys.executable, "-c", "import typer\napp = typer.Typer()\n@app.command()\ndef hello(): print('hello')\napp()"]


def measure(folder: Path) -> Iterator[Row]:
    synth = [TONEARM, "server", "synth", "--tracks", "1000", "--data", str(folder / "data")]
    subprocess.run(synth, check=True, stdout=subprocess.DEVNULL, env=environment(folder))
    with tonearm(folder):
        version, listing, nothing, hello = interleaved(
            _ROUNDS,
            *(partial(run_ms, command, env=environment(folder)) for command in (_VERSION, _LS, _NOTHING, _HELLO)),
        )
    yield Row(what="tonearm --version", measured=version, unit="ms", yardstick="python -c pass", beside=nothing, aim=60)
    yield Row(what="tonearm ls", measured=listing, unit="ms", yardstick="Typer hello", beside=hello, aim=250)
