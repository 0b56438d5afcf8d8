"""Migrations on databases that are in use: forwards with every row, wholly or not at all, once for many starts."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.postgres import Backend, Cluster
from tests.support import clean_environment
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.transactions import in_transaction

from tonearm_api.library import EditTrack
from tonearm_server.kit.db import APP_LABEL, Database, open_database, open_orm, orm_config
from tonearm_server.library.service import edit_track
from tonearm_server.library.words import has_words
from tonearm_server.models import MODELS

pytestmark = pytest.mark.db

_FIRST = "0001_initial"
_USER = """
    INSERT INTO user_account (id, email, email_key, name, password_hash, is_admin, created_at_ms)
    VALUES ('u', 'ada@example.test', 'ada@example.test', 'Ada', 'x', TRUE, 1)
"""
_ALBUM = "INSERT INTO album (title, artist, title_key, artist_key) VALUES ('Север', 'Кобальт', 'север', 'кобальт')"
_TRACK = """
    INSERT INTO track (id, owner_id, sha256, state, visibility, uploaded_at_ms, title, artist, artists, album_title,
        genre, genres, title_sort, artist_sort, format, size_bytes)
    VALUES ('{number}', 'u', '{number}', 'ready', 'members', 1, 'Зимний вечер {number}', 'Кобальт', '[]', 'Север',
        '', '[]', '{sort}', '', 'flac', 1)
"""
_KILLED = """
import asyncio, os, sys
from pathlib import Path
from tortoise.migrations.recorder import MigrationRecorder
from tonearm_server.kit.db import open_database
from tonearm_server.models import MODELS

async def die(*_): os._exit(9)

MigrationRecorder.record_applied = die
asyncio.run(open_database(Path(sys.argv[1]), models=MODELS, url=sys.argv[2] or None))
"""
"""Ends like kill -9 after the first step of what is to be migrated, before that is recorded."""

_OPENED = """
import asyncio, sys
from pathlib import Path
from tonearm_server.kit.db import open_database
from tonearm_server.models import MODELS

async def main():
    await (await open_database(Path(sys.argv[1]), models=MODELS, url=sys.argv[2])).close()

asyncio.run(main())
"""


async def migrate_to(target: str, path: Path, *, url: str | None) -> None:
    config = orm_config(path, MODELS, url=url)
    orm = await open_orm(config)
    async with in_transaction() as connection:
        executor = MigrationExecutor(connection, config["apps"])
        await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
        await executor.migrate([MigrationTarget(app_label=APP_LABEL, name=target)])
    await orm.close_connections()


async def run(path: Path, url: str | None, statements: Sequence[str]) -> list[Any]:
    """Rows of the last of some statements, through the database's own driver."""
    if url is None:
        with sqlite3.connect(path) as file:
            rows: list[Any] = [file.execute(statement).fetchall() for statement in statements][-1]
        file.close()
        return rows
    connection = await asyncpg.connect(url)
    try:
        return list([await connection.fetch(statement) for statement in statements][-1])
    finally:
        await connection.close()


@pytest.fixture
async def old(tmp_path: Path, backend: Backend) -> tuple[Path, str | None]:
    """A database as the first version left it, with rows in it."""
    path, url = tmp_path / "x.db", backend.new_url()
    await migrate_to(_FIRST, path, url=url)
    tracks = [_TRACK.format(number=number, sort=sort) for number, sort in enumerate("aБбÄz", 1)]
    await run(path, url, [_USER, _ALBUM, *tracks])
    return path, url


async def found(database: Database, q: str) -> int:
    clause = has_words(q, dialect=database.dialect)
    rows = await database.scan(f"SELECT t.row_id FROM track t WHERE {clause.sql}", clause.values)
    return len(rows)


async def test_a_database_in_use_is_brought_up_to_date_with_every_row(old: tuple[Path, str | None]) -> None:
    path, url = old

    database = await open_database(path, models=MODELS, url=url)
    tracks = await database.rows("SELECT t.title_sort, t.likes, t.plays FROM track t ORDER BY t.title_sort, t.row_id")
    hits = await found(database, "зимний ВЕЧ"), await found(database, "север 3"), await found(database, "summer")
    await database.close()

    assert [tuple(dict(row).values()) for row in tracks] == [(sort, 0, 0) for sort in ("a", "z", "Ä", "Б", "б")]
    assert hits == (5, 1, 0)


async def test_what_is_written_after_a_migration_is_found_and_what_is_gone_is_not(
    old: tuple[Path, str | None],
) -> None:
    path, url = old
    database = await open_database(path, models=MODELS, url=url)

    await edit_track(EditTrack(id="1", title="Summer"), viewer_id="u", database=database)
    await run(path, url, ["DELETE FROM track WHERE id = '2'"])
    hits = await found(database, "summer"), await found(database, "зимний")
    await database.close()

    assert hits == (1, 3)


async def test_a_migration_that_is_killed_leaves_what_was_there(old: tuple[Path, str | None]) -> None:
    path, url = old
    statement = "SELECT name FROM tortoise_migrations"
    before = [tuple(row) for row in await run(path, url, [statement])]

    command = [sys.executable, "-c", _KILLED, str(path), url or ""]
    killed = await asyncio.to_thread(
        subprocess.run, command, env=clean_environment(), timeout=60, check=False, capture_output=True
    )
    after = [tuple(row) for row in await run(path, url, [statement])]

    assert killed.returncode == 9, killed.stderr.decode()
    assert before == after == [(_FIRST,)]
    database = await open_database(path, models=MODELS, url=url)
    assert await found(database, "зимний") == 5
    await database.close()


async def test_of_servers_that_start_at_once_one_migrates(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.new_database()
    command = [sys.executable, "-c", _OPENED, str(tmp_path / "unused.db"), url]
    starts = [
        asyncio.to_thread(
            subprocess.run, command, env=clean_environment(), timeout=60, check=False, capture_output=True
        )
        for _ in range(4)
    ]

    done = await asyncio.gather(*starts)

    assert [0] * 4 == [each.returncode for each in done], [each.stderr.decode()[-500:] for each in done]
