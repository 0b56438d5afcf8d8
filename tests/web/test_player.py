"""The player in Chromium, against a real server and real sound."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.audio import make_audio
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, TONEARM, RunningServer, clean_environment, running_server, upload
from tests.support import until as eventually
from tests.web.browsing import PHONE, position_s, row, said, sign_in, until, watch
from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, Track
from tonearm_server.audio.types import AudioTags

pytestmark = pytest.mark.browser


def liked_by_command_line(url: str, config_dir: Path) -> list[str]:
    """The owner's liked titles, as `tonearm ls` tells them to a script."""
    environment = clean_environment(TONEARM_CONFIG_DIR=str(config_dir))
    login = [TONEARM, "login", url, "--email", OWNER_EMAIL, "--password-stdin"]
    subprocess.run(login, input=OWNER_PASSWORD, text=True, check=True, capture_output=True, env=environment, timeout=60)
    listed = [TONEARM, "ls", "--liked", "--json"]
    answer = subprocess.run(listed, text=True, check=True, capture_output=True, env=environment, timeout=60)
    return [track["title"] for track in json.loads(answer.stdout)["tracks"]]


async def test_an_owner_signs_up_listens_seeks_skips_likes_and_signs_out(
    chromium: Browser, tmp_path: Path, complaints: list[str]
) -> None:
    with running_server(tmp_path / "data") as server:
        context = await chromium.new_context(base_url=server.url, viewport=PHONE)
        page = await context.new_page()
        await watch(page, complaints)
        assert server.owner_signup_url is not None
        await page.goto(server.owner_signup_url)
        await page.fill("#name", "Ada")
        await page.fill("#email", OWNER_EMAIL)
        await page.fill("#password", OWNER_PASSWORD)
        assert "#" not in page.url
        assert not await page.is_visible("#token")
        await page.click("button[type=submit]")
        await page.wait_for_selector(".rows.live")
        async with Client(server.url) as client:
            await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
            for number, title in enumerate(("River Motion", "Kestrel Letters")):
                path = tmp_path / f"{number}.mp3"
                tags = AudioTags(title=title, artists=["The Lumen Maps"])
                make_audio(path, format=AudioFormat.MP3, seconds=30.0, frequency_hz=300 + number, tags=tags)
                await upload(client, path)

            await page.reload()
            await page.click(row("Kestrel Letters") + " .play")
            await said(page, "Playing Kestrel Letters by The Lumen Maps")
            began_s = await position_s(page)
            await until(page, f"document.getElementById('sound').currentTime > {began_s} + 0.5")

            await page.click("#strip .seek", position={"x": 180, "y": 20})
            await until(page, "Math.abs(document.getElementById('sound').currentTime - 15) < 2")

            await page.click(".transport [data-act=next-track]")
            await said(page, "Playing River Motion")
            await page.click(".player [data-act=like]")
            await said(page, "Liked River Motion")
            liked = await asyncio.to_thread(liked_by_command_line, server.url, tmp_path / "cli")

        await page.click('[data-tab="me"]')
        await page.click('form[action="/logout"] button')
        await page.wait_for_url("**/login")
        await page.goto("/")

    assert liked == ["River Motion"]
    assert page.url.endswith("/login?next=%2F")
    assert complaints == []


async def test_the_next_track_follows_by_itself(page: Page) -> None:
    await page.click(row("Glass Signals") + " .play")
    await said(page, "Playing Glass Signals")

    await page.evaluate("document.getElementById('sound').currentTime = 29.5")

    await said(page, "Playing River Motion")
    await until(page, "document.getElementById('sound').currentTime > 0.3")


async def test_music_goes_on_while_views_change(page: Page) -> None:
    await page.click(row("Glass Signals") + " .play")
    await until(page, "document.getElementById('sound').currentTime > 0.2")

    for tab in ("liked", "me", "tracks"):
        await page.click(f'[data-tab="{tab}"]')
        await page.wait_for_selector(f'[data-tab="{tab}"][aria-current]')
    await page.go_back()
    await page.wait_for_selector('[data-view="me"]')

    assert await page.evaluate("!document.getElementById('sound').paused")
    assert await page.title() == "Glass Signals · The Cobalt Rooms — Tonearm"


