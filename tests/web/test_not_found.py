"""An address where there is nothing: a page for people, a problem document for programs."""

from __future__ import annotations

import httpx

from tests.support import RunningServer


async def test_a_browser_gets_a_page_and_a_program_a_problem(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        page = await http.get("/nowhere", headers={"Accept": "text/html,*/*"})
        problem = await http.get("/nowhere")
        api = await http.get("/api/v1/nowhere", headers={"Accept": "text/html"})

    assert [page.status_code, problem.status_code, api.status_code] == [404, 404, 404]
    assert page.headers["content-type"].startswith("text/html")
    assert "require-trusted-types-for" in page.headers["content-security-policy"]
    assert {"application/problem+json"} == {problem.headers["content-type"], api.headers["content-type"]}
