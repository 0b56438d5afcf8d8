"""A Redis of our own for tests: Debian's program on loopback, which keeps nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.ports import free_ports

INSTALL = "Redis is missing: sudo apt-get install --no-install-recommends redis-server"
_START_S = 30


@dataclass
class Redis:
    """`kill` and `start` again keep its port; what it knew is gone."""

    folder: Path
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        command = ["redis-server", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                return
        raise AssertionError("Redis did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=_START_S)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def ask(self, *words: str) -> list[str]:
        """What redis-cli prints, line by line."""
        command = ["redis-cli", "-p", str(self.port), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_START_S, check=True)
        return done.stdout.split()


@contextlib.contextmanager
def running_redis(folder: Path) -> Iterator[Redis]:
    """Where the program is missing, tests are skipped; in CI they fail."""
    if shutil.which("redis-server") is None:
        if os.environ.get("CI"):
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    redis = Redis(folder)
    redis.start()
    try:
        yield redis
    finally:
        redis.kill()
