"""A server on PostgreSQL as an operator meets it: its settings, its faults, and a database that goes and comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from tests.audio import make_audio
from tests.postgres import Cluster
from tests.support import (
    OTHER_EMAIL,
    OTHER_PASSWORD,
    OWNER_EMAIL,
    OWNER_PASSWORD,
    TONEARM,
    RunningServer,
    clean_environment,
    owner_client,
    raw,
    running_server,
    start_server,
    until,
    upload,
    verdict,
)

from tonearm_api.client import Client
from tonearm_api.errors import Unavailable
from tonearm_api.library import AudioFormat, ListTracks
from tonearm_server.kit import postgres_client
from tonearm_server.kit.db import open_database, transaction
from tonearm_server.kit.postgres import TURN_LOCK
from tonearm_server.models import MODELS


def tonearm(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(**{f"TONEARM_{name.upper()}": value for name, value in settings.items()})
    command = [TONEARM, *arguments]
    return subprocess.run(
        command, input=stdin, text=True, capture_output=True, env=environment, timeout=60, check=False
    )


def serve(data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Of a server that cannot start."""
    return tonearm("serve", "--port", "0", "--data", str(data), **settings)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, postgres: Cluster) -> Iterator[RunningServer]:
    """Its URL comes from a file, as container engines mount secrets."""
    folder = tmp_path_factory.mktemp("postgres")
    secret = folder / "url"
    secret.write_text(postgres.new_database() + "\n")
    with running_server(folder / "data", database_url_file=str(secret)) as running:
        yield running


async def status(server: RunningServer, path: str) -> int:
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        return (await http.get(path)).status_code


async def test_a_database_that_was_away_is_used_again_without_a_restart(
    server: RunningServer, postgres: Cluster, tmp_path: Path
) -> None:
    async with owner_client(server) as owner:
        track = await upload(owner, make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=0.5))
        assert await status(server, "/readyz") == 200

        postgres.stop()
        try:
            away = [await status(server, path) for path in ("/readyz", "/healthz")]
            async with raw(owner) as http:
                read = await http.get("/api/v1/tracks")
                write = await http.put(f"/api/v1/tracks/{track.id}/like")
        finally:
            postgres.start()

        assert away == [503, 200]
        assert [(a.status_code, a.json()["code"]) for a in (read, write)] == [(503, "unavailable")] * 2
        await owner.like(track.id)
        assert [1] == [item.likes for item in (await owner.list_tracks(ListTracks())).items]
        assert await status(server, "/readyz") == 200


async def test_a_restart_between_two_requests_is_not_noticed(server: RunningServer, postgres: Cluster) -> None:
    async with owner_client(server) as owner:
        await owner.list_tracks(ListTracks())

        postgres.stop()
        postgres.start()

        assert (await owner.me()).is_admin
        await owner.log_out()


async def test_an_upload_that_the_restart_interrupts_is_verified_after_it(
    server: RunningServer, postgres: Cluster, tmp_path: Path
) -> None:
    async with owner_client(server) as owner:
        track = await owner.upload_track(make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=20))

        postgres.stop()
        postgres.start()

        async def is_ready() -> bool:
            return (await owner.get_track(track.id)).state == "ready"

        await until(is_ready, what="the track to be verified")


async def test_what_a_killed_server_was_verifying_is_taken_up_by_the_next_start(
    tmp_path: Path, postgres: Cluster
) -> None:
    """Its lease has an hour to go, which the successor on the same data folder does not wait for."""
    data, url = tmp_path / "data", postgres.new_database()
    server = start_server(data, database_url=url)
    async with owner_client(server) as owner:
        track = await upload(owner, make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=0.5))
    server.kill()
    until_ms, folder = int(time.time() + 3600) * 1000, (data / "tonearm.lock").read_text()
    lease = f"'verify', '{track.id}', 1, 1, {until_ms}, '{folder}', FALSE"
    columns = "kind, subject, attempts, due_at_ms, leased_until_ms, leased_by, is_dead"
    for statement in ("UPDATE track SET state = 'verifying'", f"INSERT INTO job ({columns}) VALUES ({lease})"):
        postgres.run_sql(statement, database=url.rpartition("/")[2])

    with running_server(data, database_url=url) as successor:
        async with owner_client(successor) as owner:
            assert (await verdict(owner, track.id)).state == "ready"


