"""Few fixtures: a server (real process, free port, fresh database) and its signed-in owner."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from music import music_folder
from tests.support import OTHER_EMAIL, OTHER_PASSWORD, RunningServer, add_user, owner_client, running_server
from tonearm_api.client import Client


@pytest.fixture(autouse=True)
def no_client_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody's own Tonearm settings or login take part in a test."""
    for name in ("TONEARM_SERVER", "TONEARM_PROFILE", "TONEARM_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TONEARM_CONFIG_DIR", str(tmp_path / "config"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for the tests of a module; they share its library."""
    with running_server(tmp_path_factory.mktemp("server") / "data") as running:
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
