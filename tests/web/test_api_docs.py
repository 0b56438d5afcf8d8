"""The page at /api/docs, in a real browser that can reach nothing but the server."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser

from tests.support import RunningServer
from tests.web.browsing import until, watch
from tonearm_api.contract import ENDPOINTS


@pytest.mark.browser
async def test_a_stranger_reads_every_endpoint_and_no_other_host_is_asked(
    server: RunningServer, chromium: Browser, complaints: list[str]
) -> None:
    page = await chromium.new_page(base_url=server.url)
    await watch(page, complaints)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))

    await page.goto("/api/docs")
    await until(page, f"document.querySelectorAll('.opblock').length === {len(ENDPOINTS)}")

    shown = set(await page.locator(".opblock-summary-path").evaluate_all("all => all.map(e => e.dataset.path)"))
    assert {endpoint.path for endpoint in ENDPOINTS} == shown
    assert asked - {""} == {urlsplit(server.url).netloc}
    assert complaints == []


@pytest.mark.browser
async def test_a_request_sent_from_the_page_is_answered(
    server: RunningServer, chromium: Browser, complaints: list[str]
) -> None:
    page = await chromium.new_page(base_url=server.url)
    await watch(page, complaints)

    await page.goto("/api/docs")
    await page.click("#operations-health-healthz .opblock-summary-control")
    await page.click("#operations-health-healthz .try-out__btn")
    await page.click("#operations-health-healthz .execute")

    answer = page.locator("#operations-health-healthz .live-responses-table .response-col_status")
    await answer.get_by_text("200").wait_for()
    assert complaints == []


async def test_scripts_of_the_page_are_files_of_this_server_only(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.get("/api/docs")

    assert answer.status_code == 200
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text
