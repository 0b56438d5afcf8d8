"""Real files with hostile tags, through the real server, on the command line: shown and not obeyed."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from tests.cli.console import on_terminal, tonearm
from tests.hostile import TEXTS, orders, strings, upload_hostile
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, RunningServer

from tonearm_api.client import Client
from tonearm_api.credentials import CredentialStore, read_client_settings
from tonearm_api.library import Track

COLUMNS = 120
BEGINNING = 12
"""Characters of a title that every list has room for."""


@pytest.fixture
async def tracks(server: RunningServer, owner: Client, tmp_path: Path) -> dict[str, Track]:
    """The library, and the command line signed in to it."""
    async with Client(server.url, store=CredentialStore(read_client_settings())) as client:
        await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
    return await upload_hostile(owner, tmp_path)


def beginning(track: Track) -> str:
    return track.title[:BEGINNING].rstrip()


async def test_lists_show_every_title_and_obey_none(tracks: dict[str, Track]) -> None:
    piped = await tonearm("ls", "--limit", "100")
    document = (await tonearm("ls", "--limit", "100", "--json")).document
    code, lines = await on_terminal("ls", "--limit", "100", columns=COLUMNS)

    assert (piped.code, code) == (0, 0)
    assert [7] * len(TEXTS) == [len(row) for row in piped.rows]
    assert sorted(track.title for track in tracks.values()) == sorted(item["title"] for item in document["tracks"])
    assert not [text for text in [*strings(document), *(cell for row in piped.rows for cell in row)] if orders(text)]
    assert 1 + len(TEXTS) == len(lines)
    shown = "\n".join(lines)
    # The emulator joins no emoji.
    assert ["joined"] == [name for name, track in tracks.items() if beginning(track) not in shown]


async def test_search_shows_what_it_finds_and_obeys_none(tracks: dict[str, Track]) -> None:
    piped = await tonearm("search", "alert")
    document = (await tonearm("search", "alert", "--json")).document
    code, lines = await on_terminal("search", "alert", columns=COLUMNS)

    assert (piped.code, code) == (0, 0)
    assert {tracks[name].id for name in ("image", "script", "attribute", "drawing", "address")} == {
        item["id"] for item in document["tracks"]
    }
    assert not [text for text in [*strings(document), *piped.stdout.split("\n")] if orders(text.replace("\t", ""))]
    assert "<img src=x o" in "\n".join(lines)


@pytest.mark.parametrize("name", ["clear the screen", "override", "long", "closing tag", "nul"])
async def test_the_page_of_a_track_shows_its_tags_and_obeys_none(tracks: dict[str, Track], name: str) -> None:
    track = tracks[name]

    piped = await tonearm("info", track.id)
    document = (await tonearm("info", track.id, "--json")).document
    code, lines = await on_terminal("info", track.id, columns=COLUMNS)

    assert (piped.code, code) == (0, 0)
    assert not [text for text in [*strings(document), *piped.stdout.split("\n")] if orders(text.replace("\t", ""))]
    assert beginning(track) in "\n".join(lines)
    assert max(map(cell_len, lines)) <= COLUMNS
