"""The database: one writing ORM connection, one quick reading connection, one owner of the data folder.

Reads that take microseconds (a row by key, a short page) run inline on the event loop: a hop into a thread
costs ten times as much. Everything that scans runs in a thread, everything that writes through the ORM.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiohttp import web
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor
from tortoise.transactions import in_transaction

Row = sqlite3.Row
Value = str | int | float | bytes | None

APP_LABEL = "tonearm"
_ENGINE = "tonearm_server.kit.sqlite"
_BUSY_MS = 5000


class Database:
    """Open with `open_database`. Statements use `?` for values."""

    def __init__(self, orm: TortoiseContext, path: Path) -> None:
        self._orm = orm
        self._reader = _connect_read_only(path)
        self._scanner = _connect_read_only(path)
        self._scan_thread = ThreadPoolExecutor(1, thread_name_prefix="tonearm-scan")

    async def rows(self, statement: str, values: Sequence[Value] = ()) -> list[Row]:
        """Rows of a quick read, inline: for keyed reads and short pages only."""
        return self._reader.execute(statement, values).fetchall()

    async def row(self, statement: str, values: Sequence[Value] = ()) -> Row | None:
        """The first row of a quick read, inline; None where there is none."""
        found: Row | None = self._reader.execute(statement, values).fetchone()
        return found

    async def scan(self, statement: str, values: Sequence[Value] = ()) -> list[Row]:
        """Rows of a read that may take milliseconds, in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._scan_thread, self._scan, statement, values)

    def _scan(self, statement: str, values: Sequence[Value]) -> list[Row]:
        return self._scanner.execute(statement, values).fetchall()

    async def find_damage(self) -> list[str]:
        """What the database finds wrong with its own file. Reads all of it: seconds for each GB."""
        return [row[0] for row in await self.scan("PRAGMA integrity_check") if row[0] != "ok"]

    async def close(self) -> None:
        self._scan_thread.shutdown()
        self._scanner.close()
        self._reader.close()
        await self._orm.close_connections()


DATABASE: web.AppKey[Database] = web.AppKey("database", Database)


def orm_config(path: Path, models: Sequence[str]) -> dict[str, Any]:  # Any: Tortoise's own shape
    """Tortoise's settings for a database file: WAL, every commit synced (`decisions.md`), no memory map."""
    credentials = {
        "file_path": str(path),
        "journal_mode": "WAL",
        "synchronous": "FULL",
        "busy_timeout": _BUSY_MS,
        "foreign_keys": "ON",
        "mmap_size": 0,
    }
    return {
        "connections": {"default": {"engine": _ENGINE, "credentials": credentials}},
        "apps": {APP_LABEL: {"models": list(models), "migrations": "tonearm_server.migrations"}},
    }


async def open_database(path: Path, *, models: Sequence[str]) -> Database:
    """Open the database at `path`, made and migrated as needed. The caller closes it and owns the data folder."""
    config = orm_config(path, models)
    orm = await Tortoise.init(config=config, _enable_global_fallback=True)
    try:
        await asyncio.to_thread(path.touch, mode=0o600)
        async with in_transaction() as connection:
            await _migrate(connection, config)
    except BaseException:
        await orm.close_connections()
        raise
    return Database(orm, path)


async def _migrate(connection: BaseDBAsyncClient, config: dict[str, Any]) -> None:
    executor = MigrationExecutor(connection, config["apps"])
    await executor.migrate()


@contextlib.asynccontextmanager
async def transaction() -> AsyncIterator[BaseDBAsyncClient]:
    """One write transaction. Keep it short, without anything slow inside: other writers wait."""
    async with in_transaction() as connection:
        yield connection


def _connect_read_only(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    return connection
