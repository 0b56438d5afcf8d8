"""A PostgreSQL of our own for tests: Debian's programs, a private cluster on loopback, a database for each server.

`initdb` refuses root, so that root starts it as the user `nobody`. Nothing in it survives the run.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.ports import free_ports

INSTALL = "PostgreSQL is missing: sudo apt-get install --no-install-recommends postgresql"
_INSTALLED = Path("/usr/lib/postgresql")
_USER = "tonearm"
_START_S = 60

# Nothing has to outlive a power cut here, and a test should not wait for a disk.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "32MB",
}


def find_programs() -> Path | None:
    """The folder with initdb and postgres, of the newest version that is installed."""
    folders = sorted(_INSTALLED.glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if folders:
        return folders[-1]
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@dataclass
class Cluster:
    """A running PostgreSQL. `stop` and `start` again keep its port and its databases."""

    programs: Path
    root: Path
    port: int
    password: str
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def start(self) -> None:
        settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        command = [str(self.programs / "postgres"), "-D", str(self.root / "cluster"), "-p", str(self.port), "-k", ""]
        log = (self.root / "log").open("ab")
        with log:
            self.process = subprocess.Popen(_unprivileged([*command, *settings]), stdout=log, stderr=log, cwd=self.root)
        self._run("pg_isready", "--host=127.0.0.1", f"--port={self.port}", f"--timeout={_START_S}", until_well=True)

    def stop(self) -> None:
        """Close every connection and end: what `pg_ctl stop --mode=fast` sends."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=_START_S)
            self.process = None

    def new_database(self) -> str:
        """The URL of a database that nobody has used."""
        name = f"tonearm_{next(self._numbers)}"
        self.run_sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgres://{_USER}:{self.password}@127.0.0.1:{self.port}/{name}"

    def run_sql(self, statement: str, *, database: str = "postgres") -> str:
        """What psql prints, without headers."""
        return self._run("psql", "--no-psqlrc", "--tuples-only", "--no-align", "-c", statement, self.url(database))

    def _run(self, program: str, *arguments: str, until_well: bool = False) -> str:
        while True:
            done = subprocess.run(
                [str(self.programs / program), *arguments],
                capture_output=True,
                text=True,
                timeout=_START_S,
                check=False,
                cwd=self.root,
            )
            if done.returncode == 0:
                return done.stdout.strip()
            alive = self.process is not None and self.process.poll() is None
            if not (until_well and alive):
                log = (self.root / "log").read_text(errors="replace")
                raise AssertionError(f"{program} failed: {done.stderr}\n{log[-2000:]}")


@dataclass
class Backend:
    """One of the two databases that a test marked `db` runs on: SQLite without a cluster, else PostgreSQL."""

    cluster: Cluster | None = None

    def settings(self) -> dict[str, str]:
        """Settings of a server that gives it a database of its own."""
        url = self.new_url()
        return {"database_url": url} if url else {}

    def new_url(self) -> str | None:
        """The URL of a new database; None for SQLite, whose database is a file in the data folder."""
        return self.cluster.new_database() if self.cluster else None


@contextlib.contextmanager
def running_cluster(programs: Path) -> Iterator[Cluster]:
    """A new cluster that ends, with its files, when the block does."""
    root = Path(tempfile.mkdtemp(prefix="tonearm-postgres-"))
    (port,) = free_ports(1)
    cluster = Cluster(programs, root, port, secrets.token_hex(16))
    try:
        _make(cluster)
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(root, ignore_errors=True)


def _make(cluster: Cluster) -> None:
    password_file = cluster.root / "password"
    password_file.write_text(cluster.password)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (cluster.root, password_file):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    command = [str(cluster.programs / "initdb"), "-D", str(cluster.root / "cluster"), "--no-sync", "-U", _USER]
    command += ["--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C.UTF-8"]
    subprocess.run(_unprivileged(command), check=True, capture_output=True, cwd=cluster.root, timeout=_START_S)


def _unprivileged(command: list[str]) -> list[str]:
    """The command without root's rights; as it is where we have none."""
    if os.geteuid() != 0:
        return command
    nobody = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", *command]
