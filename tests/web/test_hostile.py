"""Real files with hostile tags, through the real server, in a browser: shown as text, run by nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.hostile import HTML, MARKUP, TEXTS, orders, upload_hostile
from tests.support import RunningServer
from tests.web.browsing import DESKTOP, sign_in, until, watch
from tonearm_api.client import Client

pytestmark = pytest.mark.browser

_LITERAL = HTML | MARKUP
"""Texts that every page shows as they are, letter for letter."""

_TITLES = "[...document.querySelectorAll('.row [data-slot=\"title\"]')].map((title) => title.textContent)"

_INTRUDERS = "img[src=x], svg[onload], script:not([src]):not([type]), [onerror], [onfocus], [onload], [autofocus]"


async def test_hostile_tags_are_text_in_lists_search_and_pages(
    chromium: Browser, server: RunningServer, owner: Client, tmp_path: Path, complaints: list[str]
) -> None:
    tracks = await upload_hostile(owner, tmp_path)
    context = await chromium.new_context(base_url=server.url, viewport=DESKTOP | {"height": 2400})
    page = await context.new_page()
    await watch(page, complaints)
    await sign_in(page)

    await until(page, f"{_TITLES}.length >= {len(TEXTS)}")
    titles = await page.evaluate(_TITLES)
    assert set(_LITERAL.values()) <= set(titles)
    assert not [title for title in titles if orders(title)]
    await _assert_nothing_got_in(page)

    await page.goto("/?q=alert")
    await until(page, f"{_TITLES}.length >= 5")
    await _assert_nothing_got_in(page)

    for name in ("script", "attribute", "override", "long", "nul"):
        await page.goto(f"/t/{tracks[name].id}")
        heading = (await page.text_content("h1")) or ""
        assert tracks[name].title[:12] in heading
        assert not orders(heading)
        await _assert_nothing_got_in(page)
    assert complaints == []


async def _assert_nothing_got_in(page: Page) -> None:
    """Neither elements nor attributes, and no line wider than the window."""
    assert 0 == await page.locator(_INTRUDERS).count()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
