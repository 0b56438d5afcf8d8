"""A browser, and a signed-in page on a small library, for the tests of the web player."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.audio import make_audio, png_cover
from tests.support import RunningServer, upload
from tests.web.browsing import DESKTOP, launch, sign_in, watch
from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, Track
from tonearm_server.audio.types import AudioTags

LONG_S = 30.0


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@pytest.fixture
async def library(owner: Client, tmp_path: Path) -> list[Track]:
    """Three tracks of the owner's, the newest last. Uploading the same bytes again changes nothing."""
    wanted = (
        ("Kestrel Letters", "The Meridian Waves", AudioFormat.MP3, png_cover()),
        ("River Motion", "The Lumen Maps", AudioFormat.FLAC, None),
        ("Glass Signals", "The Cobalt Rooms", AudioFormat.OPUS, png_cover()),
    )
    tracks = []
    for number, (title, artist, audio_format, cover) in enumerate(wanted, 1):
        tags = AudioTags(title=title, artists=[artist], album="Signals", year=1994, track_number=number)
        path = tmp_path / f"{number}.{audio_format}"
        make_audio(path, format=audio_format, seconds=LONG_S, frequency_hz=200 + number, tags=tags, cover=cover)
        tracks.append(await upload(owner, path))
    return tracks


@pytest.fixture
def complaints() -> list[str]:
    """What the page complained about; a test that provokes something takes it out."""
    return []


@pytest.fixture
async def page(
    chromium: Browser, server: RunningServer, library: list[Track], complaints: list[str]
) -> AsyncIterator[Page]:
    """The first page of a wide screen, signed in. Whatever the page complains about fails the test."""
    context = await chromium.new_context(base_url=server.url, viewport=DESKTOP)
    page = await context.new_page()
    await watch(page, complaints)
    await sign_in(page)
    yield page
    assert complaints == []
