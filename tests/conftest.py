"""Few fixtures: a server (real process, free port, fresh database) and its signed-in owner."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from music import music_folder
from tests.postgres import INSTALL, Backend, Cluster, find_programs, running_cluster
from tests.support import OTHER_EMAIL, OTHER_PASSWORD, RunningServer, add_user, owner_client, running_server
from tonearm_api.client import Client


def pytest_configure() -> None:
    """What the programs that tests start must not inherit.

    They start some thousand times: with modules that stay compiled, that takes half the CPU (measured 2026-11). And the
    workers of pytest-xdist have a size of 80 by 24 in their environment, which wins over that of a terminal.
    """
    for name in ("PYTHONDONTWRITEBYTECODE", "COLUMNS", "LINES"):
        os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def no_client_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody's own Tonearm settings or login take part in a test."""
    for name in ("TONEARM_SERVER", "TONEARM_PROFILE", "TONEARM_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TONEARM_CONFIG_DIR", str(tmp_path / "config"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests marked `db` run on both databases: first all of a module on SQLite, then all on PostgreSQL."""
    if metafunc.definition.get_closest_marker("db") and "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", ("sqlite", "postgres"), indirect=True, scope="module")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL of our own. Where its programs are missing, tests are skipped; in CI they fail."""
    programs = find_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    with running_cluster(programs) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def backend(request: pytest.FixtureRequest) -> Backend:
    """The database that servers of this module stand on: SQLite, unless the module is marked `db`."""
    name = getattr(request, "param", "sqlite")
    return Backend(request.getfixturevalue("postgres") if name == "postgres" else None)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Iterator[RunningServer]:
    """One server for the tests of a module; they share its library."""
    with running_server(tmp_path_factory.mktemp("server") / "data", **backend.settings()) as running:
        yield running


@pytest.fixture
async def owner(server: RunningServer) -> AsyncIterator[Client]:
    async with owner_client(server) as client:
        yield client


@pytest.fixture(scope="module")
def _other_account(server: RunningServer) -> None:
    add_user(server, OTHER_EMAIL, OTHER_PASSWORD)


@pytest.fixture
async def other(server: RunningServer, _other_account: None) -> AsyncIterator[Client]:
    """Another member, who owns nothing of the owner's."""
    async with Client(server.url) as client:
        await client.log_in(email=OTHER_EMAIL, password=OTHER_PASSWORD)
        yield client


@pytest.fixture(scope="session")
def real_music() -> Path:
    """The folder that `make music` fills. Where it cannot be had, tests are skipped; in CI they fail."""
    folder = music_folder()
    if folder is not None:
        return folder
    missing = "there is no real music here; `make music` fetches it"
    return pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