async def test_a_heard_track_counts_once(page: Page, owner: Client, library: list[Track]) -> None:
    track = library[0]
    before = (await owner.get_track(track.id)).plays
    await page.click(row(track.title) + " .play")
    await until(page, "document.getElementById('sound').currentTime > 0.2")

    await page.evaluate("document.getElementById('sound').playbackRate = 4")

    async def counted() -> bool:
        return (await owner.get_track(track.id)).plays > before

    await eventually(counted, what="the play is counted")
    assert before + 1 == (await owner.get_track(track.id)).plays


async def test_search_finds_while_typing_and_keeps_the_field(page: Page) -> None:
    await page.keyboard.press("/")
    await page.keyboard.type("lumen")

    assert await said(page, "match") == "1 match"
    assert await page.is_visible(row("River Motion"))
    assert await page.is_visible('.facets a:has-text("The Lumen Maps")')
    assert await page.evaluate("document.activeElement.id === 'q'")
    assert page.url.endswith("/?q=lumen")


async def test_leaving_a_search_takes_its_count_back(page: Page) -> None:
    await page.fill("#q", "lumen")
    await said(page, "1 match")

    await page.click('[data-tab="liked"]')

    await said(page, "^$")
    assert await page.input_value("#q") == ""


async def test_the_row_of_a_paused_track_shows_that_it_rests(page: Page) -> None:
    sign = row("Glass Signals") + " .number svg:visible use"
    await page.click(row("Glass Signals") + " .play")
    await page.wait_for_selector('body[data-sound="on"]')
    sounding = await page.get_attribute(sign, "href")

    await page.keyboard.press("Space")
    await page.wait_for_selector('body[data-sound="paused"]')

    assert [sounding, await page.get_attribute(sign, "href")] == ["#i-play", "#i-pause"]


async def test_play_next_puts_a_track_behind_the_current_one(page: Page) -> None:
    await page.click(row("Kestrel Letters") + " .play")

    await page.click(row("Glass Signals") + " .more")
    await page.click('[role=menuitem]:has-text("Play next")')

    await said(page, "Glass Signals plays next")
    queued = await page.locator("aside .queued .title").all_inner_texts()
    assert queued == ["Kestrel Letters", "Glass Signals"]


async def test_a_reload_keeps_queue_and_position_and_stays_silent(page: Page) -> None:
    await page.click(row("Glass Signals") + " .play")
    await page.evaluate("document.getElementById('sound').currentTime = 12")
    await until(page, "document.getElementById('sound').currentTime > 12")

    await page.reload()

    await until(page, "document.getElementById('sound').currentTime >= 12")
    assert await page.evaluate("document.getElementById('sound').paused")
    assert await page.get_attribute("body", "data-sound") == "paused"
    assert await page.inner_text(".names .title") == "Glass Signals"


async def test_amber_is_there_only_while_something_sounds(page: Page) -> None:
    amber = "rgb(143, 83, 0)"
    colours = f"[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).color === '{amber}').length"
    silent = await page.evaluate(colours)

    await page.click(row("Glass Signals") + " .play")
    await page.wait_for_selector('body[data-sound="on"]')
    sounding = await page.evaluate(colours)
    await page.keyboard.press("Space")
    await page.wait_for_selector('body[data-sound="paused"]')

    assert silent == 0
    assert sounding > 0
    assert await page.evaluate(colours) == 0


