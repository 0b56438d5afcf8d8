"""What lists and searches ask of the database: few statements, and none that reads every track."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tonearm_api.library import ListTracks, Sort
from tonearm_api.search import Search
from tonearm_server.auth.models import User
from tonearm_server.kit.db import Database, Question, Row, Value, open_database, transaction
from tonearm_server.library.listing import list_tracks
from tonearm_server.library.models import Track
from tonearm_server.library.recording import Description, describe
from tonearm_server.models import MODELS
from tonearm_server.search.service import search

_TRIPS, _STATEMENTS = 5, 3 + 2 + 3 + 2 + 3
"""The most of one search of two words: as typed, their parts, these, what is spelt alike, that."""

_ORDERED = [ListTracks(sort=sort) for sort in Sort] + [ListTracks(limit=200), ListTracks(mine=False)]
_READS_ALL = re.compile(r"SCAN (t|b|a|c|l|u|track|album|artist)\b")


class Asked(Database):
    """Another database that remembers what it was asked: one list of statements for each trip to it."""

    def __init__(self, asked: Database) -> None:
        self._asked = asked
        self.trips: list[list[Question]] = []

    dialect = "sqlite"

    async def rows(self, statement: str, values: Sequence[Value] = ()) -> Sequence[Row]:
        self.trips.append([(statement, values)])
        return await self._asked.rows(statement, values)

    async def row(self, statement: str, values: Sequence[Value] = ()) -> Row | None:
        self.trips.append([(statement, values)])
        return await self._asked.row(statement, values)

    async def scan(self, statement: str, values: Sequence[Value] = ()) -> Sequence[Row]:
        self.trips.append([(statement, values)])
        return await self._asked.scan(statement, values)

    async def scans(self, *questions: Question) -> Sequence[Sequence[Row]]:
        self.trips.append(list(questions))
        return await self._asked.scans(*questions)

    async def find_damage(self) -> list[str]:
        return await self._asked.find_damage()

    async def close(self) -> None:
        await self._asked.close()

    @property
    def statements(self) -> list[Question]:
        return [question for trip in self.trips for question in trip]

    async def plans(self) -> list[str]:
        """How SQLite goes about each statement, line by line."""
        lines: list[str] = []
        for statement, values in self.statements:
            rows: Sequence[Any] = await self._asked.rows(f"EXPLAIN QUERY PLAN {statement}", values)  # Any: 4 columns
            lines += [row["detail"] for row in rows]
        return lines


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Asked]:
    opened = Asked(await open_database(tmp_path / "x.db", models=MODELS))
    await User.create(id="u", email="a", email_key="a", name="Ada", password_hash="x", is_admin=True, created_at_ms=1)
    await add_tracks(1)
    yield opened
    await opened.close()


async def add_tracks(count: int) -> None:
    before = await Track.all().count()
    async with transaction() as connection:
        for number in range(before, before + count):
            row = Track(id=f"t{number}", owner_id="u", sha256=f"{number}", state="ready", visibility="members")
            row.uploaded_at_ms, row.format, row.size_bytes, row.title_sort, row.artist_sort = 1, "flac", 1, "", ""
            row.title = row.artist = row.artists = row.genre = row.genres = ""
            await row.save(using_db=connection)
            description = Description(
                title=f"Golden River {number}",
                artists=[f"Anna {number}"],
                album=f"Silent {number // 3}",
                album_artist=None,
                genres=["Jazz"],
                year=None,
                track_number=None,
                disc_number=None,
            )
            await describe(row, description, connection=connection)


@pytest.mark.parametrize("wanted", _ORDERED, ids=str)
async def test_a_page_is_one_statement_that_stops_when_it_is_full(database: Asked, wanted: ListTracks) -> None:
    await list_tracks(wanted, viewer_id="u", database=database)

    assert len(database.statements) == 1
    if wanted.sort is not Sort.LIKED:  # which is one person's likes, sorted
        assert [line for line in await database.plans() if "TEMP B-TREE" in line] == []


@pytest.mark.parametrize(("typed", "hits"), [("golden ri", 30), ("goldn rivr", 30), ("olden iver", 30), ("xyz abc", 0)])
async def test_a_search_asks_as_often_however_many_tracks_there_are(database: Asked, typed: str, hits: int) -> None:
    await search(Search(q=typed), viewer_id="u", database=database)
    asked_of_one = len(database.statements)
    database.trips.clear()
    await add_tracks(29)
    found = await search(Search(q=typed), viewer_id="u", database=database)

    assert len(found.tracks) == hits
    assert asked_of_one == len(database.statements) <= _STATEMENTS
    assert len(database.trips) <= _TRIPS


@pytest.mark.parametrize("typed", ["g", "golden ri", "goldn rivr", "olden iver"])
async def test_no_search_reads_every_track(database: Asked, typed: str) -> None:
    await search(Search(q=typed), viewer_id="u", database=database)

    assert [line for line in await database.plans() if _READS_ALL.match(line)] == []


@pytest.mark.parametrize("typed", ["golden", "golden ri"])
async def test_what_is_found_at_once_is_one_trip(database: Asked, typed: str) -> None:
    await search(Search(q=typed), viewer_id="u", database=database)

    assert [3] == [len(trip) for trip in database.trips]
