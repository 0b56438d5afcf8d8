"""Pages of people who are not signed in: signing in and up, the code, a verified address, a forgotten password."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tonearm_api.auth import ForgotPassword, LogIn, ResetPassword, SignUp, Verify
from tonearm_api.errors import Gone, TonearmError
from tonearm_server.accounts import browsing_in, resetting, signing_up
from tonearm_server.accounts.browsing_in import HALF_LIFE_S, Welcome
from tonearm_server.accounts.rooms import ROOMS
from tonearm_server.auth.browser import (
    begin_browser_session,
    device_secret,
    end_browser_session,
    half_sign_in,
    keep_device_secret,
    keep_half_sign_in,
    visit_of,
)
from tonearm_server.auth.identity import find_viewer
from tonearm_server.auth.sessions import Proven
from tonearm_server.config import Registration
from tonearm_server.kit.hosts import origin
from tonearm_server.web.answers import done, form_again, page, see_other
from tonearm_server.web.forms import filled_in, next_page, read_form, typed
from tonearm_server.web.pages import page_response

_EVERYTHING = '"cache", "storage"'
"""What a browser forgets at sign-out: covers, the queue, settings (ASVS 5.0 14.3.1)."""

_SIGN_UP = "Make an account"


@page
async def login_page(request: web.Request) -> web.Response:
    goal = next_page(request.query.get("next"))
    if find_viewer(request) is not None:
        return see_other(goal)
    return page_response(request, "login.html", **_login(request, goal))


@page
async def log_in(request: web.Request) -> web.Response:
    filled = await read_form(request, fields=("email", "password", "next"))
    goal = next_page(filled.pop("next", None))
    try:
        begun = await browsing_in.begin(
            typed(filled, LogIn), visit=visit_of(request), device=device_secret(request), rooms=request.app[ROOMS]
        )
    except TonearmError as error:
        return form_again(request, "login.html", error, filled=filled, **_login(request, goal))
    if isinstance(begun, Welcome):
        return await _welcome(request, begun, goal)
    answer = see_other("/login/code", next=_unless_first(goal))
    keep_half_sign_in(request, answer, begun, life_s=HALF_LIFE_S)
    return answer


@page
async def code_page(request: web.Request) -> web.Response:
    half = await browsing_in.find_half(half_sign_in(request), rooms=request.app[ROOMS])
    if half is None:
        return see_other("/login", next=_unless_first(next_page(request.query.get("next"))))
    return page_response(request, "code.html", **_code(request, half, next_page(request.query.get("next"))))


@page
async def give_code(request: web.Request) -> web.Response:
    token, rooms = half_sign_in(request), request.app[ROOMS]
    filled = await read_form(request, fields=("code", "trust", "next"))
    goal = next_page(filled.pop("next", None))
    try:
        welcome = await browsing_in.complete(
            token,
            filled_in(filled, "code"),
            trust="trust" in filled,
            visit=visit_of(request),
            device=device_secret(request),
            rooms=rooms,
        )
    except Gone:
        return see_other("/login", done="late", next=_unless_first(goal))
    except TonearmError as error:
        half = await browsing_in.find_half(token, rooms=rooms)
        if half is None:
            return see_other("/login", done="late", next=_unless_first(goal))
        return form_again(request, "code.html", error, filled=filled, **_code(request, half, goal))
    return await _welcome(request, welcome, goal)


@page
async def send_code_again(request: web.Request) -> web.Response:
    old, rooms = half_sign_in(request), request.app[ROOMS]
    goal = next_page((await read_form(request, fields=("next",))).get("next"))
    try:
        token = await browsing_in.send_again(old, visit=visit_of(request), rooms=rooms)
    except Gone:
        return see_other("/login", done="late", next=_unless_first(goal))
    except TonearmError as error:
        half = await browsing_in.find_half(old, rooms=rooms)
        if half is None:
            raise
        return form_again(request, "code.html", error, filled={}, **_code(request, half, goal))
    answer = see_other("/login/code", done="code", next=_unless_first(goal))
    keep_half_sign_in(request, answer, token, life_s=HALF_LIFE_S)
    return answer


@page
async def sign_up_page(request: web.Request) -> web.Response:
    return page_response(request, "signup.html", title=_SIGN_UP, is_open=_is_open(request))


@page
async def sign_up(request: web.Request) -> web.Response:
    filled = await read_form(request, fields=("email", "name", "password", "token"))
    try:
        proven = await signing_up.sign_up(
            typed(filled, SignUp), visit=visit_of(request), base_url=origin(request), rooms=request.app[ROOMS]
        )
    except TonearmError as error:
        return form_again(request, "signup.html", error, filled=filled, title=_SIGN_UP, is_open=_is_open(request))
    return see_other("/signup/mailed") if proven is None else await _first_welcome(request, proven)


@page
async def sign_up_mailed_page(request: web.Request) -> web.Response:
    return page_response(request, "mailed.html", title="Look into your mail", about="signup")


@page
async def verify_page(request: web.Request) -> web.Response:
    return page_response(request, "verify.html", title="Confirm your address")


@page
async def verify(request: web.Request) -> web.Response:
    filled = await read_form(request, fields=("token", "password"))
    try:
        proven = await signing_up.verify(typed(filled, Verify), visit=visit_of(request), rooms=request.app[ROOMS])
    except TonearmError as error:
        return form_again(request, "verify.html", error, filled=filled, title="Confirm your address")
    return await _first_welcome(request, proven)


@page
async def forgot_page(request: web.Request) -> web.Response:
    return page_response(request, "forgot.html", title="Forgot your password?")


@page
async def forgot(request: web.Request) -> web.Response:
    filled = await read_form(request, fields=("email",))
    try:
        await resetting.forgot_password(
            typed(filled, ForgotPassword), visit=visit_of(request), base_url=origin(request), rooms=request.app[ROOMS]
        )
    except TonearmError as error:
        return form_again(request, "forgot.html", error, filled=filled, title="Forgot your password?")
    return see_other("/forgot/mailed")


@page
async def forgot_mailed_page(request: web.Request) -> web.Response:
    return page_response(request, "mailed.html", title="Look into your mail", about="forgot")


@page
async def reset_page(request: web.Request) -> web.Response:
    return page_response(request, "reset.html", title="Choose a new password")


@page
async def reset(request: web.Request) -> web.Response:
    filled = await read_form(request, fields=("token", "password"))
    try:
        wanted = typed(filled, ResetPassword)
        await resetting.reset_password(wanted, visit=visit_of(request), rooms=request.app[ROOMS])
    except TonearmError as error:
        return form_again(request, "reset.html", error, filled=filled, title="Choose a new password")
    return see_other("/login", done="reset")


@page
async def log_out(request: web.Request) -> web.Response:
    await end_browser_session(request)
    answer = see_other("/login")
    answer.headers["Clear-Site-Data"] = _EVERYTHING
    return answer


async def _first_welcome(request: web.Request, proven: Proven) -> web.Response:
    """Into an account that has just been made."""
    rooms = request.app[ROOMS]
    welcome = await browsing_in.welcome(proven, visit=visit_of(request), device=device_secret(request), rooms=rooms)
    return await _welcome(request, welcome, "/")


async def _welcome(request: web.Request, welcome: Welcome, goal: str) -> web.Response:
    """The session begins with this answer, which also brings what the browser is known by from now on."""
    await begin_browser_session(request, welcome.proven)
    answer = see_other(goal)
    if half_sign_in(request) is not None:
        keep_half_sign_in(request, answer, "", life_s=0)
    if welcome.device_secret is not None:
        keep_device_secret(request, answer, welcome.device_secret)
    return answer


def _login(request: web.Request, goal: str) -> dict[str, Any]:  # Any: values of a template
    return {"title": "Sign in", "next": goal, "is_open": _is_open(request), "done": done(request)}


def _code(request: web.Request, half: browsing_in.Half, goal: str) -> dict[str, Any]:  # Any: values of a template
    return {
        "title": "One more step",
        "next": goal,
        "is_mailed": half.is_mailed,
        "email": half.user.email,
        "done": done(request),
    }


def _is_open(request: web.Request) -> bool:
    return request.app[ROOMS].registration is Registration.OPEN


def _unless_first(goal: str) -> str:
    """The first page needs no mention."""
    return "" if goal == "/" else goal
