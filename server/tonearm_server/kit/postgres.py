"""PostgreSQL through asyncpg: one pool that reads, one behind the ORM that writes. Both outlive its restart.

A lost connection becomes Unavailable, so that nobody above needs to know asyncpg; a read is tried again once,
because the pool learns of a restart only by using a connection from before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.exceptions import OperationalError, TransactionManagementError
from tortoise.transactions import in_transaction

from tonearm_api.errors import Unavailable
from tonearm_server.kit.db import Database, Dialect, FaultyDatabase, Row, Value, migrate, numbered, open_orm
from tonearm_server.kit.postgres_client import ANSWER_S, CONNECT_S, DOES_NOT_ANSWER, LOST, make_pool, storable

log = logging.getLogger(__name__)

_READERS = 10
"""Connections that read: PostgreSQL works on a few for each core, and grants 100 in all by default."""

_READING = {
    "default_transaction_read_only": "on",
    # Compiling a plan takes longer than any of our reads (and a wrong estimate of a scan would ask for it).
    "jit": "off",
    # A plan for any values would not know how rare the words are that were typed.
    "plan_cache_mode": "force_custom_plan",
    # What people look at lies in memory: a rare word's tracks are fetched by key (30 to 14 ms of 100,000, 2026-11).
    "random_page_cost": "1.1",
}

_MIGRATION_LOCK = 0x746F6E61726D0001
TURN_LOCK = 0x746F6E61726D0002
"""Advisory locks have numbers in place of names; these are `tonearm` in ASCII and a count."""

_SUITABLE = """
    SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num')::int AS version
