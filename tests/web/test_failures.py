"""What the player does when something fails: it says so, tries again, and loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.support import OWNER_EMAIL, OWNER_PASSWORD, running_server
from tests.web.browsing import row, said, until, watch

pytestmark = pytest.mark.browser


async def test_an_invitation_stays_out_of_the_way_when_the_form_comes_back(
    chromium: Browser, tmp_path: Path, complaints: list[str]
) -> None:
    with running_server(tmp_path / "data") as server:
        page = await chromium.new_page(base_url=server.url)
        await watch(page, complaints)
        assert server.owner_signup_url is not None
        await page.goto(server.owner_signup_url)
        await page.fill("#name", "Ada")
        await page.fill("#email", OWNER_EMAIL)
        await page.fill("#password", "password12")
        await page.click("button[type=submit]")
        await page.wait_for_selector("#password-fault")
        was_visible = await page.is_visible("#token")

        await page.fill("#password", OWNER_PASSWORD)
        await page.click("button[type=submit]")

        await page.wait_for_selector(".rows.live")
    assert not was_visible
    assert [line for line in complaints if "422" not in line] == []


async def test_a_like_that_fails_is_taken_back_and_explained(page: Page, complaints: list[str]) -> None:
    await page.context.route("**/like", lambda route: route.abort())
    heart = page.locator(row("River Motion") + " .like")

    await heart.click()
    await page.wait_for_selector(".notice:not([hidden])")

    assert await page.inner_text('[data-slot="notice"]') == "The server cannot be reached."
    assert await heart.get_attribute("aria-pressed") == "false"
    complaints.remove("Failed to load resource: net::ERR_FAILED")


async def test_a_stream_that_failed_plays_on_once_it_is_asked_again(page: Page, complaints: list[str]) -> None:
    await page.click(row("Glass Signals") + " .play")
    await said(page, "Playing Glass Signals")
    await page.context.route("**/stream/**", lambda route: route.abort())
    await page.keyboard.press(">")
    await page.wait_for_selector(".notice:not([hidden])")
    stopped = await page.get_attribute("body", "data-sound")
    await page.context.unroute("**/stream/**")

    await page.keyboard.press("Space")

    await until(page, "document.getElementById('sound').currentTime > 0.2")
    assert stopped == "paused"
    assert await page.get_attribute("body", "data-sound") == "on"
    assert await page.inner_text(".names .title") == "River Motion"
    assert await page.is_hidden(".notice")
    complaints[:] = [line for line in complaints if "ERR_FAILED" not in line]


async def test_a_stream_that_failed_plays_on_by_itself_where_it_was(page: Page, complaints: list[str]) -> None:
    await page.context.route("**/stream/**", lambda route: route.abort())
    await page.click(row("Glass Signals") + " .play")
    await page.wait_for_selector(".notice:not([hidden])")
    await page.click("#strip .seek", position={"x": 720, "y": 20})

    await page.context.unroute("**/stream/**")

    await page.wait_for_selector('body[data-sound="on"]')
    await page.wait_for_selector(".notice", state="hidden")
    await until(page, "document.getElementById('sound').currentTime > 15.2")
    complaints[:] = [line for line in complaints if "ERR_FAILED" not in line]


async def test_a_view_that_did_not_come_says_so_and_can_be_asked_for_again(page: Page, complaints: list[str]) -> None:
    await page.context.route("**/api/v1/tracks?**", lambda route: route.abort())
    await page.click('[data-tab="liked"]')
    await page.wait_for_selector('[data-view="failed"]')
    message = await page.inner_text('[data-slot="message"]')
    await page.context.unroute("**/api/v1/tracks?**")

    await page.click('[data-act="again"]')

    await page.wait_for_selector('[data-view="list"]')
    assert message == "The server cannot be reached."
    assert await page.inner_text("h1") == "Liked"
    complaints.remove("Failed to load resource: net::ERR_FAILED")


async def test_a_session_that_ended_elsewhere_leads_to_the_sign_in_page(page: Page, complaints: list[str]) -> None:
    await page.context.clear_cookies()

    await page.click('[data-tab="liked"]')

    await page.wait_for_url("**/login?next=%2Fliked")
    assert await page.is_visible("#password")
    complaints.remove("Failed to load resource: the server responded with a status of 401 (Unauthorized)")
