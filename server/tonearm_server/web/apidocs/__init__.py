"""The page at /api/docs: Swagger UI, from its wheel, over this server's own document. Asks no other host."""

from __future__ import annotations

import asyncio
import importlib.util
import re
from functools import cached_property
from pathlib import Path

from aiohttp import hdrs, web

from tonearm_api.endpoint import Policy
from tonearm_server.kit.http import add_page
from tonearm_server.web.assets import Assets, asset_response

_FOLDER = Path(__file__).parent
_FROM_WHEEL = ("swagger-ui-bundle.js", "swagger-ui.css")
_PLACEHOLDER = re.compile(r"{([\w.-]+)}")

_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI's arrows and locks are `data:` pictures, and its fetches of pages go to this server alone."""


class _Docs:
    """The page and its files. Read when somebody first looks: 1.7 MB that most servers never send."""

    @cached_property
    def assets(self) -> Assets:
        contents = {name: (_wheel() / name).read_bytes() for name in _FROM_WHEEL}
        return Assets({**contents, "start.js": (_FOLDER / "start.js").read_bytes()}, root="/api/docs")

    @cached_property
    def page(self) -> str:
        text = (_FOLDER / "page.html").read_text(encoding="utf-8")
        return _PLACEHOLDER.sub(lambda match: self.assets.url(match[1]), text)


_DOCS: web.AppKey[_Docs] = web.AppKey("api_docs", _Docs)


def setup(app: web.Application) -> None:
    app[_DOCS] = _Docs()
    for path, shown in (("/api/docs", _page), ("/api/docs/{version}/{name}", _asset)):
        for method in (hdrs.METH_GET, hdrs.METH_HEAD):
            add_page(app, method, path, shown, policy=Policy.PUBLIC)


async def _page(request: web.Request) -> web.Response:
    docs = request.app[_DOCS]
    text = await asyncio.to_thread(lambda: docs.page)
    headers = {"Content-Security-Policy": _CONTENT_POLICY, hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(text=text, content_type="text/html", headers=headers)


async def _asset(request: web.Request) -> web.Response:
    docs = request.app[_DOCS]
    return asset_response(request, await asyncio.to_thread(lambda: docs.assets))


def _wheel() -> Path:
    """Where Swagger UI's files are; found without importing its package, which would bring a template engine."""
    found = importlib.util.find_spec("swagger_ui_bundle")
    if found is None or found.origin is None:
        raise FileNotFoundError("swagger-ui-bundle-v2 is not installed")
    (folder,) = Path(found.origin).parent.glob("vendor/swagger-ui-*")
    return folder
