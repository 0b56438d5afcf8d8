"""Binds the endpoints of accounts and sessions."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from tonearm_api import auth as contract
from tonearm_api.endpoint import Nothing
from tonearm_server.auth import service
from tonearm_server.auth.browser import device_name
from tonearm_server.auth.identity import get_viewer
from tonearm_server.auth.passwords import PASSWORDS
from tonearm_server.auth.tokens import TOKENS
from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.http import bind

SIGN_UP_IS_OPEN: web.AppKey[bool] = web.AppKey("sign_up_is_open", bool)
"""Whether strangers may make an account without a link."""


async def sign_up(request: web.Request, wanted: contract.SignUp) -> contract.Tokens:
    app = request.app
    user = await service.sign_up(wanted, is_open=app[SIGN_UP_IS_OPEN], passwords=app[PASSWORDS], clock=app[CLOCK])
    return await app[TOKENS].begin_family(user.id, device=device_name(request))


async def log_in(request: web.Request, wanted: contract.LogIn) -> contract.Tokens:
    user = await service.log_in(wanted, passwords=request.app[PASSWORDS])
    return await request.app[TOKENS].begin_family(user.id, device=device_name(request))


async def refresh(request: web.Request, wanted: contract.Refresh) -> contract.Tokens:
    return await request.app[TOKENS].rotate(wanted.refresh_token)


async def log_out(request: web.Request, wanted: contract.LogOut) -> None:
    await request.app[TOKENS].end_family(wanted.refresh_token)


async def me(request: web.Request, _: Nothing) -> contract.Account:
    viewer = get_viewer(request)
    return contract.Account(
        id=viewer.id,
        email=viewer.email,
        name=viewer.name,
        is_admin=viewer.is_admin,
        created_at=datetime.fromtimestamp(viewer.created_at_ms / 1000, UTC),
    )


def setup(app: web.Application) -> None:
    bind(app, contract.SIGN_UP, sign_up)
    bind(app, contract.LOG_IN, log_in)
    bind(app, contract.REFRESH, refresh)
    bind(app, contract.LOG_OUT, log_out)
    bind(app, contract.ME, me)
