"""The database: migrated whole or not at all, read while somebody writes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tonearm_server.jobs.models import Job
from tonearm_server.kit.db import Database, open_database, transaction
from tonearm_server.models import MODELS


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(tmp_path / "x.db", models=MODELS)
    yield opened
    await opened.close()


async def test_opening_again_finds_the_same_tables(tmp_path: Path) -> None:
    for _ in range(2):
        database = await open_database(tmp_path / "x.db", models=MODELS)
        names = {row["name"] for row in await database.rows("SELECT name FROM sqlite_master")}
        await database.close()

        assert {"track", "user_account", "track_words", "track_words_added"} <= names


async def test_commits_are_synced_and_the_file_is_private(database: Database, tmp_path: Path) -> None:
    connection = Job._meta.db
    pragmas = {
        name: (await connection.execute_query(f"PRAGMA {name}"))[1][0][0] for name in ("journal_mode", "synchronous")
    }

    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    assert (tmp_path / "x.db").stat().st_mode & 0o777 == 0o600


async def test_the_reading_connections_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await database.row("DELETE FROM job")


async def test_readers_do_not_wait_for_a_transaction(database: Database) -> None:
    async with transaction() as connection:
        await Job.create(using_db=connection, kind="k", subject="s", due_at_ms=0)

        assert await database.rows("SELECT * FROM job") == []
        assert await database.scan("SELECT * FROM job") == []
    assert len(await database.rows("SELECT * FROM job")) == 1


async def test_parallel_read_then_write_loses_nothing(database: Database) -> None:
    await Job.create(kind="k", subject="s", due_at_ms=0)

    async def increment() -> None:
        async with transaction() as connection:
            job = await Job.get(kind="k", using_db=connection)
            await Job.filter(kind="k").using_db(connection).update(due_at_ms=job.due_at_ms + 1)

    await asyncio.gather(*(increment() for _ in range(50)))

    assert (await database.rows("SELECT due_at_ms FROM job"))[0]["due_at_ms"] == 50


async def test_a_script_in_a_transaction_is_undone_with_it(database: Database) -> None:
    async def fail() -> None:
        async with transaction() as connection:
            await connection.execute_script(
                "CREATE TABLE half (x INT); CREATE TRIGGER t AFTER INSERT ON half BEGIN SELECT 1; SELECT 2; END;"
            )
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    assert await database.rows("SELECT name FROM sqlite_master WHERE name IN ('half', 't')") == []