"""
_NOT_UP_YET = (OSError, asyncpg.CannotConnectNowError)
"""No answer, a name that is not known yet, or one that is starting up (57P03). A wrong password is final."""

_ASK_AGAIN_S = 0.5

_OLDEST = 14
"""Older ones get no mends any more (PostgreSQL's versioning policy, 2026-11)."""

_NO_RIGHTS = "The user of TONEARM_DATABASE_URL may not use that database: make it the owner"


class PostgresDatabase(Database):
    """Open with `open_url`."""

    dialect: ClassVar[Dialect] = "postgres"

    def __init__(self, orm: TortoiseContext, pool: asyncpg.Pool) -> None:
        self._orm = orm
        self._pool = pool

    async def rows(self, statement: str, values: Sequence[Value] = ()) -> Sequence[Row]:
        text, clean = numbered(statement), storable(values)
        try:
            return await self._fetch(text, clean)
        except TimeoutError as error:
            raise Unavailable(DOES_NOT_ANSWER) from error
        except LOST:
            log.warning("a connection to the database was lost; asking again")
        try:
            return await self._fetch(text, clean)
        except LOST as error:
            raise Unavailable(DOES_NOT_ANSWER) from error

    async def row(self, statement: str, values: Sequence[Value] = ()) -> Row | None:
        found = await self.rows(statement, values)
        return found[0] if found else None

    async def scan(self, statement: str, values: Sequence[Value] = ()) -> Sequence[Row]:
        return await self.rows(statement, values)

    async def find_damage(self) -> list[str]:
        """Indexes that PostgreSQL itself has marked as unusable; its data it checks as it reads them."""
        statement = "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid"
        return [f"index {row['relname']}" for row in await self.scan(statement)]

    async def close(self) -> None:
        try:
            await self._pool.close()
        finally:
            await self._orm.close_connections()

    async def _fetch(self, statement: str, values: Sequence[Value]) -> list[Row]:
        async with self._pool.acquire(timeout=CONNECT_S) as connection:
            try:
                rows: list[Row] = await connection.fetch(statement, *values)
            except asyncpg.InterfaceError as error:
                if connection.is_closed():
                    raise ConnectionResetError from error
                raise
            return rows


async def open_url(url: str, *, config: dict[str, Any]) -> PostgresDatabase:  # Any: Tortoise's own shape
    """Connect, and migrate as needed; of several servers that start at once one does. Raises FaultyDatabase."""
    with _faults_named():
        pool = await make_pool(url, maxsize=_READERS, **_READING)
    try:
        await _refuse_unsuitable(pool)
        orm = await open_orm(config)
        try:
            with _refusals_named():
                await _migrate_in_turn(config)
        except BaseException:
            await orm.close_connections()
            raise
    except BaseException:
        await pool.close()
        raise
    return PostgresDatabase(orm, pool)


async def _migrate_in_turn(config: dict[str, Any]) -> None:  # Any: Tortoise's own shape
    async with in_transaction() as connection:
        # Both may take long: another server's migration, and our own on big tables.
        await connection.execute_script("SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        await connection.execute_script(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
        await migrate(connection, config)


async def is_empty(url: str, *, patience_s: float) -> bool:
    """Whether no server has used this database. Raises FaultyDatabase where it cannot be asked.

    A PostgreSQL that is not up yet is asked again for `patience_s`: what starts both rarely starts it first.
    """
    with _faults_named():
        connection = await _connect(url, patience_s=patience_s)
    try:
        return bool(await connection.fetchval("SELECT to_regclass('user_account') IS NULL", timeout=ANSWER_S))
    finally:
        await connection.close(timeout=CONNECT_S)


async def _connect(url: str, *, patience_s: float) -> asyncpg.Connection:
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + patience_s
    is_told = False
    while True:
        try:
            return await asyncpg.connect(url, timeout=CONNECT_S)
        except _NOT_UP_YET:
            if loop.time() >= give_up_at:
                raise
        if not is_told:
            log.warning("PostgreSQL does not answer yet: waiting for it, %.0f s at most", patience_s)
            is_told = True
        await asyncio.sleep(_ASK_AGAIN_S)


async def wait_for_turn(connection: BaseDBAsyncClient) -> None:
    """Hold the one lock of transactions that are alone, until this one ends."""
    # As a query, which is given up after a minute: a script may take a day, and requests would wait as long.
    await connection.execute_query(f"SELECT pg_advisory_xact_lock({TURN_LOCK})")


async def _refuse_unsuitable(pool: asyncpg.Pool) -> None:
    row = await pool.fetchrow(_SUITABLE)
    if row["encoding"] != "UTF8":
        raise FaultyDatabase("The database does not store UTF-8: make it with ENCODING 'UTF8'")
    if row["version"] < _OLDEST * 10_000:
        raise FaultyDatabase(f"This PostgreSQL is too old: use version {_OLDEST} or newer")


@contextlib.contextmanager
def _faults_named() -> Iterator[None]:
    """Whatever keeps us from connecting, said without the address: it holds the password."""
    try:
        yield
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidPasswordError) as error:
        raise FaultyDatabase("PostgreSQL refuses the user or the password of TONEARM_DATABASE_URL") from error
    except asyncpg.InvalidCatalogNameError as error:
        raise FaultyDatabase("PostgreSQL has no database of the name in TONEARM_DATABASE_URL: create it") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise FaultyDatabase(_NO_RIGHTS) from error
    except (*LOST, asyncpg.InterfaceError, ValueError, OverflowError) as error:
        reason = type(error).__name__
        raise FaultyDatabase(f"PostgreSQL cannot be reached at TONEARM_DATABASE_URL ({reason})") from error
    except asyncpg.PostgresError as error:
        reason = type(error).__name__
        raise FaultyDatabase(f"PostgreSQL refuses what TONEARM_DATABASE_URL asks for ({reason})") from error


@contextlib.contextmanager
def _refusals_named() -> Iterator[None]:
    """What the operator of the database has to grant or to add before its tables can be made."""
    try:
        yield
    except (asyncpg.PostgresError, OperationalError, TransactionManagementError) as error:
        match error if isinstance(error, asyncpg.PostgresError) else error.__cause__:  # Tortoise wraps but a few
            case asyncpg.InsufficientPrivilegeError():
                raise FaultyDatabase(_NO_RIGHTS) from error
            case asyncpg.ReadOnlySQLTransactionError():
                raise FaultyDatabase("PostgreSQL only reads there: name the server that writes") from error
            case asyncpg.FeatureNotSupportedError() | asyncpg.UndefinedFileError():
                message = "PostgreSQL has no extension pg_trgm: install its package of contributed extensions"
                raise FaultyDatabase(message) from error
        raise
