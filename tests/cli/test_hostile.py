"""A server may send anything: no title steers the terminal or breaks a command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from tests.cli.console import on_terminal, tonearm
from tests.hostile import TEXTS, orders, strings

from tonearm_api.credentials import CredentialStore, Login, read_client_settings

TITLES = list(TEXTS.values())


def track(number: int, title: str) -> dict[str, Any]:
    return {
        "id": f"id{number}",
        "title": title,
        "artist": title,
        "artists": [title],
        "album": title,
        "album_artist": None,
        "genre": title,
        "genres": [],
        "year": None,
        "track_number": None,
        "disc_number": None,
        "duration_ms": 1000,
        "bitrate_bps": None,
        "sample_rate_hz": None,
        "channels": None,
        "format": "mp3",
        "size_bytes": 1,
        "liked": True,
        "likes": 1,
        "plays": 1,
        "uploaded_by": {"id": "u", "name": title},
        "uploaded_at": "2026-01-01T00:00:00Z",
        "visibility": "members",
        "state": "ready",
        "reason": None,
        "has_cover": False,
    }


@pytest.fixture(autouse=True)
async def hostile() -> AsyncIterator[None]:
    """The command line is signed in to a server of bad taste."""
    tracks = [track(number, title) for number, title in enumerate(TITLES)]

    async def listing(request: web.Request) -> web.Response:
        return web.json_response({"items": tracks, "next_cursor": None})

    async def one(request: web.Request) -> web.Response:
        return web.json_response(tracks[int(request.match_info["id"].removeprefix("id"))])

    async def search(request: web.Request) -> web.Response:
        albums = [{"title": t, "artist": t, "year": 1, "tracks": 1, "cover_track_id": None} for t in TITLES]
        artists = [{"name": t, "tracks": 1} for t in TITLES]
        return web.json_response({"tracks": tracks, "albums": albums, "artists": artists})

    app = web.Application()
    app.add_routes(
        [web.get("/api/v1/tracks", listing), web.get("/api/v1/tracks/{id}", one), web.get("/api/v1/search", search)]
    )
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    login = Login(
        server=f"http://127.0.0.1:{runner.addresses[0][1]}",
        email="",
        name="",
        access_token="x",
        refresh_token=None,
        access_expires_at=4e9,
    )
    CredentialStore(read_client_settings()).save(login)
    yield
    await runner.cleanup()


COMMANDS = [("ls",), ("search", "x"), ("info", f"id{list(TEXTS).index('clear the screen')}")]


@pytest.mark.parametrize("command", COMMANDS)
async def test_nothing_on_a_pipe_steers_a_terminal(command: tuple[str, ...]) -> None:
    ran = await tonearm(*command)

    assert ran.code == 0
    assert set(orders(ran.stdout)) <= {"\t", "\n"}


async def test_a_tab_or_line_end_in_a_title_makes_no_new_field_or_row() -> None:
    ran = await tonearm("ls")

    assert [7] * len(TITLES) == [len(row) for row in ran.rows]


@pytest.mark.parametrize("command", COMMANDS)
async def test_json_is_safe_and_complete(command: tuple[str, ...]) -> None:
    ran = await tonearm(*command, "--json")

    tracks = ran.document.get("tracks", [None])
    assert (len(TITLES) if command[0] != "info" else 1) == len(tracks)
    assert not [text for text in strings(ran.document) if orders(text)]


async def test_markup_is_drawn_as_it_stands() -> None:
    code, lines = await on_terminal("ls", columns=120)

    assert code == 0
    assert any("[bold red]markup[/oops]" in line for line in lines)
    assert any("␛]0;owned" in line for line in lines)


@pytest.mark.parametrize("columns", [44, 80])
async def test_no_row_is_wider_than_it_must_be(columns: int) -> None:
    code, lines = await on_terminal("ls", columns=columns)

    assert code == 0
    assert 1 + len(TITLES) == len(lines)
