"""The database as the rooms above see it: quick reads, scans, transactions; SQLite or PostgreSQL behind them.

Statements are written once, with `?` for values and in what both understand: TRUE and FALSE, `excluded`,
row values. What only one understands stands in `kit/sqlite.py` and `kit/postgres.py`, whose libraries are
imported when the database is opened, and in the queries of `search`.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from aiohttp import web
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

from tonearm_api.errors import TonearmError

Value = str | int | float | bytes | None
Question = tuple[str, Sequence[Value]]
"""A statement and the values for its placeholders."""

Dialect = Literal["sqlite", "postgres"]

APP_LABEL = "tonearm"
_SQLITE_ENGINE = "tonearm_server.kit.sqlite"
_POSTGRES_ENGINE = "tonearm_server.kit.postgres_client"
_MIGRATIONS = "tonearm_server.migrations"
_MIGRATIONS_FOLDER = Path(__file__).parents[1] / "migrations"
_RECORD: dict[Dialect, str] = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'tortoise_migrations'",
    "postgres": "SELECT 1 WHERE to_regclass('tortoise_migrations') IS NOT NULL",
}
"""Whether Tortoise's table of migrations is there: asking the table itself would end a transaction of PostgreSQL."""

BUSY_MS = 5000
"""How long SQLite waits for another writer of this process; its transactions take milliseconds."""

_WRITERS = 10
"""Connections that write to PostgreSQL: it works on a few for each core, and grants 100 in all by default."""

_STATEMENTS = 512
"""Different texts: a list has some dozen forms, everything else has one."""


class FaultyDatabase(TonearmError):
    """Raised where the database cannot be opened or used; the program exits with 2."""

    code = "faulty_database"
    title = "The database cannot be used"


class Row(Protocol):
    """One row: values in the order of their columns, or by a column's name."""

    def __iter__(self) -> Iterator[Any]: ...  # Any: what the columns hold

    def keys(self) -> Iterable[str]: ...

    def __getitem__(self, name: str, /) -> Any: ...  # Any: what the column holds


class Database(abc.ABC):
    """Reads that writers do not hold up. Open with `open_database`; statements use `?` for values.

    Reads raise Unavailable where the database does not answer; the next one that succeeds needs no restart.
    """

    dialect: ClassVar[Dialect]

    @abc.abstractmethod
    async def rows(self, statement: str, values: Sequence[Value] = ()) -> Sequence[Row]:
        """Rows of a quick read: for keyed reads and short pages only. On SQLite it runs inline."""

    @abc.abstractmethod
    async def row(self, statement: str, values: Sequence[Value] = ()) -> Row | None:
        """The first row of a quick read; None where there is none."""

    @abc.abstractmethod
    async def scan(self, statement: str, values: Sequence[Value] = ()) -> Sequence[Row]:
        """Rows of a read that may take milliseconds, off the event loop."""

    async def scans(self, *questions: Question) -> Sequence[Sequence[Row]]:
        """The rows of some scans that are wanted together, in their order."""
        return await asyncio.gather(*(self.scan(statement, values) for statement, values in questions))

    @abc.abstractmethod
    async def find_damage(self) -> list[str]:
        """What the database finds wrong with itself. On SQLite it reads all of it: seconds for each GB."""

    @abc.abstractmethod
    async def close(self) -> None: ...


DATABASE: web.AppKey[Database] = web.AppKey("database", Database)


def orm_config(
    path: Path, models: Sequence[str], *, url: str | None = None
) -> dict[str, Any]:  # Any: Tortoise's own shape
    """Tortoise's settings. SQLite: WAL, every commit synced (`docs/decisions/`), no memory map."""
    if url is None:
        credentials = {
            "file_path": str(path),
            "journal_mode": "WAL",
            "synchronous": "FULL",
            "busy_timeout": BUSY_MS,
            "foreign_keys": "ON",
            "mmap_size": 0,
        }
        name, connection = "default", {"engine": _SQLITE_ENGINE, "credentials": credentials}
    else:
        # A name of its own: Tortoise keeps statements by connection name, for the life of the process.
        name, connection = "postgres", {"engine": _POSTGRES_ENGINE, "credentials": {"dsn": url, "maxsize": _WRITERS}}
    return {
        "connections": {name: connection},
        "apps": {APP_LABEL: {"models": list(models), "default_connection": name, "migrations": _MIGRATIONS}},
    }