async def test_a_format_that_the_browser_lacks_is_named_on_the_row_and_in_the_player(
    page: Page, owner: Client, tmp_path: Path
) -> None:
    path = make_audio(tmp_path / "a.m4a", format=AudioFormat.ALAC, tags=AudioTags(title="Lossless Apple"))
    track = await upload(owner, path)
    try:
        await page.reload()

        await page.click(row("Lossless Apple") + " .play")

        assert await page.inner_text(row("Lossless Apple") + " .flag") == "no ALAC here"
        assert not await page.is_visible(row("Lossless Apple") + " .lacking")
        assert "This browser cannot play ALAC" in await page.inner_text('[data-slot="notice"]')
    finally:
        await owner.delete_track(track.id)


async def test_a_link_to_a_second_seeks_but_does_not_start(page: Page, library: list[Track]) -> None:
    await page.goto(f"/t/{library[0].id}?at=9")
    await page.wait_for_selector('[data-view="track"] .like')
    silent = await page.evaluate("document.getElementById('sound').paused")

    await page.click('[data-view="track"] [data-act=play]')

    assert silent
    await until(page, "document.getElementById('sound').currentTime > 9")


async def test_hostile_titles_are_inert_in_every_view(page: Page, owner: Client, tmp_path: Path) -> None:
    title = "<img src=x onerror=alert(1)>\u202egnp.exe"
    path = make_audio(tmp_path / "x.mp3", format=AudioFormat.MP3, frequency_hz=77, tags=AudioTags(title=title))
    track = await upload(owner, path)
    try:
        await page.reload()
        shown = "<img src=x onerror=alert(1)>gnp.exe"

        await page.click(row(shown) + " .play")
        await said(page, "Playing")
        await page.keyboard.press("i")
        await page.wait_for_selector('[data-view="track"]')

        assert shown == await page.inner_text("h1")
        assert await page.locator("img[src=x]").count() == 0
    finally:
        await owner.delete_track(track.id)


async def test_the_lock_screen_gets_track_buttons_and_a_moving_line(chromium: Browser, page: Page) -> None:
    await page.add_init_script("""
        globalThis.handlers = {};
        const set = MediaSession.prototype.setActionHandler;
        MediaSession.prototype.setActionHandler = function (name, handler) {
          handlers[name] = handler;
          set.call(this, name, handler);
        };
    """)
    await page.reload()
    await page.click(row("Glass Signals") + " .play")
    await said(page, "Playing Glass Signals")
    metadata = await page.evaluate("[navigator.mediaSession.metadata.title, navigator.mediaSession.metadata.artist]")

    await page.evaluate("handlers.nexttrack()")

    await said(page, "Playing River Motion")
    assert metadata == ["Glass Signals", "The Cobalt Rooms"]
    assert await page.evaluate("[handlers.seekbackward, handlers.seekforward]") == [None, None]


async def test_phones_get_the_player_and_tabs_at_the_thumb(
    chromium: Browser, server: RunningServer, page: Page, complaints: list[str]
) -> None:
    context = await chromium.new_context(base_url=server.url, viewport=PHONE, has_touch=True, is_mobile=True)
    phone = await context.new_page()
    await watch(phone, complaints)
    await sign_in(phone)

    await phone.tap(row("River Motion") + " .play")
    await said(phone, "Playing River Motion")

    tabs = await phone.locator(".tabs").bounding_box()
    player = await phone.locator(".player").bounding_box()
    assert tabs is not None
    assert player is not None
    assert PHONE["height"] == tabs["y"] + tabs["height"]
    assert tabs["y"] == player["y"] + player["height"]
    assert complaints == []


async def test_phones_find_shuffle_loop_and_mute_with_the_queue(page: Page) -> None:
    await page.set_viewport_size(PHONE)
    await page.click('[data-tab="queue"]')

    for mode in ("shuffle", "loop", "mute"):
        await page.click(f'.modes [data-act="{mode}"]')

    assert await page.get_attribute('.modes [data-act="shuffle"]', "aria-pressed") == "true"
    assert await page.get_attribute('.modes [data-act="loop"]', "aria-label") == "Loop: all"
    assert await page.evaluate("document.getElementById('sound').muted")
