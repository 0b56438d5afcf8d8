"""upload goes on: after kill -9 of itself, of the server, and with whatever became of what it remembers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import imageio_ffmpeg
import pytest
from tests.audio import make_audio
from tests.cli.console import COMMAND, tonearm
from tests.cli.proxy import line_to
from tests.ports import free_ports
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, RunningServer, bearer, owner_client, start_server

from tonearm_api.client import Client
from tonearm_api.credentials import CredentialStore, read_client_settings
from tonearm_api.library import AudioFormat
from tonearm_api.resumable import CHUNK_BYTES, create_upload, end_upload, send_chunk
from tonearm_api.sending.journal import facts_of, open_journal

NOISE_S = 340
"""Of stereo noise, which FLAC cannot shrink: 60 MB."""

SLACK_BYTES = 64 * 1024
"""Headers, small requests, and what the line took when it was held."""


@pytest.fixture(scope="module")
def album_side(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("music") / "side.flac"
    left, right = (f"anoisesrc=d={NOISE_S}:r=44100:seed={seed}" for seed in (1, 2))
    noise = f"{left}[left];{right}[right];[left][right]amerge,aformat=sample_fmts=s16"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", noise]
    subprocess.run([*command, "-compression_level", "0", str(path)], check=True, timeout=120)
    return path


async def log_in(server: str) -> None:
    """The command line is signed in as the owner, to that address."""
    async with Client(server) as client:
        await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
        login = client.store.find()
    assert login is not None
    CredentialStore(read_client_settings()).save(login)


@pytest.mark.timeout(240)
async def test_60_mb_survive_kill_9_of_client_and_server_and_are_sent_once(album_side: Path, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    server = start_server(tmp_path / "data", port=str(port))
    async with owner_client(server):
        pass
    size_bytes = size_of(album_side)
    try:
        async with line_to(port) as line:
            await log_in(f"http://127.0.0.1:{line.port}")
            line.hold_at(20_000_000)
            first = await asyncio.create_subprocess_exec(
                *COMMAND, "upload", str(album_side), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            await line.held()
            first.kill()
            await first.wait()
            line.release()
            line.hold_at(45_000_000)
            second = asyncio.create_task(tonearm("upload", str(album_side)))
            await line.held()
            server.kill()
            line.release()
            server = start_server(server.data, port=str(port))
            ran = await second

        async with owner_client(server) as owner, httpx.AsyncClient(headers=bearer(owner), timeout=60) as http:
            heard = (await http.get(f"{server.url}/stream/{ran.rows[0][1]}")).content
    finally:
        server.stop()
    assert size_bytes > 55_000_000
    assert (ran.code, ran.rows[0][0]) == (0, "ready")
    assert "side.flac: resumed at 16." in ran.stderr
    assert "trying again" in ran.stderr
    assert heard == await asyncio.to_thread(album_side.read_bytes)
    assert line.sent_bytes <= size_bytes + 2 * CHUNK_BYTES + SLACK_BYTES


def size_of(path: Path) -> int:
    return path.stat().st_size


async def begun(owner: Client, path: Path, *, share: float) -> str:
    """An upload of `path` that an earlier run has sent a share of; its id."""
    content = await asyncio.to_thread(path.read_bytes)
    facts = facts_of(path, await asyncio.to_thread(path.stat))
    upload_id = await create_upload(owner, size_bytes=len(content), filename=path.name)
    await send_chunk(owner, upload_id, content[: int(len(content) * share)], offset_bytes=0)
    login = owner.store.find()
    assert login is not None
    with open_journal(journal_file(), server=owner.server, account=login.email) as journal:
        journal.note(facts, upload_id=upload_id)
    return upload_id


def journal_file() -> Path:
    return read_client_settings().config_dir / "uploads.db"


@pytest.fixture
def song(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    pitch_hz = 300 + sum(request.node.name.encode()) % 3000
    return make_audio(tmp_path / "song.flac", format=AudioFormat.FLAC, seconds=3, frequency_hz=pitch_hz)


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize("share", [0.5, 1.0], ids=["half of it", "all but the last answer"])
async def test_what_an_earlier_run_sent_is_not_sent_again(owner: Client, song: Path, share: float) -> None:
    await begun(owner, song, share=share)

    ran = await tonearm("upload", "--json", str(song))

    told = ran.document["files"][0]
    assert (ran.code, told["state"], told["new"]) == (0, "ready", True)
    assert told["resumed_at_bytes"] == int(size_of(song) * share)


@pytest.mark.usefixtures("login")
async def test_an_upload_that_the_server_has_forgotten_is_begun_anew(owner: Client, song: Path) -> None:
    await end_upload(owner, await begun(owner, song, share=0.5))

    ran = await tonearm("upload", "--json", str(song))

    told = ran.document["files"][0]
    assert (ran.code, told["state"], told["resumed_at_bytes"]) == (0, "ready", None)


@pytest.mark.usefixtures("login")
async def test_a_file_that_has_changed_since_is_begun_anew(owner: Client, song: Path, tmp_path: Path) -> None:
    await begun(owner, song, share=0.5)
    other = make_audio(tmp_path / "other.flac", format=AudioFormat.FLAC, seconds=2, frequency_hz=3500)
    other.replace(song)

    ran = await tonearm("upload", "--json", str(song))

    told = ran.document["files"][0]
    assert (ran.code, told["state"], told["resumed_at_bytes"]) == (0, "ready", None)
    assert told["track"]["size_bytes"] == size_of(song)


@pytest.mark.usefixtures("login")
async def test_the_journal_is_private_and_empty_when_all_is_done(song: Path) -> None:
    await tonearm("upload", str(song))

    with open_journal(journal_file(), server="", account="") as journal:
        left = journal._database.execute("SELECT count(*) FROM upload").fetchone()
    assert stat.S_IMODE(journal_file().stat().st_mode) == 0o600
    assert left == (0,)


@pytest.mark.usefixtures("login")
async def test_a_damaged_journal_stops_no_upload(song: Path) -> None:
    journal_file().write_bytes(b"this is not SQLite" * 100)

    ran = await tonearm("upload", str(song))

    assert (ran.code, ran.rows[0][0]) == (0, "ready")


@pytest.mark.usefixtures("login")
async def test_a_journal_that_another_version_wrote_stops_no_upload(song: Path) -> None:
    with contextlib.closing(sqlite3.connect(journal_file())) as database:
        database.execute("CREATE TABLE upload (begun_at_s REAL NOT NULL)")

    ran = await tonearm("upload", str(song))

    assert (ran.code, ran.rows[0][0]) == (0, "ready"), ran.stderr


@pytest.mark.usefixtures("login")
def test_a_journal_that_fails_midway_is_remembered_for_the_rest_of_the_run(song: Path) -> None:
    facts = facts_of(song, song.stat())
    with open_journal(journal_file(), server="s", account="a") as journal:
        with contextlib.closing(sqlite3.connect(journal_file())) as database:
            database.execute("DROP TABLE upload")
        journal.note(facts, upload_id="x")

        noted = journal.find(facts)

    assert noted is not None
    assert (noted.upload_id, noted.is_same_file) == ("x", True)


@pytest.mark.usefixtures("login")
async def test_the_same_file_from_two_shells_is_one_track(song: Path) -> None:
    first, second = await asyncio.gather(tonearm("upload", "--json", str(song)), tonearm("upload", "--json", str(song)))

    ids = {ran.document["files"][0]["track"]["id"] for ran in (first, second)}
    assert (first.code, second.code, len(ids)) == (0, 0, 1)


@pytest.mark.usefixtures("login")
async def test_a_file_that_grows_while_it_is_sent_is_refused(song: Path, server: RunningServer, owner: Client) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    await asyncio.to_thread(song.write_bytes, os.urandom(2 * CHUNK_BYTES))
    async with line_to(port) as line:
        await log_in(f"http://127.0.0.1:{line.port}")
        line.hold_at(CHUNK_BYTES // 2)
        running = asyncio.create_task(tonearm("upload", str(song)))
        await line.held()
        with song.open("ab") as file:
            file.write(b"more")
        line.release()
        ran = await running

    assert (ran.code, ran.rows[0][:2]) == (6, ["refused", "file_changed"])
