"""Tortoise's SQLite backend with two changes: write transactions begin IMMEDIATE, and scripts stay inside them.

The stock backend begins deferred, so that two writers that read first fail with "database is locked" at
once, whatever the busy timeout (measured: 148 of 300 lost with two processes). Its scripts run through
`executescript`, which commits what is open: a migration killed half-way would leave half its tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.exceptions import TransactionManagementError

SAFE_VERSION = (3, 51, 3)
"""Older ones can corrupt a WAL that two connections write; one process owning the folder avoids it."""


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
