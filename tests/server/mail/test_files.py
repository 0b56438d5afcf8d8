"""Letters of a server that sends no mail, and `tonearm server mail` as an operator meets it."""

from __future__ import annotations

import json
import stat
import subprocess
from email import message_from_bytes, policy
from pathlib import Path

import httpx
from tests.ports import free_ports
from tests.support import (
    OWNER_EMAIL,
    OWNER_PASSWORD,
    TONEARM,
    RunningServer,
    clean_environment,
    running_server,
    until,
)

from tonearm_api.client import Client


def server_mail(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [TONEARM, "server", "mail", *arguments, "--data", str(data)]
    environment = clean_environment(**settings)
    return subprocess.run(command, text=True, capture_output=True, env=environment, timeout=60, check=False)


async def letters(server: RunningServer, count: int) -> list[Path]:
    """The files of the outbox, oldest first, once there are so many."""

    async def written() -> list[Path] | None:
        found = sorted((server.data / "outbox").glob("*.eml"))
        return found if len(found) >= count else None

    return await until(written, what=f"{count} letters")


def forget_password(server: RunningServer) -> None:
    answer = httpx.post(f"{server.url}/api/v1/auth/forgot", json={"email": OWNER_EMAIL})
    assert answer.status_code == 202, answer.text


def sign_up(server: RunningServer) -> None:
    wanted = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD, "name": "Ada"}
    answer = httpx.post(f"{server.url}/api/v1/auth/signup", json=wanted)
    assert answer.status_code == 202, answer.text


async def test_without_smtp_letters_are_files_that_only_this_user_reads(server: RunningServer, owner: Client) -> None:
    forget_password(server)
    [path] = await letters(server, 1)

    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (message["To"], message["From"]) == (OWNER_EMAIL, "Tonearm <tonearm@localhost>")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [other.name for other in path.parent.iterdir() if other.suffix != ".eml"] == []


async def test_letters_are_listed_newest_first_and_printed(server: RunningServer, owner: Client) -> None:
    there = len(await letters(server, 0))
    forget_password(server)
    forget_password(server)
    paths = await letters(server, there + 2)

    listed = server_mail(server.data)
    document = json.loads(server_mail(server.data, "--json").stdout)
    newest = document["items"][0]
    printed = server_mail(server.data, newest["id"])

    ids = [path.stem.rpartition("-")[2] for path in reversed(paths)]
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ids
    assert [item["id"] for item in document["items"]] == ids
    assert (newest["to"], newest["subject"]) == (OWNER_EMAIL, "Choose a new password")
    assert (document["v"], document["sends_mail"], document["waiting"]) == (1, False, None)
    assert printed.stdout.startswith("From: Tonearm <tonearm@localhost>\nTo: ada@example.test\n")
    assert f"\n{server.url}/reset#t=" in printed.stdout
    assert (listed.stderr, printed.stderr, printed.returncode) == ("", "", 0)


def test_a_letter_that_does_not_exist_is_said(server: RunningServer) -> None:
    missing = server_mail(server.data, "no-such-letter")

    assert (missing.returncode, missing.stdout, "lists them" in missing.stderr) == (2, "", True)


def test_with_smtp_what_waits_is_counted(tmp_path: Path) -> None:
    nobody = f"smtp://127.0.0.1:{free_ports(1)[0]}"
    settings = {"smtp_url": nobody, "mail_from": "music@example.test", "registration": "open"}
    with running_server(tmp_path / "data", **settings) as server:
        sign_up(server)

        beside = server_mail(server.data, TONEARM_SMTP_URL=nobody, TONEARM_MAIL_FROM="music@example.test")

    assert (beside.returncode, beside.stdout) == (0, "")
    sent_through, waiting = beside.stderr.splitlines()
    assert "127.0.0.1" in sent_through
    assert waiting == "Letters that wait to be delivered: 1"
    assert not (server.data / "outbox").exists()
