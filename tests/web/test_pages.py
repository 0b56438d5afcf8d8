"""Pages and forms as they are without a script, over plain HTTP."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.audio import make_audio
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, RunningServer, running_server, upload
from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, EditTrack, Visibility
from tonearm_server.audio.types import AudioTags

_BUDGET_BYTES = 40_000
"""Script and style of the first load, compressed; a quarter of what the lightest other web player needs."""

_HOSTILE = '</script><script>alert(1)</script> "><img src=x onerror=alert(2)>'


@pytest.fixture
async def browser(server: RunningServer, owner: Client) -> AsyncIterator[httpx.AsyncClient]:
    async with _new_browser(server) as client:
        yield client


def _new_browser(server: RunningServer) -> httpx.AsyncClient:
    """A browser without scripts: it keeps cookies, Secure ones too since this is loopback, and names its origin."""

    cookies: dict[str, str] = {}

    async def keep_cookies(response: httpx.Response) -> None:
        for line in response.headers.get_list("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            cookies[name] = value
        client.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items() if value)

    hooks = {"response": [keep_cookies]}
    client = httpx.AsyncClient(base_url=server.url, headers={"Origin": server.url}, event_hooks=hooks)
    return client


async def _sign_in(browser: httpx.AsyncClient, password: str = OWNER_PASSWORD, **more: str) -> httpx.Response:
    return await browser.post("/login", data={"email": OWNER_EMAIL, "password": password, **more})


async def test_a_stranger_signs_in_and_lands_where_they_wanted_to_go(browser: httpx.AsyncClient) -> None:
    sent_away = await browser.get("/liked")
    sign_in_page = await browser.get(sent_away.headers["Location"])
    wanted = re.search(r'name="next" value="([^"]*)"', sign_in_page.text)
    assert wanted is not None

    signed_in = await _sign_in(browser, next=wanted[1])
    liked = await browser.get(signed_in.headers["Location"])

    assert (sent_away.status_code, signed_in.status_code, liked.status_code) == (303, 303, 200)
    assert "<h1" in liked.text
    assert liked.url.path == "/liked"


@pytest.mark.parametrize(
    "wanted", ["//evil", "/\\evil", "https:evil", "/%09/evil", "/..//evil", "/\r\nLocation: x", "/api/v1/me", "/logout"]
)
async def test_a_sign_in_leads_to_no_other_place_than_a_page(browser: httpx.AsyncClient, wanted: str) -> None:
    signed_in = await _sign_in(browser, next=wanted)

    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, "/")


async def test_a_wrong_password_and_an_unknown_address_get_the_same_page(browser: httpx.AsyncClient) -> None:
    wrong = await _sign_in(browser, password="not the password")
    unknown = await browser.post("/login", data={"email": "nobody@example.test", "password": "not the password"})

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text.replace(OWNER_EMAIL, "") == unknown.text.replace("nobody@example.test", "")
    assert "E-mail or password is wrong" in wrong.text
    assert "not the password" not in wrong.text


async def test_a_faulty_form_names_each_field_beside_it(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/signup", data={"email": "no address", "name": "", "password": "x", "token": "y"})

    assert answer.status_code == 422
    assert re.search(r'id="email-fault">Write the address as', answer.text)
    assert re.search(r'id="name-fault">Fill this in', answer.text)
    assert 'id="password-fault"' not in answer.text
    assert 'value="no address"' in answer.text


async def test_looking_at_the_sign_up_page_uses_no_invitation_up(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as fresh:
        form = {
            "email": "eve@example.test",
            "name": "Eve",
            "password": "violet anchor tundra",
            "token": fresh.owner_token,
        }
        async with _new_browser(fresh) as browser:
            await browser.get("/signup")
            signed_up = await browser.post("/signup", data=form)
            first_page = await browser.get("/")
            again = await browser.post("/signup", data=form)

    assert (signed_up.status_code, first_page.status_code, again.status_code) == (303, 200, 410)
    assert "Eve" in first_page.text
    assert "That link has been used or has expired" in again.text


async def test_a_weak_password_is_explained_beside_its_field(tmp_path: Path) -> None:
    form = {"email": "eve@example.test", "name": "Eve", "password": "password12"}

    with running_server(tmp_path / "data") as fresh:
        async with _new_browser(fresh) as browser:
            answer = await browser.post("/signup", data={**form, "token": fresh.owner_token})

    assert answer.status_code == 422
    assert 'id="password-fault"' in answer.text
    assert "password12" not in answer.text


async def test_signing_out_ends_the_session_for_real(browser: httpx.AsyncClient) -> None:
    await _sign_in(browser)
    cookie = browser.headers["Cookie"]

    signed_out = await browser.post("/logout")
    again = await browser.get("/", headers={"Cookie": cookie})

    assert signed_out.headers["Location"] == "/login"
    assert signed_out.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert again.headers["Location"] == "/login?next=%2F"


async def test_a_form_from_another_site_is_refused(browser: httpx.AsyncClient) -> None:
    await _sign_in(browser)

    refused = await browser.post("/logout", headers={"Sec-Fetch-Site": "cross-site"})

    assert refused.status_code == 403
    assert (await browser.get("/")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/me", "/me/factor", "/login", "/signup", "/reset", "/confirm", "/t/nothing", "/?sort=nonsense"]
)
async def test_every_page_carries_the_strict_policy(browser: httpx.AsyncClient, path: str) -> None:
    await _sign_in(browser)

    headers = (await browser.get(path)).headers

    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert (policy["require-trusted-types-for"], policy["trusted-types"]) == ("'script'", "'none'")
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_pages_hold_no_inline_script_or_style(browser: httpx.AsyncClient) -> None:
    await _sign_in(browser)

    page = (await browser.get("/")).text

    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []
    assert [
        tag for tag in re.findall(r"<script[^>]*>", page) if "src=" not in tag and "application/json" not in tag
    ] == []


async def test_an_unknown_track_and_a_wrong_order_are_pages_too(browser: httpx.AsyncClient) -> None:
    await _sign_in(browser)

    lost, wrong = await browser.get("/t/nothing"), await browser.get("/?sort=nonsense")

    assert (lost.status_code, wrong.status_code) == (404, 422)
    assert all("<h1" in answer.text for answer in (lost, wrong))


async def test_a_hostile_title_stays_text_in_markup_and_in_json(
    browser: httpx.AsyncClient, owner: Client, tmp_path: Path
) -> None:
    path = make_audio(tmp_path / "x.mp3", format=AudioFormat.MP3, tags=AudioTags(title=_HOSTILE))
    track = await upload(owner, path)
    await _sign_in(browser)

    page = (await browser.get(f"/t/{track.id}")).text

    boot = re.search(r'id="boot">(.*?)</script>', page, re.DOTALL)
    assert boot is not None
    assert json.loads(boot[1])["view"]["track"]["title"] == _HOSTILE
    assert re.findall(r"<script>|<img src=x", page) == []
    assert html.escape(_HOSTILE) in page.replace("&#34;", "&quot;")


async def test_a_public_track_has_a_page_for_strangers_and_others_do_not(
    browser: httpx.AsyncClient, owner: Client, tmp_path: Path
) -> None:
    path = make_audio(tmp_path / "p.mp3", format=AudioFormat.MP3, frequency_hz=99, tags=AudioTags(title="Out There"))
    track = await upload(owner, path)

    hidden = await browser.get(f"/t/{track.id}")
    await owner.edit_track(EditTrack(id=track.id, visibility=Visibility.PUBLIC))
    shown = await browser.get(f"/t/{track.id}")

    assert f"/login?next=%2Ft%2F{track.id}" == hidden.headers["Location"]
    assert shown.status_code == 200
    assert f'<audio controls preload="none" src="/stream/{track.id}">' in shown.text
    assert "/liked" not in shown.text


async def test_assets_never_change_under_their_address(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/login")).text
    address = re.search(r'href="(/static/\w+/app\.css)"', page)
    assert address is not None

    asset = await browser.get(address[1])
    other_version = await browser.get(re.sub(r"/static/\w+/", "/static/000000000000/", address[1]))

    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert asset.headers["Content-Type"] == "text/css; charset=utf-8"
    assert other_version.status_code == 404


async def test_script_and_style_of_the_first_load_stay_small(browser: httpx.AsyncClient) -> None:
    await _sign_in(browser)
    page = (await browser.get("/")).text
    addresses = set(re.findall(r'"(/static/[^"]+\.(?:js|css))"', page))

    sizes = [len(gzip.compress((await browser.get(address)).content)) for address in addresses]

    assert len(sizes) > 10
    assert sum(sizes) < _BUDGET_BYTES
