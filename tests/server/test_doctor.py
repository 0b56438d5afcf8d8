"""`tonearm server doctor`: what it finds in a data folder that something happened to, and what mends itself."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from tests.audio import make_audio, png_cover
from tests.support import (
    TONEARM,
    RunningServer,
    clean_environment,
    owner_client,
    running_server,
    until,
    upload,
)

from tonearm_api.library import AudioFormat
from tonearm_server.storage.base import audio_key, cover_key

Findings = dict[str, dict[str, str]]

DAY_S = 24 * 3600


def doctor(data: Path, *options: str) -> tuple[int, Findings]:
    """Exit code and findings by name."""
    ran = subprocess.run(
        [TONEARM, "server", "doctor", "--json", "--data", str(data), *options],
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=60,
        check=False,
    )
    document = json.loads(ran.stdout)
    assert document["v"] == 1
    return ran.returncode, {finding["name"]: finding for finding in document["findings"]}


def failures(data: Path, *options: str) -> dict[str, str]:
    """What failed, with what is said of it. Exit 1 and a hint go with every failure."""
    code, findings = doctor(data, *options)
    failed = {name: finding for name, finding in findings.items() if finding["state"] == "failed"}
    assert (1 if failed else 0) == code
    assert all(finding["hint"] for finding in failed.values())
    return {name: finding["message"] for name, finding in failed.items()}


def alter(data: Path, statement: str) -> None:
    connection = sqlite3.connect(data / "tonearm.db")
    with connection:
        connection.execute(statement)
    connection.close()


def audio_of(data: Path) -> Path:
    return next(path for path in (data / "blobs" / "audio").rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def _healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one track that has a cover and a like; its server has stopped."""
    folder = tmp_path_factory.mktemp("healthy")
    song = make_audio(folder / "song.flac", format=AudioFormat.FLAC, cover=png_cover())
    with running_server(folder / "data") as server:
        asyncio.run(fill(server, song))
    return folder / "data"


async def fill(server: RunningServer, song: Path) -> None:
    async with owner_client(server) as owner:
        await owner.like((await upload(owner, song)).id)


@pytest.fixture
def data(_healthy: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    shutil.copytree(_healthy, tmp_path / "data")
    return tmp_path / "data"


def test_a_healthy_folder_has_no_failure(data: Path) -> None:
    assert failures(data, "--deep") == {}


async def test_a_running_server_is_examined_by_itself(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        code, findings = doctor(server.data)

    assert code == 0
    assert {"database", "keys", "sandbox", "audio", "likes"} <= set(findings)


def test_a_folder_without_a_server_is_no_patient(tmp_path: Path) -> None:
    command = [TONEARM, "server", "doctor", "--data", str(tmp_path / "nothing")]
    ran = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=False)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "--data" in ran.stderr


def test_bytes_that_are_gone_are_found(data: Path) -> None:
    sha256 = audio_of(data).name
    audio_of(data).unlink()

    assert failures(data) == {"audio": f"1 files miss or are cut: {sha256}"}


def test_bytes_that_are_cut_off_are_found(data: Path) -> None:
    audio_of(data).chmod(0o600)
    os.truncate(audio_of(data), 100)

    assert set(failures(data)) == {"audio"}


def test_a_flipped_bit_is_found_by_looking_deep(data: Path) -> None:
    audio_of(data).chmod(0o600)
    content = bytearray(audio_of(data).read_bytes())
    content[len(content) // 2] ^= 1
    audio_of(data).write_bytes(content)

    assert failures(data) == {}
    assert failures(data, "--deep") == {"hashes": f"1 files are damaged: {audio_of(data).name}"}


def test_a_cover_that_is_gone_is_found(data: Path) -> None:
    next(path for path in (data / "blobs" / "covers").rglob("*-64")).unlink()

    assert set(failures(data)) == {"covers"}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE track SET likes = 2", "likes"),
        ("UPDATE track SET plays = 1", "plays"),
        ("DELETE FROM track_like", "likes"),
        ("UPDATE track SET state = 'verifying'", "verifying"),
        ("UPDATE track SET state = 'lost'", "states"),
        ("DELETE FROM audio_analysis", "analysis"),
        ("DELETE FROM track_search", "search"),
    ],
)
def test_rows_that_do_not_add_up_are_found(data: Path, statement: str, name: str) -> None:
    alter(data, statement)

    assert set(failures(data)) == {name}


def test_an_upload_that_lacks_acknowledged_bytes_is_found(data: Path) -> None:
    for name in ("short", "whole"):
        (data / "blobs" / "resumable" / name).write_bytes(b"x" * 100)
        alter(
            data,
            "INSERT INTO upload (id, owner_id, filename, length_bytes, offset_bytes, expires_at_ms)"
            f" SELECT '{name}', id, 'x', 1000, {101 if name == 'short' else 100}, 9e15 FROM user_account",
        )

    assert failures(data) == {"uploads": "1 lack bytes: short"}


def test_a_job_that_is_given_up_is_a_warning(data: Path) -> None:
    alter(data, "INSERT INTO job (kind, subject, attempts, due_at_ms, is_dead) VALUES ('verify', 'x', 5, 0, 1)")

    code, findings = doctor(data)

    assert (code, findings["jobs"]["state"]) == (0, "warning")


def test_keys_that_others_may_read_are_found(data: Path) -> None:
    (data / "keys.json").chmod(0o644)

    assert set(failures(data)) == {"keys"}


def strays(data: Path, *, age_s: float) -> list[Path]:
    """An audio file and a cover that no track names."""
    made = []
    for place in (audio_key("ab" * 32), cover_key("ab" * 32, 64)):
        path = data / "blobs" / place
        path.parent.mkdir(parents=True)
        path.write_bytes(b"left behind")
        os.utime(path, (time.time() - age_s, time.time() - age_s))
        made.append(path)
    return made


async def test_old_bytes_without_a_track_are_warned_about_and_collected(data: Path) -> None:
    old = strays(data, age_s=DAY_S + 60)
    kept = audio_of(data)

    code, findings = doctor(data)
    with running_server(data):

        async def are_gone() -> bool:
            return not any(path.exists() for path in old)

        await until(are_gone, what="the strays to be collected")

    assert (code, findings["garbage"]["state"]) == (0, "warning")
    assert kept.exists()
    assert failures(data, "--deep") == {}


async def test_young_bytes_without_a_track_are_on_their_way(data: Path) -> None:
    young = strays(data, age_s=DAY_S - 600)

    _, findings = doctor(data)

    assert findings["garbage"]["state"] == "ok"
    assert all(path.exists() for path in young)
    assert "2 files" in findings["garbage"]["message"]