async def open_database(path: Path, *, models: Sequence[str], url: str | None = None) -> Database:
    """Open the PostgreSQL database at `url`, else the SQLite file at `path`, made and migrated as needed.

    The caller closes it, and owns the data folder. Raises FaultyDatabase where that cannot be done.
    """
    if url is None:
        from tonearm_server.kit import sqlite  # noqa: PLC0415  # only the one that is asked for is loaded

        return await sqlite.open_file(path, config=orm_config(path, models))
    from tonearm_server.kit import postgres  # noqa: PLC0415  # only the one that is asked for is loaded

    return await postgres.open_url(url, config=orm_config(path, models, url=url))


async def is_unused(path: Path, *, url: str | None = None, patience_s: float = 0) -> bool:
    """Whether the database has no table yet. Raises FaultyDatabase where it cannot be asked,
    after `patience_s` where it is not up yet."""
    if url is None:
        return not await asyncio.to_thread(path.exists)
    from tonearm_server.kit import postgres  # noqa: PLC0415  # only the one that is asked for is loaded

    return await postgres.is_empty(url, patience_s=patience_s)


async def open_orm(config: dict[str, Any]) -> TortoiseContext:  # Any: Tortoise's own shape
    return await Tortoise.init(config=config, _enable_global_fallback=True)


async def migrate(connection: BaseDBAsyncClient, config: dict[str, Any]) -> None:  # Any: Tortoise's own shape
    """Bring the tables up to date inside the caller's transaction: wholly, or not at all."""
    if await _is_up_to_date(connection):
        return
    from tortoise.migrations.executor import MigrationExecutor  # noqa: PLC0415  # a tenth of a start that needs it

    executor = MigrationExecutor(connection, config["apps"])
    # Tortoise reads its table of migrations before it makes it: on PostgreSQL that error ends the transaction.
    await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))  # noqa: SLF001  # it has no public name
    await executor.migrate()


async def _is_up_to_date(connection: BaseDBAsyncClient) -> bool:
    """Whether all of our migrations, and no other, are recorded. Loads none of them."""
    if not await fetch(connection, _RECORD[dialect_of(connection)]):
        return False
    recorded = {row["name"] for row in await fetch(connection, "SELECT name FROM tortoise_migrations")}
    return recorded == {path.stem for path in _MIGRATIONS_FOLDER.glob("[0-9]*.py")}


@contextlib.asynccontextmanager
async def transaction(*, alone: bool = False) -> AsyncIterator[BaseDBAsyncClient]:
    """One write transaction. Keep it short, without anything slow inside: other writers wait.

    SQLite has one writer at a time. PostgreSQL lets others commit between two statements of this transaction;
    what reads first and then writes by what it read asks to be `alone`: it waits for the others that do.
    """
    async with in_transaction() as connection:
        if alone and dialect_of(connection) == "postgres":
            from tonearm_server.kit import postgres  # noqa: PLC0415  # it is loaded, its connection is here

            await postgres.wait_for_turn(connection)
        yield connection


async def execute(connection: BaseDBAsyncClient, statement: str, values: Sequence[Value] = ()) -> int:
    """Run a statement inside a transaction; returns how many rows it added, changed or removed."""
    affected, _ = await connection.execute_query(_native(statement, connection), list(values))
    return affected


async def execute_many(connection: BaseDBAsyncClient, statement: str, rows: Iterable[Sequence[Value]]) -> None:
    """Run a statement once for each row of values, inside a transaction; not at all where there is none."""
    values: list[list[Any]] = [list(row) for row in rows]  # Any: Tortoise's own type
    if values:
        await connection.execute_many(_native(statement, connection), values)


async def fetch(
    connection: BaseDBAsyncClient, statement: str, values: Sequence[Value] = ()
) -> list[dict[str, Any]]:  # Any: what the columns hold
    """The rows that a statement reads, or returns of what it changed, inside a transaction."""
    return await connection.execute_query_dict(_native(statement, connection), list(values))


def dialect_of(connection: BaseDBAsyncClient) -> Dialect:
    return "postgres" if connection.capabilities.dialect == "postgres" else "sqlite"


def _native(statement: str, connection: BaseDBAsyncClient) -> str:
    return numbered(statement) if dialect_of(connection) == "postgres" else statement


@functools.lru_cache(maxsize=_STATEMENTS)
def numbered(statement: str) -> str:
    """`?` as PostgreSQL has it: `$1`, `$2` and so on. Our statements have no other question mark."""
    first, *others = statement.split("?")
    return first + "".join(f"${number}{piece}" for number, piece in enumerate(others, 1))
