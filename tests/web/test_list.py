"""Long lists: few rows in the page, focus that stays, and keys that reach everything."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from playwright.async_api import Page, Route

from tests.web.browsing import row, said, until
from tonearm_api.library import Track

pytestmark = pytest.mark.browser

_TRACKS = 5_000
_MAX_ROWS = 40


async def _open_long_list(page: Page, sample: Track) -> None:
    """The list by title, answered here with thousands of tracks made from one, whose sound they all have."""
    like_sample: dict[str, Any] = msgspec.to_builtins(sample)  # Any: JSON

    async def answer(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        start, limit = int(query.get("cursor", ["0"])[0]), int(query["limit"][0])
        numbers = range(start, min(start + limit, _TRACKS))
        items = [like_sample | {"id": f"long{n}", "title": f"Track {n + 1}", "has_cover": False} for n in numbers]
        end = start + limit
        page_of_tracks = {"items": items, "next_cursor": str(end) if end < _TRACKS else None}
        await route.fulfill(content_type="application/json", body=json.dumps(page_of_tracks))

    async def sound(route: Route) -> None:
        await route.continue_(url=re.sub(r"long\d+", sample.id, route.request.url))

    await page.context.route("**/api/v1/tracks?*", answer)
    await page.context.route(re.compile(r"/long\d+"), sound)
    await page.click('[data-sort="title"]')
    await page.wait_for_selector(row("Track 1"))


async def test_thousands_of_tracks_need_few_rows(page: Page, library: list[Track]) -> None:
    await _open_long_list(page, library[0])

    for _ in range(20):
        await page.evaluate("scrollBy(0, 4000)")
        await until(page, "document.querySelector('.row:last-of-type').getBoundingClientRect().bottom > innerHeight")

    assert await page.locator(".row").count() <= _MAX_ROWS
    assert await page.evaluate("Math.max(...[...document.querySelectorAll('.row')].map((r) => r.ariaPosInSet))") > 1000


async def test_rows_stand_in_order_and_know_their_place(page: Page, library: list[Track]) -> None:
    await _open_long_list(page, library[0])

    await page.evaluate("scrollTo(0, 3000)")
    await until(page, "document.querySelectorAll('.row')[1].ariaPosInSet > 20")
    await page.evaluate("scrollTo(0, 1500)")
    await until(page, "document.querySelectorAll('.row')[1].ariaPosInSet < 40")

    places = await page.eval_on_selector_all(".row", "(rows) => rows.map((r) => Number(r.ariaPosInSet))")
    tops = await page.eval_on_selector_all(".row", "(rows) => rows.map((r) => r.getBoundingClientRect().top)")
    assert sorted(places) == places
    assert sorted(tops) == tops
    assert {"-1"} == set(await page.eval_on_selector_all(".row", "(rows) => rows.map((r) => r.ariaSetSize)"))


async def test_the_focus_survives_scrolling_far_away(page: Page, library: list[Track]) -> None:
    await _open_long_list(page, library[0])
    await page.keyboard.press("j")
    await page.keyboard.press("j")

    await page.evaluate("scrollTo(0, 3000)")
    await until(page, "document.querySelectorAll('.row').length > 10")
    await page.keyboard.press("j")

    assert await page.evaluate("document.activeElement.closest('.row').ariaPosInSet") == "3"
    assert await page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")


async def test_one_row_at_a_time_takes_the_tab_key(page: Page) -> None:
    await page.keyboard.press("j")
    await page.keyboard.press("j")

    assert await page.locator('.row .play[tabindex="0"]').count() == 1
    assert await page.evaluate("document.activeElement.matches('.row .play[tabindex=\"0\"]')")


async def test_the_list_that_plays_goes_on_beyond_what_was_loaded(page: Page, library: list[Track]) -> None:
    await _open_long_list(page, library[0])
    await page.keyboard.press("End")
    focused = int(await page.evaluate("document.activeElement.closest('.row').ariaPosInSet"))

    await page.evaluate("document.activeElement.click()")

    await said(page, f"Playing Track {focused}")
    await until(page, "document.querySelectorAll('aside .queued').length > 1")
    first_waiting = await page.inner_text("aside .queued:nth-child(2) .title")
    assert f"Track {focused + 1}" == first_waiting


async def test_back_returns_to_the_same_place_in_the_list(page: Page, library: list[Track]) -> None:
    await _open_long_list(page, library[0])
    await page.evaluate("scrollTo(0, 2000)")
    await until(page, "document.querySelectorAll('.row')[1].ariaPosInSet > 10")

    await page.click('[data-tab="me"]')
    await page.wait_for_selector('[data-view="me"]')
    await page.go_back()

    await page.wait_for_selector('[data-view="list"]')
    await until(page, "scrollY === 2000")


async def test_keys_alone_are_enough(page: Page, library: list[Track]) -> None:
    press = page.keyboard.press
    await press("/")
    await page.keyboard.type("river")
    await said(page, "1 match")
    await press("Enter")
    await press("Enter")
    await said(page, "Playing River Motion")

    await press("*")
    await said(page, "Liked River Motion")
    await press("ArrowRight")
    await until(page, "document.getElementById('sound').currentTime > 5")
    await press("'")
    await press("5")
    await until(page, "Math.abs(document.getElementById('sound').currentTime - 15) < 2")
    await press("Space")
    await page.wait_for_selector('body[data-sound="paused"]')
    await press("r")
    await said(page, "Loop: all")
    await press("i")
    await page.wait_for_selector('[data-view="track"]')
    await press("?")
    await page.wait_for_selector("dialog[open]")
    await press("Escape")
    await press("*")
    await said(page, "no longer liked")

    assert not await page.is_visible("dialog")


async def test_single_keys_can_be_switched_off(page: Page) -> None:
    await page.click('[data-tab="me"]')
    await page.uncheck('[data-slot="keys"]')
    await page.click("h1")

    await page.keyboard.press("2")
    await page.keyboard.press("/")

    assert page.url.endswith("/me")
    assert not await page.evaluate("document.activeElement.id === 'q'")
