"""Binds the search endpoints."""

from __future__ import annotations

from aiohttp import web

from tonearm_api import search as contract
from tonearm_server.auth.identity import get_viewer
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.http import bind
from tonearm_server.search import service

_SUGGESTIONS = 6
"""Of each kind: what fits under a search field."""


async def search(request: web.Request, wanted: contract.Search) -> contract.SearchResult:
    return await service.search(wanted, viewer_id=get_viewer(request).id, database=request.app[DATABASE])


async def suggest(request: web.Request, wanted: contract.Suggest) -> contract.SearchResult:
    return await search(request, contract.Search(q=wanted.q, limit=_SUGGESTIONS))


def setup(app: web.Application) -> None:
    bind(app, contract.SEARCH, search)
    bind(app, contract.SUGGEST, suggest)
