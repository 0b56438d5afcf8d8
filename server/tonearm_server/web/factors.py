"""Pages of the second factor: an authenticator set up and removed, recovery codes, codes by mail, known devices."""

from __future__ import annotations

import contextlib
from typing import Any

from aiohttp import web
from markupsafe import Markup

from tonearm_api.errors import Conflict, Gone, NotFound, TonearmError
from tonearm_api.factors import ConfirmByMail
from tonearm_server.accounts import second_factors
from tonearm_server.accounts.rooms import ROOMS
from tonearm_server.auth import devices
from tonearm_server.auth.browser import visit_of
from tonearm_server.auth.identity import get_viewer
from tonearm_server.web.account import settings_of
from tonearm_server.web.answers import form_again, page, see_other
from tonearm_server.web.confirming import dangerous
from tonearm_server.web.forms import filled_in, read_form
from tonearm_server.web.pages import page_response

_TITLE = "Second factor"
_SET_UP = "Set up an authenticator"
_PAPER = "Recovery codes"

_QUIET_ZONE = 4
"""Modules of white around a QR code, without which cameras do not find it (ISO/IEC 18004 §6.3.8)."""

_MODULE_PX = 5
"""About 57 modules across for our addresses: 285 px, which a phone shows in whole."""

_GROUP = 4


@page
async def factor_page(request: web.Request) -> web.Response:
    found = await second_factors.list_factors(get_viewer(request), rooms=request.app[ROOMS])
    return page_response(request, "factor.html", factors=found, **settings_of(request, title=_TITLE))


@page
@dangerous()
async def begin_authenticator(request: web.Request) -> web.Response:
    """The secret stands on this page and on none after it."""
    try:
        new = await second_factors.begin_authenticator(get_viewer(request), rooms=request.app[ROOMS])
    except Conflict:  # set up in another window meanwhile: the page says so
        return see_other("/me/factor")
    groups = [new.secret[start : start + _GROUP] for start in range(0, len(new.secret), _GROUP)]
    values = settings_of(request, title=_SET_UP)
    return page_response(request, "authenticator.html", qr=qr_code(new.uri), groups=groups, uri=new.uri, **values)


@page
@dangerous("code")
async def confirm_authenticator(request: web.Request) -> web.Response:
    viewer = get_viewer(request)
    filled = await read_form(request, fields=("code",))
    try:
        paper = await second_factors.confirm_authenticator(
            filled_in(filled, "code"), viewer=viewer, visit=visit_of(request), rooms=request.app[ROOMS]
        )
    except Gone as error:
        found = await second_factors.list_factors(viewer, rooms=request.app[ROOMS])
        values = settings_of(request, title=_TITLE)
        return form_again(request, "factor.html", error, filled={}, factors=found, **values)
    except TonearmError as error:
        return form_again(request, "authenticator.html", error, filled={}, **_without_secret(request))
    return _paper_page(request, paper.codes, is_new=True)


@page
@dangerous()
async def remove_authenticator(request: web.Request) -> web.Response:
    with contextlib.suppress(NotFound):
        await second_factors.remove_authenticator(
            get_viewer(request), visit=visit_of(request), rooms=request.app[ROOMS]
        )
    return see_other("/me/factor", done="removed")


@page
@dangerous()
async def renew_recovery_codes(request: web.Request) -> web.Response:
    viewer = get_viewer(request)
    paper = await second_factors.renew_recovery_codes(viewer, visit=visit_of(request), rooms=request.app[ROOMS])
    return _paper_page(request, paper.codes, is_new=False)


@page
@dangerous("mail")
async def confirm_by_mail(request: web.Request) -> web.Response:
    filled = await read_form(request, fields=("mail",))
    wanted = ConfirmByMail(is_on=filled.get("mail") == "on")
    await second_factors.confirm_by_mail(wanted, viewer=get_viewer(request), rooms=request.app[ROOMS])
    return see_other("/me/factor", done="mail-on" if wanted.is_on else "mail-off")


@page
async def forget_device(request: web.Request) -> web.Response:
    """A device that is asked again anyway is no fault."""
    viewer = get_viewer(request)
    filled = await read_form(request, fields=("id",))
    with contextlib.suppress(NotFound):
        await devices.distrust(filled_in(filled, "id"), user_id=viewer.id)
    return see_other("/me/factor", done="device")


def qr_code(text: str) -> Markup:
    """`text` to scan, as an SVG element without a style of its own."""
    import segno  # noqa: PLC0415  # 20 ms of the server's start, which only this page needs

    picture = segno.make(text, error="m", micro=False)
    element = picture.svg_inline(
        scale=_MODULE_PX, border=_QUIET_ZONE, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=False
    )
    return Markup(element)  # noqa: S704  # rectangles and numbers only; the text is drawn, not written


def _paper_page(request: web.Request, codes: list[str], *, is_new: bool) -> web.Response:
    values = settings_of(request, title=_PAPER)
    return page_response(request, "recovery_codes.html", codes=codes, is_new=is_new, **values)


def _without_secret(request: web.Request) -> dict[str, Any]:  # Any: values of a template
    """The app has the secret by now, and nobody is told it twice."""
    return {"qr": None, "groups": [], "uri": "", **settings_of(request, title=_SET_UP)}
