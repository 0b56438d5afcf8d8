"""doctor: what works, what does not, what to do about it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from tests.cli.console import on_terminal, tonearm
from tests.support import OWNER_EMAIL, RunningServer

from tonearm_api import __version__
from tonearm_api.credentials import CredentialStore, read_client_settings


@pytest.fixture
async def elsewhere() -> AsyncIterator[str]:
    """The address of a web server that is not ours."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<p>welcome</p>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.usefixtures("login")
async def test_all_is_well(server: RunningServer) -> None:
    log = read_client_settings().player_log
    log.write_text("ALSA lib talks")

    ran = await tonearm("doctor", "--json")

    found = {finding["name"]: finding for finding in ran.document["findings"]}
    assert (ran.code, ran.document["ok"]) == (0, True)
    assert found["server"]["message"] == f"{server.url} runs tonearm {__version__}"
    assert OWNER_EMAIL in found["login"]["message"]
    assert str(log) in found["sound"]["message"]
    assert (found["clock"]["state"], found["secret"]["state"]) == ("ok", "ok")


async def test_no_server_is_exit_1_with_a_hint() -> None:
    ran = await tonearm("doctor", "--server", "http://127.0.0.1:1")

    found = {row[1]: row for row in ran.rows}
    assert ran.code == 1
    assert found["server"][0] == "failed"
    assert "tonearm serve" in found["server"][3]


async def test_somebody_elses_program_at_the_address_is_told_apart(elsewhere: str) -> None:
    ran = await tonearm("doctor", "--server", elsewhere)

    found = {row[1]: row for row in ran.rows}
    assert ran.code == 1
    assert "not as a Tonearm server" in found["server"][2]


async def test_not_signed_in_is_a_warning_alone(server: RunningServer) -> None:
    ran = await tonearm("doctor", "--server", server.url)

    found = {row[1]: row for row in ran.rows}
    assert (ran.code, found["login"][0], found["login"][3]) == (0, "warning", f"tonearm login {server.url}")


@pytest.mark.usefixtures("login")
async def test_a_secret_that_others_may_read_is_a_warning() -> None:
    path = CredentialStore(read_client_settings()).path
    path.chmod(0o644)

    ran = await tonearm("doctor", "--json")

    found = {finding["name"]: finding for finding in ran.document["findings"]}
    assert (found["secret"]["state"], found["secret"]["hint"]) == ("warning", f"chmod 600 {path}")


@pytest.mark.usefixtures("login")
async def test_on_a_terminal_each_finding_is_a_line() -> None:
    code, lines = await on_terminal("doctor", columns=200)

    assert code == 0
    assert f"✓ client      tonearm {__version__}" in lines
    assert os.environ["TONEARM_CONFIG_DIR"] in "\n".join(lines)
