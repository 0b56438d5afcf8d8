"""Accessibility rules and geometry, on every screen, in both themes, small and large."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from tests.support import RunningServer
from tests.web.browsing import DESKTOP, PHONE, row, said, sign_in, small_targets, until, violations, watch
from tonearm_api.design import wave_levels
from tonearm_api.library import Track
from tonearm_api.text import safe_text

pytestmark = pytest.mark.browser

Theme = Literal["light", "dark"]

_NARROW: ViewportSize = {"width": 320, "height": 640}
_SCREENS = ("/", "/liked", "/queue", "/me", "/?q=motion", "/?q=zzz", "track", "/login", "/signup", "/t/nothing")

_CLIPPED = """
[...document.querySelectorAll("main *, .player *, .tabs *, header *")].filter((element) =>
  element.checkVisibility() && element.childElementCount === 0 && element.textContent.trim() !== "" &&
  !element.closest(".unseen, canvas") && element.scrollHeight > element.clientHeight + 3 && element.clientHeight > 0
).map((element) => element.outerHTML.slice(0, 120))
"""

_OVERLAPPING = """
(() => {
  const parts = [...document.querySelectorAll(".bar button, .bar .title, .bar .artist, .bar .clock, .tabs span")]
    .filter((part) => part.checkVisibility({ visibilityProperty: true }) && part.textContent.trim() + part.ariaLabel);
  const boxes = parts.map((part) => part.getBoundingClientRect());
  const found = parts.filter((part) => part.matches(".title") && part.clientWidth < 80).map((part) => part.outerHTML);
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 1 && down > 1) found.push(`${parts[i].className} / ${parts[i + 1 + j].className}`);
  }));
  return found;
})()
"""


async def _open(page: Page, screen: str, library: list[Track]) -> None:
    await page.goto(f"/t/{library[0].id}" if screen == "track" else screen)
    await until(page, "document.readyState === 'complete'")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_axe_finds_nothing_on_any_screen(
    chromium: Browser, server: RunningServer, library: list[Track], theme: Theme, size: ViewportSize
) -> None:
    context = await chromium.new_context(base_url=server.url, viewport=size, color_scheme=theme)
    page = await context.new_page()
    found: dict[str, list[str]] = {}
    await page.goto("/login")
    found["/login"] = await violations(page)
    await sign_in(page)
    await page.click(row("Glass Signals") + " .play")
    await said(page, "Playing")
    found["playing"] = await violations(page)
    for screen in _SCREENS:
        await _open(page, screen, library)
        found[screen] = await violations(page)
    await _open(page, "/", library)
    await page.keyboard.press("?")
    found["keys"] = await violations(page)
    await page.keyboard.press("Escape")
    await page.click(row("Glass Signals") + " .more")
    found["menu"] = await violations(page)

    assert {screen: faults for screen, faults in found.items() if faults} == {}


async def _listening(chromium: Browser, server: RunningServer, *, size: ViewportSize, complaints: list[str]) -> Page:
    """A page of that size, signed in, on which a track plays."""
    context = await chromium.new_context(base_url=server.url, viewport=size)
    page = await context.new_page()
    await watch(page, complaints)
    await sign_in(page)
    await page.click(row("Glass Signals") + " .play")
    await said(page, "Playing")
    return page


@pytest.mark.parametrize("size", [_NARROW, PHONE, DESKTOP], ids=["320", "360", "1440"])
async def test_nothing_overflows_and_no_text_is_clipped_however_large(
    chromium: Browser, server: RunningServer, library: list[Track], size: ViewportSize, complaints: list[str]
) -> None:
    page = await _listening(chromium, server, size=size, complaints=complaints)
    wide: dict[str, float] = {}
    clipped: dict[str, list[str]] = {}
    overlapping: dict[str, list[str]] = {}
    for screen in ("/", "/me", "/me/factor", "/me/sessions", "/queue", "track", "/?q=motion"):
        await _open(page, screen, library)
        for text_percent in (100, 200):
            await page.evaluate(f"document.documentElement.style.fontSize = '{text_percent}%'")
            await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            seen = f"{screen} at {text_percent} %"
            wide[seen] = await page.evaluate("document.documentElement.scrollWidth")
            clipped[seen] = await page.evaluate(_CLIPPED)
            overlapping[seen] = await page.evaluate(_OVERLAPPING)

    assert {seen: width for seen, width in wide.items() if width > size["width"]} == {}
    assert {seen: texts for seen, texts in clipped.items() if texts} == {}
    assert {seen: parts for seen, parts in overlapping.items() if parts} == {}


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_every_control_is_large_enough_for_a_finger(
    chromium: Browser, server: RunningServer, library: list[Track], size: ViewportSize, complaints: list[str]
) -> None:
    page = await _listening(chromium, server, size=size, complaints=complaints)
    small: dict[str, list[str]] = {}
    for screen in _SCREENS:
        await _open(page, screen, library)
        small[screen] = await small_targets(page)

    assert {screen: controls for screen, controls in small.items() if controls} == {}


async def test_a_message_moves_nothing(page: Page) -> None:
    await page.click(row("Glass Signals") + " .play")
    await said(page, "Playing")
    height = await page.evaluate("document.documentElement.scrollHeight")
    bar = await page.locator(".player").bounding_box()

    await page.evaluate("document.querySelector('.notice').hidden = false")

    assert await page.evaluate("document.documentElement.scrollHeight") == height
    assert await page.locator(".player").bounding_box() == bar
    assert height == DESKTOP["height"]


async def test_phones_show_the_play_button_of_a_track_without_scrolling(page: Page, library: list[Track]) -> None:
    await page.set_viewport_size(PHONE)
    await _open(page, "track", library)

    play = await page.locator('[data-view="track"] [data-act=play]').bounding_box()
    player = await page.locator(".player").bounding_box()

    assert play is not None
    assert player is not None
    assert play["y"] + play["height"] < player["y"]


async def test_the_queue_stands_on_a_wide_screen_once(page: Page, library: list[Track]) -> None:
    await page.click(row("Glass Signals") + " .play")
    await said(page, "Playing")

    await _open(page, "/queue", library)

    assert not await page.is_visible("aside")
    assert await page.locator(".tabs [aria-current]:visible").all_inner_texts() == ["Queue"]


async def test_page_and_terminal_draw_the_same_steps(page: Page) -> None:
    bars = bytes((i * i * 7 + i) % 256 for i in range(800))
    columns = [1, 7, 45, 80, 360, 799, 800, 1000]

    drawn = await page.evaluate(
        """async ([bars, columns]) => {
            const wave = document.querySelector('link[href$="/wave.js"]').href;
            const { levels } = await import(wave);
            return columns.map((n) => levels(new Uint8Array(bars), n));
        }""",
        [list(bars), columns],
    )

    assert [wave_levels(bars, n) for n in columns] == drawn


async def test_page_and_terminal_make_names_safe_in_the_same_way(page: Page) -> None:
    names = [
        "plain",
        "Ünal Çelik",
        "e\u0301" + "\u0301" * 9,
        "a\x1b[31mred\x07\x00\u009b",
        "one\ntwo\ttab\u2028three\x0b\x0c\x85",
        "\u202egnp.exe\u2066\u200b\ufeff\u00ad",
        "मि\u200dत्र 👩\u200d👩\u200d👧",
        "\ue000\ufdd0",
        "نجوم " + "x" * 1200,
    ]

    shown = await page.evaluate(
        """async (names) => {
            const { safeText } = await import(document.querySelector('link[href$="/text.js"]').href);
            return names.map(safeText);
        }""",
        names,
    )

    assert [safe_text(name) for name in names] == shown
