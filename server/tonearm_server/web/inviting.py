"""The administrators' page of invitations."""

from __future__ import annotations

import contextlib
from typing import Any

from aiohttp import web

from tonearm_api.errors import NotFound, TonearmError
from tonearm_api.invitations import Invitation, Invite
from tonearm_server.accounts import inviting
from tonearm_server.accounts.rooms import ROOMS
from tonearm_server.auth.browser import visit_of
from tonearm_server.auth.identity import ADMINS_NEED_FACTOR, get_viewer, refuse_others
from tonearm_server.auth.viewers import Viewer
from tonearm_server.config import Registration
from tonearm_server.kit.hosts import origin
from tonearm_server.web.account import settings_of
from tonearm_server.web.answers import form_again, page, see_other
from tonearm_server.web.forms import filled_in, read_form, typed
from tonearm_server.web.pages import page_response

_TITLE = "Invitations"


@page
async def invitations_page(request: web.Request) -> web.Response:
    _administrator(request)
    return page_response(request, "invitations.html", **await _values(request))


@page
async def invite(request: web.Request) -> web.Response:
    """The link stands on this page and on none after it."""
    viewer = _administrator(request)
    filled = await read_form(request, fields=("email",))
    try:
        made = await inviting.invite(
            typed(filled, Invite),
            viewer=viewer,
            visit=visit_of(request),
            base_url=origin(request),
            rooms=request.app[ROOMS],
        )
    except TonearmError as error:
        return form_again(request, "invitations.html", error, filled=filled, **await _values(request))
    return page_response(request, "invitations.html", **await _values(request, made=made))


@page
async def withdraw(request: web.Request) -> web.Response:
    """One that was used or withdrawn meanwhile is no fault: it is good for nothing."""
    _administrator(request)
    filled = await read_form(request, fields=("id",))
    with contextlib.suppress(NotFound):
        await inviting.withdraw(filled_in(filled, "id"))
    return see_other("/me/invitations", done="withdrawn")


def _administrator(request: web.Request) -> Viewer:
    """Raises Unauthenticated, Forbidden or FactorRequired."""
    viewer = get_viewer(request)
    refuse_others(viewer, needs_factor=request.app[ADMINS_NEED_FACTOR])
    return viewer


async def _values(request: web.Request, *, made: Invitation | None = None) -> dict[str, Any]:
    """Any: values of a template."""
    rooms = request.app[ROOMS]
    found = await inviting.list_invitations(rooms=rooms)
    return {
        "invitations": found.items,
        "made": made,
        "is_closed": rooms.registration is Registration.CLOSED,
        **settings_of(request, title=_TITLE),
    }
