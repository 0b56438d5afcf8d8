"""`tonearm server synth`: a made-up library that is as whole as one of uploads."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgres import Backend
from tests.support import TONEARM, RunningServer, clean_environment, raw, running_server

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, ListTracks

TRACKS = 300


def tonearm(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {f"TONEARM_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(
        [TONEARM, "server", *arguments],
        capture_output=True,
        text=True,
        env=clean_environment(**environment),
        timeout=60,
        check=False,
    )


def synth(
    data: Path, *, tracks: int = TRACKS, seed: int = 7, settings: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = ["synth", "--tracks", str(tracks), "--seed", str(seed), "--data", str(data)]
    return tonearm(*command, **(settings or {}))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("synth") / "data"
    result = synth(data)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"tracks = {TRACKS}\n" in result.stdout
    return data


@pytest.fixture(scope="module")
def server(filled: Path) -> Iterator[RunningServer]:
    with running_server(filled) as running:
        yield running


def test_the_doctor_finds_nothing_wrong(filled: Path, server: RunningServer) -> None:
    result = tonearm("doctor", "--deep", "--data", str(filled))

    assert (result.returncode, "failed" in result.stdout) == (0, False), result.stdout


async def test_every_track_is_listed_but_private_ones(owner: Client) -> None:
    listed, cursor = [], None
    while True:
        page = await owner.list_tracks(ListTracks(limit=200, cursor=cursor))
        listed += page.items
        cursor = page.next_cursor
        if cursor is None:
            break

    assert 0.85 * TRACKS < len({track.id for track in listed}) == len(listed) < TRACKS
    assert {track.format for track in listed} >= {AudioFormat.MP3, AudioFormat.FLAC, AudioFormat.OPUS}


async def test_a_cyrillic_name_is_found_by_its_beginning(owner: Client) -> None:
    titles = [track.title for track in (await owner.search("ночн")).tracks]

    assert titles
    assert any("Ночной" in title for title in titles)


async def test_a_track_of_every_format_streams(owner: Client) -> None:
    tracks = (await owner.list_tracks(ListTracks(limit=200))).items
    by_format = {track.format: track for track in tracks}

    async with raw(owner) as http:
        for track in by_format.values():
            answer = await http.get(f"/stream/{track.id}")

            assert (answer.status_code, len(answer.content)) == (200, track.size_bytes), track.format


@pytest.mark.db
def test_a_seed_is_refused_the_second_time(tmp_path: Path, backend: Backend) -> None:
    settings = backend.settings()

    first, second = (synth(tmp_path / "data", tracks=3, settings=settings) for _ in range(2))

    assert (first.returncode, "tracks = 3\n" in first.stdout) == (0, True), first.stderr
    assert (second.returncode, second.stderr) == (2, "The library of seed 7 is here already: take another --seed\n")


def test_the_same_seed_makes_the_same_library(tmp_path: Path) -> None:
    from tonearm_server.synth.catalogue import Catalogue

    assert list(Catalogue(50, 3).songs()) == list(Catalogue(50, 3).songs())
    assert list(Catalogue(50, 3).songs()) != list(Catalogue(50, 4).songs())


def test_a_running_server_keeps_its_folder(filled: Path, server: RunningServer) -> None:
    result = synth(filled, seed=8)

    assert (result.returncode, "stop it first" in result.stderr) == (2, True)