def test_the_password_is_never_shown(server: RunningServer, postgres: Cluster, tmp_path: Path) -> None:
    url = postgres.url("postgres")

    checked = tonearm("server", "config", "check", "--data", str(tmp_path / "data"), database_url=url)
    wrong = serve(tmp_path / "data", database_url=url.replace(postgres.password, "wrongpassword"))

    assert (checked.returncode, "database_url = **********" in checked.stdout) == (0, True)
    assert (wrong.returncode, "password" in wrong.stderr, "wrongpassword" in wrong.stderr) == (2, True, False)
    assert postgres.password not in "".join(server.log) + checked.stdout + checked.stderr


@pytest.mark.parametrize(
    "url", ["mysql://u:hidden@host/name", "postgres://u:hidden@host", "postgres://u:hidden@127.0.0.1:1/name"]
)
def test_an_address_that_cannot_be_used_is_named_without_its_password(tmp_path: Path, url: str) -> None:
    refused = serve(tmp_path / "data", database_url=url, database_wait_s="0")

    assert refused.returncode == 2
    assert "TONEARM_DATABASE_URL" in refused.stderr
    assert "hidden" not in refused.stderr
    assert "Traceback" not in refused.stderr


@contextlib.contextmanager
def starting(data: Path, *, url: str) -> Iterator[subprocess.Popen[str]]:
    """A server that waits for the PostgreSQL at `url`."""
    command = [TONEARM, "serve", "--port", "0", "--data", str(data)]
    environment = clean_environment(TONEARM_DATABASE_URL=url)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, text=True, stdout=pipe, stderr=pipe) as process:
        try:
            assert process.stderr is not None
            assert any("waiting for it" in line for line in process.stderr)
            yield process
        finally:
            process.terminate()


def test_a_start_waits_for_a_database_that_is_not_up_yet(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.new_database()
    postgres.stop()
    try:
        with starting(tmp_path / "data", url=url) as process:
            postgres.start()
            assert process.stdout is not None
            said = [process.stdout.readline().split()[0] for _ in range(2)]
    finally:
        if postgres.process is None:
            postgres.start()

    assert ["owner-signup", "listening"] == said


def test_a_start_that_waits_for_a_database_can_be_stopped(tmp_path: Path) -> None:
    with starting(tmp_path / "data", url="postgres://u:hidden@127.0.0.1:1/name") as process:
        process.terminate()

        assert process.wait(timeout=20) == 0


def test_the_database_of_another_data_folder_is_refused(server: RunningServer, tmp_path: Path) -> None:
    url = (server.data.parent / "url").read_text().strip()
    data = tmp_path / "data"
    add = ["server", "user", "add", "--name", "Eve", "--email", OTHER_EMAIL, "--password-stdin", "--data", str(data)]
    assert tonearm(*add, stdin=OTHER_PASSWORD + "\n").returncode == 0  # a library of its own, on SQLite

    refused = serve(data, database_url=url), tonearm(*add, stdin=OTHER_PASSWORD + "\n", database_url=url)
    examined = tonearm("server", "doctor", "--json", "--data", str(data), database_url=url)

    assert [(2, True)] * 2 == [(ran.returncode, "another data folder" in ran.stderr) for ran in refused]
    findings = {finding["name"]: finding["state"] for finding in json.loads(examined.stdout)["findings"]}
    assert (1, "failed") == (examined.returncode, findings["keys"])


def test_a_database_that_does_not_exist_is_named(tmp_path: Path, postgres: Cluster) -> None:
    refused = serve(tmp_path / "data", database_url=postgres.url("nowhere"))

    assert (refused.returncode, "create it" in refused.stderr) == (2, True)


def test_a_database_that_cannot_hold_every_script_is_refused(tmp_path: Path, postgres: Cluster) -> None:
    postgres.run_sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")

    refused = serve(tmp_path / "data", database_url=postgres.url("latin"))

    assert (refused.returncode, "UTF-8" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("?hidden=1", "refuses"),
        ("?options=-c%20default_transaction_read_only=on", "only reads"),
    ],
)
def test_what_an_address_may_not_ask_for_is_named(
    tmp_path: Path, postgres: Cluster, setting: str, sentence: str
) -> None:
    refused = serve(tmp_path / "data", database_url=postgres.new_database() + setting)

    assert (refused.returncode, sentence in refused.stderr, "Traceback" in refused.stderr) == (2, True, False)


