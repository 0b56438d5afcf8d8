"""The database: migrated whole or not at all, read while somebody writes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from tests.postgres import Backend

from tonearm_server.jobs.models import Job
from tonearm_server.kit.db import Database, execute, fetch, is_unused, numbered, open_database, transaction
from tonearm_server.models import MODELS

pytestmark = pytest.mark.db

_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master",
    "postgres": "SELECT relname AS name FROM pg_class UNION SELECT tgname FROM pg_trigger",
}
_SEARCH = {"sqlite": {"track_words", "track_words_added"}, "postgres": {"track_search", "track_search_words"}}


@pytest.fixture
async def database(tmp_path: Path, backend: Backend) -> AsyncIterator[Database]:
    opened = await open_database(tmp_path / "x.db", models=MODELS, url=backend.new_url())
    yield opened
    await opened.close()


async def names(database: Database) -> set[str]:
    return {row["name"] for row in await database.rows(_TABLES[database.dialect])}


async def test_opening_again_finds_the_same_tables(tmp_path: Path, backend: Backend) -> None:
    url = backend.new_url()
    assert await is_unused(tmp_path / "x.db", url=url)
    for _ in range(2):
        database = await open_database(tmp_path / "x.db", models=MODELS, url=url)
        found = await names(database)
        await database.close()

        assert {"track", "user_account"} | _SEARCH[database.dialect] <= found
    assert not await is_unused(tmp_path / "x.db", url=url)


async def test_commits_are_synced_and_the_file_is_private(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "x.db", models=MODELS)
    connection = Job._meta.db
    pragmas = {
        name: (await connection.execute_query(f"PRAGMA {name}"))[1][0][0] for name in ("journal_mode", "synchronous")
    }
    await database.close()

    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    assert (tmp_path / "x.db").stat().st_mode & 0o777 == 0o600


async def test_the_reading_connections_cannot_write(database: Database) -> None:
    with pytest.raises((sqlite3.OperationalError, asyncpg.ReadOnlySQLTransactionError)):
        await database.row("DELETE FROM job")


async def test_readers_do_not_wait_for_a_transaction(database: Database) -> None:
    async with transaction() as connection:
        await Job.create(using_db=connection, kind="k", subject="s", due_at_ms=0)

        assert list(await database.rows("SELECT * FROM job")) == []
        assert list(await database.scan("SELECT * FROM job")) == []
    assert len(await database.rows("SELECT * FROM job")) == 1


async def test_parallel_read_then_write_loses_nothing_where_each_is_alone(database: Database) -> None:
    await Job.create(kind="k", subject="s", due_at_ms=0)

    async def increment() -> None:
        async with transaction(alone=True) as connection:
            job = await Job.get(kind="k", using_db=connection)
            await Job.filter(kind="k").using_db(connection).update(due_at_ms=job.due_at_ms + 1)

    await asyncio.gather(*(increment() for _ in range(50)))

    assert (await database.rows("SELECT due_at_ms FROM job"))[0]["due_at_ms"] == 50


async def test_a_script_in_a_transaction_is_undone_with_it(database: Database) -> None:
    async def fail() -> None:
        async with transaction() as connection:
            await connection.execute_script("CREATE TABLE half (x INT); CREATE INDEX half_x ON half (x);")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    assert not {"half", "half_x"} & await names(database)


async def test_a_trigger_of_a_script_is_undone_with_it(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "x.db", models=MODELS)

    async def fail() -> None:
        async with transaction() as connection:
            await connection.execute_script(
                "CREATE TABLE half (x INT); CREATE TRIGGER t AFTER INSERT ON half BEGIN SELECT 1; SELECT 2; END;"
            )
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    found = await names(database)
    await database.close()

    assert not {"half", "t"} & found


async def test_a_statement_says_how_many_rows_it_changed(database: Database) -> None:
    add = "INSERT INTO job (kind, subject, attempts, due_at_ms, is_dead) VALUES (?, ?, 0, ?, FALSE)"
    ignored = f"{add} ON CONFLICT DO NOTHING"
    async with transaction() as connection:
        added = [await execute(connection, add, ["k", subject, 0]) for subject in "ab"]
        again = await execute(connection, ignored, ["k", "a", 0])
        changed = await execute(connection, "UPDATE job SET due_at_ms = ? WHERE kind = ?", [7, "k"])
        read = await fetch(connection, "SELECT subject FROM job WHERE due_at_ms = ? ORDER BY subject", [7])
        removed = await execute(connection, "DELETE FROM job WHERE subject = ?", ["nobody"])

    assert (added, again, changed, removed) == ([1, 1], 0, 2, 0)
    assert read == [{"subject": "a"}, {"subject": "b"}]


async def test_a_row_is_read_by_its_columns_names(database: Database) -> None:
    row = await database.row("SELECT 1 AS one, 'two' AS text")

    assert row is not None
    assert (row["one"], dict(row)) == (1, {"one": 1, "text": "two"})
    assert await database.row("SELECT 1 AS one WHERE 1 = 2") is None


async def test_text_with_a_nul_is_no_error(database: Database) -> None:
    await Job.create(kind="a\0b", subject="s", due_at_ms=0)

    assert await database.row("SELECT 1 FROM job WHERE kind = ?", ("a\0b",)) is not None


async def test_the_database_is_not_damaged(database: Database) -> None:
    assert await database.find_damage() == []


def test_placeholders_are_numbered_for_postgresql() -> None:
    assert numbered("SELECT ? FROM t WHERE (a, b) < (?, ?)") == "SELECT $1 FROM t WHERE (a, b) < ($2, $3)"
    assert numbered("SELECT 1") == "SELECT 1"
