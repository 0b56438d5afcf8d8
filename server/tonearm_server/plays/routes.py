"""Binds the play endpoint."""

from __future__ import annotations

from aiohttp import web

from tonearm_api import plays as contract
from tonearm_server.auth.identity import get_viewer
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.http import bind
from tonearm_server.plays import service


async def report_play(request: web.Request, wanted: contract.NewPlay) -> None:
    await service.report_play(wanted, viewer_id=get_viewer(request).id, database=request.app[DATABASE])


def setup(app: web.Application) -> None:
    bind(app, contract.REPORT_PLAY, report_play)
