"""Tortoise's asyncpg backend as Tonearm needs it: lost connections become Unavailable, and counts are true.

The stock backend takes the OID that an INSERT reports for the number of its rows, keeps a connection for good
whose transaction could not begin, and lets asyncpg's own errors through (1.1.9).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import NestedTransactionContext, TransactionContext, TransactionContextPooled
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections

from tonearm_api.errors import Unavailable
from tonearm_server.kit.db import Value

ANSWER_S = 60
"""No statement of a request takes so long; a database that is cut off must not hold requests for ever."""

CONNECT_S = 10
_MIGRATION_S = 24 * 3600
"""A new index on a big table takes a while, and so does waiting for another server that makes it."""

LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)
_BUSY = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)
_SESSION = {
    "application_name": "tonearm",
    # Sooner than we give up ourselves (`ANSWER_S`): who waits for a lock hears that it is busy.
    "lock_timeout": "30s",
    # Our transactions take milliseconds: one that stands still is of a server that is cut off, and holds its locks.
    "idle_in_transaction_session_timeout": "60s",
}
DOES_NOT_ANSWER = "The database does not answer"


async def make_pool(url: str, *, maxsize: int, **server_settings: str) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=maxsize,
        timeout=CONNECT_S,
        command_timeout=ANSWER_S,
        reset=_keep_as_it_is,
        server_settings={**_SESSION, **server_settings},
    )


async def _keep_as_it_is(_: asyncpg.Connection) -> None:
    """asyncpg's own reset is one more round trip for each read; nothing here changes a connection's state."""


class PostgresClient(AsyncpgDBClient):
    """Tortoise's client: with an address as asyncpg reads it, true counts, and lost connections as Unavailable."""

    def __init__(self, dsn: str, **options: Any) -> None:  # Any: Tortoise hands on whatever it was given
        super().__init__(**options)
        self._dsn = dsn

    async def create_pool(self, **_: Any) -> asyncpg.Pool:  # Any: Tortoise's own template, made for other settings
        return await make_pool(self._dsn, maxsize=self.pool_maxsize)

    async def _translate_exceptions(
        self, func: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any
    ) -> Any:  # Any: passes through whatever the wrapped method takes and gives
        try:
            return await super()._translate_exceptions(func, *args, **kwargs)
        except LOST as error:
            raise Unavailable(DOES_NOT_ANSWER) from error
        except _BUSY as error:
            raise Unavailable("Others changed the same at the same moment") from error

    @translate_exceptions
    async def execute_insert(self, query: str, values: list[Value]) -> asyncpg.Record | None:
        async with self.acquire_connection() as connection:
            return await connection.fetchrow(query, *storable(values))

    @translate_exceptions
    async def execute_query(self, query: str, values: list[Value] | None = None) -> tuple[int, list[Any]]:
        async with self.acquire_connection() as connection:
            if query.lstrip()[:6].upper() not in {"INSERT", "UPDATE", "DELETE"}:
                rows = await connection.fetch(query, *storable(values or ()))
                return len(rows), rows
            status = await connection.execute(query, *storable(values or ()))
            return int(status.rpartition(" ")[2]), []

    @translate_exceptions
    async def execute_query_dict(self, query: str, values: list[Value] | None = None) -> list[dict[str, Any]]:
        async with self.acquire_connection() as connection:
            return [dict(row) for row in await connection.fetch(query, *storable(values or ()))]

    async def execute_many(self, query: str, values: list[list[Value]]) -> None:
        await super().execute_many(query, [storable(row) for row in values])

    @translate_exceptions
    async def execute_script(self, query: str) -> None:
        async with self.acquire_connection() as connection:
            await connection.execute(query, timeout=_MIGRATION_S)

    def _in_transaction(self) -> TransactionContext:
        return PooledTransaction(PostgresTransaction(self), self._pool_init_lock)


class PostgresTransaction(PostgresClient, TransactionWrapper):
    def __init__(self, connection: AsyncpgDBClient) -> None:
        TransactionWrapper.__init__(self, connection)

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(PostgresTransaction(self))

    @translate_exceptions
    async def commit(self) -> None:
        await TransactionWrapper.commit(self)

    async def rollback(self) -> None:
        """A transaction whose connection is gone was undone by PostgreSQL."""
        if self._connection.is_closed():
            self._finalized = True
            return
        await TransactionWrapper.rollback(self)


class PooledTransaction(TransactionContextPooled):
    async def __aenter__(self) -> Any:  # Any: as Tortoise's own
        """Like Tortoise's, but what was acquired is given back where the transaction cannot begin."""
        await self.ensure_connection()
        parent = self.client._parent
        try:
            self.client._connection = await parent._pool.acquire(timeout=ANSWER_S)
        except LOST as error:
            raise Unavailable(DOES_NOT_ANSWER) from error
        self.token = get_connections().set(self.connection_name, self.client)
        try:
            await self.client.begin()
        except BaseException:
            get_connections().reset(self.token)
            await parent._pool.release(self.client._connection)
            raise
        return self.client


def storable(values: Sequence[Value]) -> Sequence[Value]:
    """PostgreSQL has no NUL in texts: a replacement character stands for it, as Unicode advises (§5.22)."""
    if any(isinstance(value, str) and "\0" in value for value in values):
        return [
            value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value for value in values
        ]
    return values


client_class = PostgresClient
