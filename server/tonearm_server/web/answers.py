"""What pages answer beside themselves: the way to sign in or confirm first, errors, and forms once more with why."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from aiohttp import hdrs, web

from tonearm_api.errors import (
    FactorRequired,
    Invalid,
    RateLimited,
    StepUpRequired,
    TonearmError,
    Unauthenticated,
)
from tonearm_server.auth.identity import find_viewer
from tonearm_server.web import pages
from tonearm_server.web.forms import field_messages
from tonearm_server.web.moments import wait_text
from tonearm_server.web.pages import page_response

Page = Callable[[web.Request], Awaitable[web.Response]]

_SECRETS = frozenset({"password", "current_password", "new_password", "code", "my_password", "my_code"})
"""Fields that no answer repeats."""

_DONE = {
    "profile": "Saved.",
    "email-sent": "A mail is on its way to the new address. Your address changes once you open its link.",
    "email": "Your e-mail address has changed.",
    "password": "Your password has changed. Every other device is signed out.",
    "reset": "Your new password is set. Sign in with it.",
    "late": "That took too long, or too many codes were wrong. Sign in again.",
    "code": "A new code is on its way. The one before it is void.",
    "removed": "The second factor is removed.",
    "mail-on": "From now on each sign-in asks for a code that is mailed to you.",
    "mail-off": "Sign-ins are no longer confirmed by mail.",
    "device": "That device is asked for a code again.",
    "signed-out": "That device is signed out.",
    "others": "Every other device is signed out.",
    "withdrawn": "The invitation is withdrawn: its link is good for nothing.",
}
"""What a form says on the page that follows it, by the name in that page's address."""


def page(handler: Page) -> Page:
    """Errors as pages; whoever has to sign in or to confirm first is sent there and comes back."""

    @functools.wraps(handler)
    async def shown(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except StepUpRequired:
            return see_other("/confirm", next=_home(request))
        except FactorRequired as error:
            return page_response(request, "factor_required.html", status=error.status, title="A second factor first")
        except Unauthenticated as error:
            if find_viewer(request) is None:
                return see_other("/login", next=_home(request))
            return error_page(request, error)
        except TonearmError as error:
            return error_page(request, error)

    return shown


def see_other(path: str, **query: str) -> web.Response:
    """The answer to a form: go there, so that loading the page again does nothing twice."""
    parameters = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items() if value)
    location = f"{path}?{parameters}" if parameters else path
    return web.Response(status=303, headers={hdrs.LOCATION: location, **pages.page_headers()})


def error_page(request: web.Request, error: TonearmError) -> web.Response:
    answer = page_response(request, "error.html", status=error.status, title=error.title, detail=sentence(error))
    answer.headers.extend(error.headers)
    return answer


def form_again(
    request: web.Request, template: str, error: TonearmError, *, filled: dict[str, str], **values: Any
) -> web.Response:  # Any: templates take what they name
    """The same form with what was typed, but for what is secret, and what is wrong with it."""
    messages = values.pop("messages", None) or field_messages(error)
    summary = "" if isinstance(error, Invalid) and messages else sentence(error)
    kept = {name: value for name, value in filled.items() if name not in _SECRETS}
    answer = page_response(
        request, template, status=error.status, filled=kept, messages=messages, error=summary, **values
    )
    answer.headers.extend(error.headers)
    return answer


def sentence(error: TonearmError) -> str:
    """What is wrong and what to do, in words; who has to wait reads how long."""
    seconds = error.headers.get("Retry-After", "")
    if isinstance(error, RateLimited) and seconds.isdecimal():
        return f"There were too many tries. Try again in {wait_text(int(seconds))}."
    return error.detail


def done(request: web.Request) -> str:
    """What the form before this page did, in words; empty where there was none."""
    return _DONE.get(request.query.get("done", ""), "")


def _home(request: web.Request) -> str:
    """The page that this request belongs to: for a form below `/me/…`, the page that it stands on."""
    return request.path_qs if request.method in {"GET", "HEAD"} else "/".join(request.path.split("/")[:3])
