"""Proving again that it is you: what is dangerous asks for the password, and the code, every five minutes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from tonearm_api.auth import StepUp
from tonearm_api.errors import StepUpRequired, TonearmError
from tonearm_server.accounts import signing_in
from tonearm_server.accounts.rooms import ROOMS
from tonearm_server.auth.browser import visit_of
from tonearm_server.auth.identity import get_viewer
from tonearm_server.auth.sessions import refuse_stale
from tonearm_server.kit.clock import CLOCK
from tonearm_server.web.answers import Page, form_again, page, see_other
from tonearm_server.web.forms import field_messages, next_page, read_form, typed
from tonearm_server.web.pages import page_response

_OWN = "my_"
"""Begins the names of the proof's fields, which may travel beside others that are called the same."""

_PROOF = (f"{_OWN}password", f"{_OWN}code")


@page
async def confirm_page(request: web.Request) -> web.Response:
    get_viewer(request)
    return page_response(request, "confirm.html", **_asked(request, goal=next_page(request.query.get("next"))))


@page
async def confirm(request: web.Request) -> web.Response:
    get_viewer(request)
    filled = await read_form(request, fields=(*_PROOF, "next"))
    goal = next_page(filled.get("next"))
    try:
        await _prove(request, filled)
    except TonearmError as error:
        return _ask_again(request, error, **_asked(request, goal=goal))
    return see_other(goal)


def dangerous(*carried: str) -> Callable[[Page], Page]:
    """A decorator for a form's handler: who has not proved themselves lately is asked first.

    The fields `carried` travel along, hidden, so that nothing is typed twice; none of them may be a secret that lasts.
    """

    def decorate(handler: Page) -> Page:
        @functools.wraps(handler)
        async def asked(request: web.Request) -> web.Response:
            viewer = get_viewer(request)
            filled = await read_form(request, fields=(*_PROOF, *carried))
            typed_before = {name: filled[name] for name in carried if name in filled}
            try:
                if any(name in filled for name in _PROOF):
                    await _prove(request, filled)
                else:
                    refuse_stale(viewer, clock=request.app[CLOCK])
            except StepUpRequired as error:
                values = _asked(request, action=request.path, carried=typed_before)
                return page_response(request, "confirm.html", status=error.status, **values)
            except TonearmError as error:
                return _ask_again(request, error, **_asked(request, action=request.path, carried=typed_before))
            return await handler(request)

        return asked

    return decorate


async def _prove(request: web.Request, filled: Mapping[str, str]) -> None:
    """Raises what `signing_in.step_up` raises, and Invalid for fields that are left empty."""
    own = {name.removeprefix(_OWN): value for name, value in filled.items() if name in _PROOF}
    rooms = request.app[ROOMS]
    await signing_in.step_up(typed(own, StepUp), viewer=get_viewer(request), visit=visit_of(request), rooms=rooms)


def _asked(
    request: web.Request, *, action: str = "/confirm", goal: str = "", carried: Mapping[str, str] | None = None
) -> dict[str, Any]:  # Any: values of a template
    return {
        "title": "Confirm that it is you",
        "action": action,
        "hidden": {**(carried or {}), **({"next": goal} if goal else {})},
        "needs_code": get_viewer(request).has_second_factor,
        "done": "",
    }


def _ask_again(request: web.Request, error: TonearmError, **values: Any) -> web.Response:  # Any: of a template
    messages = {_OWN + name: message for name, message in field_messages(error).items()}
    return form_again(request, "confirm.html", error, filled={}, messages=messages, **values)
