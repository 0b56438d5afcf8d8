"""Pages of one's own account: who one is, the address and password to sign in with, and where one is signed in."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

from aiohttp import web

from tonearm_api.account import ChangeEmail, ChangePassword, ConfirmEmail, EditAccount
from tonearm_api.errors import Conflict, Forbidden, NotFound, StepUpRequired, TonearmError
from tonearm_server.accounts import profile, visits
from tonearm_server.accounts.rooms import ROOMS
from tonearm_server.auth.browser import visit_of
from tonearm_server.auth.identity import get_viewer
from tonearm_server.auth.sessions import end_session, end_sessions, refuse_stale
from tonearm_server.kit.clock import CLOCK, moment
from tonearm_server.kit.hosts import origin
from tonearm_server.web.answers import done, form_again, page, see_other
from tonearm_server.web.confirming import dangerous
from tonearm_server.web.forms import filled_in, read_form, typed
from tonearm_server.web.pages import page_response


def settings_of(request: web.Request, *, title: str) -> dict[str, Any]:  # Any: values of a template
    """What every page of an account shows beside its own."""
    return {"title": title, "done": done(request), "now": now(request)}


def now(request: web.Request) -> datetime:
    return moment(request.app[CLOCK].now_ms())


@page
async def profile_page(request: web.Request) -> web.Response:
    viewer = get_viewer(request)
    filled = {"name": viewer.name, "handle": viewer.handle or ""}
    return page_response(request, "profile.html", filled=filled, **settings_of(request, title="Profile"))


@page
async def edit_profile(request: web.Request) -> web.Response:
    viewer = get_viewer(request)
    filled = await read_form(request, fields=("name", "handle"))
    try:
        wanted = {"name": filled_in(filled, "name"), "handle": filled.get("handle")}
        await profile.edit(typed(wanted, EditAccount), viewer=viewer)
    except TonearmError as error:
        messages = {"handle": error.detail} if isinstance(error, Conflict) else None
        values = settings_of(request, title="Profile")
        return form_again(request, "profile.html", error, filled=filled, messages=messages, **values)
    return see_other("/me/profile", done="profile")


@page
async def email_page(request: web.Request) -> web.Response:
    get_viewer(request)
    return page_response(request, "email.html", **settings_of(request, title="E-mail"))


@page
@dangerous("email")
async def change_email(request: web.Request) -> web.Response:
    filled = await read_form(request, fields=("email",))
    try:
        await profile.change_email(
            typed(filled, ChangeEmail),
            viewer=get_viewer(request),
            visit=visit_of(request),
            base_url=origin(request),
            rooms=request.app[ROOMS],
        )
    except TonearmError as error:
        return form_again(request, "email.html", error, filled=filled, **settings_of(request, title="E-mail"))
    return see_other("/me/email", done="email-sent")


@page
async def confirm_email(request: web.Request) -> web.Response:
    viewer = get_viewer(request)
    filled = await read_form(request, fields=("token",))
    try:
        wanted = typed(filled, ConfirmEmail)
        await profile.confirm_email(wanted, viewer=viewer, visit=visit_of(request), rooms=request.app[ROOMS])
    except TonearmError as error:
        return form_again(request, "email.html", error, filled=filled, **settings_of(request, title="E-mail"))
    return see_other("/me/email", done="email")


@page
async def password_page(request: web.Request) -> web.Response:
    viewer = get_viewer(request)
    if viewer.has_second_factor:  # asked for now, so that no password is typed in vain
        refuse_stale(viewer, clock=request.app[CLOCK])
    return page_response(request, "password.html", **settings_of(request, title="Password"))


@page
async def change_password(request: web.Request) -> web.Response:
    viewer = get_viewer(request)
    filled = await read_form(request, fields=("current_password", "new_password"))
    try:
        wanted = typed(filled, ChangePassword)
        await profile.change_password(wanted, viewer=viewer, visit=visit_of(request), rooms=request.app[ROOMS])
    except StepUpRequired:
        raise
    except TonearmError as error:
        messages = {"current_password": error.detail} if isinstance(error, Forbidden) else None
        values = settings_of(request, title="Password")
        return form_again(request, "password.html", error, filled={}, messages=messages, **values)
    return see_other("/me/password", done="password")


@page
async def sessions_page(request: web.Request) -> web.Response:
    found = await visits.list_sessions(get_viewer(request), rooms=request.app[ROOMS])
    values = settings_of(request, title="Sessions")
    return page_response(request, "sessions.html", sessions=found.items, **values)


@page
async def end_one_session(request: web.Request) -> web.Response:
    """Ending one that has ended meanwhile is no fault."""
    viewer = get_viewer(request)
    filled = await read_form(request, fields=("id",))
    with contextlib.suppress(NotFound):
        await end_session(filled_in(filled, "id"), user_id=viewer.id)
    return see_other("/me/sessions", done="signed-out")


@page
async def end_other_sessions(request: web.Request) -> web.Response:
    viewer = get_viewer(request)
    await end_sessions(viewer.id, but=viewer.session_id)
    return see_other("/me/sessions", done="others")