@pytest.mark.parametrize("missing", ["CREATE ON SCHEMA public", "CONNECT ON DATABASE {name}"])
def test_rights_that_are_missing_are_named(tmp_path: Path, postgres: Cluster, missing: str) -> None:
    url = postgres.new_database()
    name = url.rpartition("/")[2]
    poor = f"poor_{name}"
    postgres.run_sql(f"CREATE ROLE {poor} LOGIN PASSWORD 'hidden'")
    postgres.run_sql(f"REVOKE {missing.format(name=name)} FROM PUBLIC", database=name)

    refused = serve(tmp_path / "data", database_url=f"postgres://{poor}:hidden@127.0.0.1:{postgres.port}/{name}")

    assert (refused.returncode, "make it the owner" in refused.stderr) == (2, True)
    assert "Traceback" not in refused.stderr


async def test_signing_out_while_tokens_are_refreshed_is_no_deadlock(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.new_database()

    async def refresh_waits() -> bool:
        return postgres.run_sql("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0"

    with running_server(tmp_path / "data", database_url=url) as server:
        async with owner_client(server), httpx.AsyncClient(base_url=server.url, timeout=30) as http:
            login = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD}
            tokens = (await http.post("/api/v1/auth/login", json=login)).json()
            other = await asyncpg.connect(url)
            async with other.transaction():
                await other.execute("SELECT 1 FROM login_session FOR UPDATE")
                body = {"refresh_token": tokens["refresh_token"]}
                refreshing = asyncio.create_task(http.post("/api/v1/auth/refresh", json=body))
                await until(refresh_waits, what="the refresh to wait for the session")
                await other.execute("DELETE FROM login_session")
            await other.close()
            answer = await refreshing

    assert (401, "session_ended") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("gives_up", ["we", "PostgreSQL"])
async def test_a_turn_that_never_comes_is_no_request_that_never_ends(
    tmp_path: Path, postgres: Cluster, monkeypatch: pytest.MonkeyPatch, gives_up: str
) -> None:
    url = postgres.new_database()
    await (await open_database(tmp_path / "x.db", models=MODELS, url=url)).close()
    if gives_up == "we":
        monkeypatch.setattr(postgres_client, "ANSWER_S", 2)
    else:
        monkeypatch.setitem(postgres_client._SESSION, "lock_timeout", "1s")
    database = await open_database(tmp_path / "x.db", models=MODELS, url=url)
    other = await asyncpg.connect(url)
    await other.execute(f"SELECT pg_advisory_lock({TURN_LOCK})")

    try:
        with pytest.raises(Unavailable):
            async with asyncio.timeout(60), transaction(alone=True):
                pytest.fail("it had its turn")
    finally:
        await other.close()
        await database.close()


@pytest.mark.parametrize("given", ["missing", "twice"])
def test_a_secret_file_that_cannot_be_used_is_named(tmp_path: Path, given: str) -> None:
    settings = {"database_url_file": str(tmp_path / "nothing")}
    settings |= {"database_url": "postgres://u:hidden@host/name"} if given == "twice" else {}

    checked = tonearm("server", "config", "check", "--data", str(tmp_path / "data"), **settings)

    assert (checked.returncode, "TONEARM_DATABASE_URL_FILE" in checked.stderr) == (2, True)


async def test_accounts_and_the_doctor_work_with_and_without_a_server(tmp_path: Path, postgres: Cluster) -> None:
    data, url = tmp_path / "data", postgres.new_database()
    add = ["server", "user", "add", "--name", "Eve", "--password-stdin", "--data", str(data), "--email"]

    added = tonearm(*add, OTHER_EMAIL, stdin=OTHER_PASSWORD + "\n", database_url=url)
    examined = tonearm("server", "doctor", "--json", "--data", str(data), database_url=url)
    with running_server(data, database_url=url) as server:
        beside = tonearm(*add, "second@example.test", stdin=OTHER_PASSWORD + "\n", database_url=url)
        for email in (OTHER_EMAIL, "second@example.test"):
            async with Client(server.url) as client:
                await client.log_in(email=email, password=OTHER_PASSWORD)

    assert [(0, ""), (0, "")] == [(ran.returncode, ran.stderr) for ran in (added, beside)]
    findings = {finding["name"]: finding["state"] for finding in json.loads(examined.stdout)["findings"]}
    assert (examined.returncode, findings["postgresql"], findings["database"]) == (0, "ok", "ok")
    assert "sqlite" not in findings
    assert not (data / "tonearm.db").exists()
