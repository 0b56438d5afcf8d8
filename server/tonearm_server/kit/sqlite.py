"""SQLite: one writing ORM connection, one quick reading connection, one scanning in a thread.

Reads that take microseconds (a row by key, a short page) run inline on the event loop: a hop into a thread
costs ten times as much. Everything that scans runs in a thread, everything that writes through the ORM.

Tortoise's backend has two changes here: write transactions begin IMMEDIATE, and scripts stay inside them.
The stock backend begins deferred, so that two writers that read first fail with "database is locked" at
once, whatever the busy timeout (measured: 148 of 300 lost with two processes). Its scripts run through
`executescript`, which commits what is open: a migration killed half-way would leave half its tables.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.context import TortoiseContext
from tortoise.exceptions import TransactionManagementError
from tortoise.transactions import in_transaction

from tonearm_server.kit.db import BUSY_MS, Database, Dialect, Question, Value, migrate, open_orm

SAFE_VERSION = (3, 51, 3)
"""Older ones can corrupt a WAL that two connections write; one process owning the folder avoids it."""


class SQLiteDatabase(Database):
    """Open with `open_file`."""

    dialect: ClassVar[Dialect] = "sqlite"

    def __init__(self, orm: TortoiseContext, path: Path) -> None:
        self._orm = orm
        self._reader = _connect_read_only(path)
        self._scanner = _connect_read_only(path)
        self._scan_thread = ThreadPoolExecutor(1, thread_name_prefix="tonearm-scan")

    async def rows(self, statement: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        return _read(self._reader, statement, values)

    async def row(self, statement: str, values: Sequence[Value] = ()) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._reader.execute(statement, values).fetchone()
        return found

    async def scan(self, statement: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._scan_thread, _read, self._scanner, statement, values)

    async def scans(self, *questions: Question) -> list[list[sqlite3.Row]]:
        """In one go: a hop into the thread and back costs up to 95 µs of CPU (measured 2026-08)."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._scan_thread, _read_all, self._scanner, questions)

    async def find_damage(self) -> list[str]:
        return [row[0] for row in await self.scan("PRAGMA integrity_check") if row[0] != "ok"]

    async def close(self) -> None:
        self._scan_thread.shutdown()
        self._scanner.close()
        self._reader.close()
        await self._orm.close_connections()


async def open_file(path: Path, *, config: dict[str, Any]) -> SQLiteDatabase:  # Any: Tortoise's own shape
    """Open the file, made and migrated as needed, mode 0600."""
    orm = await open_orm(config)
    try:
        await asyncio.to_thread(path.touch, mode=0o600)
        async with in_transaction() as connection:
            await migrate(connection, config)
    except BaseException:
        await orm.close_connections()
        raise
    return SQLiteDatabase(orm, path)


class ImmediateTransaction(SqliteTransactionWrapper):
    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(ImmediateTransaction(self))

    async def begin(self) -> None:
        try:
            await self._connection.commit()
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise TransactionManagementError(error) from error

    async def execute_script(self, query: str) -> None:
        for statement in _statements(query):
            await self._connection.execute(statement)


def _statements(script: str) -> Iterator[str]:
    """The script's statements; a trigger's body stays in one piece."""
    pending = ""
    for piece in script.split(";"):
        pending += piece + ";"
        if sqlite3.complete_statement(pending):
            if pending.strip(" \n;"):
                yield pending
            pending = ""


class ImmediateClient(SqliteClient):
    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(ImmediateTransaction(self), self._lock)


client_class = ImmediateClient


def _read(connection: sqlite3.Connection, statement: str, values: Sequence[Value]) -> list[sqlite3.Row]:
    return connection.execute(statement, values).fetchall()


def _read_all(connection: sqlite3.Connection, questions: Sequence[Question]) -> list[list[sqlite3.Row]]:
    return [_read(connection, statement, values) for statement, values in questions]


def _connect_read_only(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return connection
