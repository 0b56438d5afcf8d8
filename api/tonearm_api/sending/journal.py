"""What this machine is in the middle of uploading: one small private SQLite file. Knows no server's answer.

A damaged or unwritable journal costs the ability to go on after an interruption, never an upload.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_KEPT_S: Final = 7 * 24 * 3600
"""A server keeps an unfinished upload for a day after its last byte; whatever is older than a week is over."""

_BUSY_S: Final = 5.0
"""How long another `tonearm upload` may write; it takes milliseconds."""

_TABLE = """
    CREATE TABLE IF NOT EXISTS upload (
        server TEXT NOT NULL, account TEXT NOT NULL, path BLOB NOT NULL,
        size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
        upload_id TEXT NOT NULL, begun_at_s REAL NOT NULL,
        PRIMARY KEY (server, account, path)
    )
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileFacts:
    """Which bytes were at a path: other size, time or inode, and they may be others."""

    path: bytes
    size_bytes: int
    mtime_ns: int
    inode: int


def facts_of(path: Path, status: os.stat_result) -> FileFacts:
    return FileFacts(
        path=os.fsencode(path.absolute()),
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        inode=status.st_ino,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Noted:
    """An upload that was begun for a path, and whether the same bytes are still there."""

    upload_id: str
    is_same_file: bool


class Journal:
    """The unfinished uploads of one account on one server. Each call takes a millisecond or two.

    Closes its database. Where that fails it goes on in memory: one run still knows what it has begun.
    """

    def __init__(self, database: sqlite3.Connection, *, server: str, account: str) -> None:
        self._database = database
        self._whose = (server, account)

    def find(self, facts: FileFacts) -> Noted | None:
        statement = (
            "SELECT upload_id, size_bytes, mtime_ns, inode FROM upload WHERE server = ? AND account = ? AND path = ?"
        )
        row = self._row(statement, (*self._whose, facts.path))
        if row is None:
            return None
        upload_id, *rest = row
        return Noted(upload_id=upload_id, is_same_file=rest == [facts.size_bytes, facts.mtime_ns, facts.inode])

    def note(self, facts: FileFacts, *, upload_id: str) -> None:
        values = (facts.path, facts.size_bytes, facts.mtime_ns, facts.inode, upload_id, time.time())
        self._row("INSERT OR REPLACE INTO upload VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*self._whose, *values))

    def forget(self, facts: FileFacts) -> None:
        statement = "DELETE FROM upload WHERE server = ? AND account = ? AND path = ?"
        self._row(statement, (*self._whose, facts.path))

    def close(self) -> None:
        self._database.close()

    def _row(self, statement: str, values: tuple[str | bytes | int | float, ...]) -> Any:  # Any: sqlite3's own
        try:
            return self._database.execute(statement, values).fetchone()
        except sqlite3.Error:
            self._database.close()
            self._database = _in_memory()
            return self._database.execute(statement, values).fetchone()


@contextlib.contextmanager
def open_journal(path: Path, *, server: str, account: str) -> Iterator[Journal]:
    """The journal in the file at `path`, made private; one in memory where that file cannot be used."""
    try:
        database = _open(path)
    except (OSError, sqlite3.Error):
        database = _in_memory()
    with contextlib.closing(Journal(database, server=server, account=account)) as journal:
        yield journal


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    database = _connect(path)
    try:
        database.execute(_TABLE)
        database.execute("DELETE FROM upload WHERE begun_at_s < ?", (time.time() - _KEPT_S,))
    except BaseException:
        database.close()
        raise
    return database


def _in_memory() -> sqlite3.Connection:
    database = _connect(":memory:")
    database.execute(_TABLE)
    return database


def _connect(path: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
