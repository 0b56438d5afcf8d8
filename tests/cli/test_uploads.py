"""upload: verdicts, exit codes, folders, and what happens when something goes wrong midway."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from tests.cli.conftest import MakeSong
from tests.cli.console import COMMAND, on_terminal, tonearm
from tests.support import WAIT_S, RunningServer

from tonearm_api.credentials import CredentialStore, Login, read_client_settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Strange = Callable[[Handler], Awaitable[None]]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A text that calls itself music."""
    path = tmp_path / "music" / "words.mp3"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("la la la\n" * 100)
    return path


@pytest.fixture
async def strange() -> AsyncIterator[Strange]:
    """Signs the command line in to a server of our own that answers every upload in its own way."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> None:
        app = web.Application()
        app.router.add_post("/api/v1/uploads", handler)
        runner = web.AppRunner(app, shutdown_timeout=0)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        CredentialStore(read_client_settings()).save(
            Login(
                server=f"http://127.0.0.1:{runner.addresses[0][1]}",
                email="",
                name="",
                access_token="x",
                refresh_token=None,
                access_expires_at=4e9,
            )
        )

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.mark.usefixtures("login")
async def test_a_folder_is_searched_and_each_file_gets_its_line(song: MakeSong, text: Path) -> None:
    good = song("one/good.FLAC", title="Good")
    song("one/._good.flac", pitch_hz=100)
    (text.parent / "cover.jpg").write_bytes(b"not for the server")

    ran = await tonearm("upload", str(text.parent))

    by_path = {row[2]: row for row in ran.rows}
    assert {str(good), str(text)} == set(by_path)
    assert [by_path[str(good)][0], by_path[str(good)][3]] == ["ready", "Good"]
    assert by_path[str(text)][:2] == ["refused", "unknown_format"]
    assert (ran.code, ran.stderr) == (6, "1 file uploaded, 1 refused\n")


@pytest.mark.usefixtures("login")
async def test_as_json_one_document_tells_everything(song: MakeSong, text: Path) -> None:
    song(title="Good")

    ran = await tonearm("upload", str(text.parent), "--json")

    told = {Path(file["path"]).name: file for file in ran.document["files"]}
    assert (ran.code, ran.document["v"], ran.document["ready"], ran.document["refused"]) == (6, 1, 1, 1)
    assert told["song.flac"]["track"]["title"] == "Good"
    assert told["words.mp3"]["code"] == "unknown_format"


@pytest.mark.usefixtures("login")
async def test_all_good_is_exit_0(song: MakeSong) -> None:
    ran = await tonearm("upload", str(song()))

    assert ran.code == 0


@pytest.mark.usefixtures("login")
async def test_the_same_file_again_is_the_same_track(song: MakeSong) -> None:
    path = str(song())

    first = await tonearm("upload", path)
    second = await tonearm("upload", path)

    assert [row[:4] for row in first.rows] == [row[:4] for row in second.rows]


@pytest.mark.usefixtures("login")
async def test_the_same_file_again_is_already_there(song: MakeSong) -> None:
    path = str(song(pitch_hz=555))

    first = await tonearm("upload", path)
    second = await tonearm("upload", path)
    third = await tonearm("upload", path, "--json")

    assert (first.rows[0][4], first.stderr) == ("", "1 file uploaded\n")
    assert (second.rows[0][4], second.stderr) == ("already there", "0 files uploaded, 1 already there\n")
    assert third.document["files"][0]["new"] is False


@pytest.mark.usefixtures("login")
async def test_a_named_file_is_tried_whatever_its_name(song: MakeSong) -> None:
    path = song("song.flac").rename(song("x.flac").with_name("song.bin"))

    ran = await tonearm("upload", str(path))

    assert ran.rows[0][0] == "ready"


@pytest.mark.usefixtures("login")
async def test_without_waiting_the_verdict_may_be_open(song: MakeSong) -> None:
    ran = await tonearm("upload", "--no-wait", str(song("open.flac", pitch_hz=333)), "--json")

    assert ran.code == 0
    assert ran.document["files"][0]["state"] in {"verifying", "ready"}


@pytest.mark.usefixtures("login")
async def test_a_path_that_is_not_there_is_exit_2_and_nothing_is_sent(song: MakeSong) -> None:
    path = song("unsent.flac", title="Unsent", pitch_hz=222)

    ran = await tonearm("upload", str(path), "/no/such/file.mp3")

    listed = await tonearm("search", "unsent")
    assert (ran.code, ran.stdout, listed.stdout) == (2, "", "")
    assert "There is no file or folder /no/such/file.mp3" in ran.stderr


@pytest.mark.usefixtures("login")
async def test_a_name_that_is_not_utf_8_is_no_crash(song: MakeSong) -> None:
    path = os.fsencode(song("plain.flac", pitch_hz=444)).replace(b"plain", b"caf\xe9\x1b[31m")
    await asyncio.to_thread(Path(os.fsdecode(path)).write_bytes, song("plain.flac", pitch_hz=444).read_bytes())

    ran = await tonearm("upload", path)

    assert ran.code == 0
    assert ran.rows[0][2].endswith("caf�␛[31m.flac")


@pytest.mark.usefixtures("login")
async def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.flac"
    os.mkfifo(pipe)

    ran = await tonearm("upload", str(pipe))

    assert ran.code == 2
    assert "There is no file or folder" in ran.stderr


@pytest.mark.usefixtures("login")
async def test_on_a_terminal_verdicts_are_marked_and_bars_are_gone(song: MakeSong, text: Path) -> None:
    song(title="東京 [b]")

    code, lines = await on_terminal("upload", str(text.parent), columns=200)

    marked = {line[0]: line for line in lines if line}
    assert code == 6
    assert "東京 [b]" in marked["✓"]
    assert "The file is not MP3" in marked["✗"]
    assert "━" not in "".join(lines)


async def test_nobody_signed_in_is_exit_4(song: MakeSong) -> None:
    ran = await tonearm("upload", str(song()))

    assert (ran.code, ran.stdout) == (4, "")


async def test_no_server_is_exit_5(song: MakeSong, strange: Strange) -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    await strange(hang_up)
    ran = await tonearm("upload", str(song()), "--json")

    assert (
        ran.code,
        ran.document["files"],
        ran.error["code"],
        ran.error["retryable"],
    ) == (5, [], "unreachable", True)


async def test_a_busy_server_is_asked_again(song: MakeSong, strange: Strange) -> None:
    asked = 0

    async def busy_then_full(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        await request.read()
        if asked == 1:
            return problem(429, "rate_limited", **{"Retry-After": "0"})
        return problem(507, "out_of_space")

    await strange(busy_then_full)
    ran = await tonearm("upload", str(song()))

    assert (asked, ran.code) == (2, 6)
    assert ran.rows[0][:2] == ["refused", "out_of_space"]


async def test_ctrl_c_is_exit_130_and_says_what_was_not_sent(song: MakeSong, strange: Strange) -> None:
    # Tests that a shell runs in the background ignore SIGINT, and what they start would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arrived, released = asyncio.Event(), asyncio.Event()

    async def never(request: web.Request) -> web.StreamResponse:
        arrived.set()
        await released.wait()
        return web.Response()

    await strange(never)
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "upload", str(song()), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    await asyncio.wait_for(arrived.wait(), timeout=30)
    process.send_signal(signal.SIGINT)
    stdout, stderr = await asyncio.wait_for(process.communicate(), timeout=WAIT_S)
    released.set()

    assert (process.returncode, stdout) == (130, b"")
    assert stderr == b"0 files uploaded, 1 not sent\n"


def problem(status: int, code: str, **headers: str) -> web.Response:
    body = {"type": "about:blank", "title": code, "status": status, "detail": code, "code": code}
    return web.json_response(body, status=status, headers=headers, content_type="application/problem+json")


@pytest.mark.usefixtures("login")
async def test_an_upload_leaves_no_bar_on_a_pipe(song: MakeSong, server: RunningServer) -> None:
    ran = await tonearm("upload", str(song()))

    assert "\x1b" not in ran.stdout + ran.stderr
