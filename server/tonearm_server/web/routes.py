"""Every page and form under its address. All of them are public routes: a stranger gets the sign-in page."""

from __future__ import annotations

from aiohttp import web

from tonearm_api.endpoint import Policy
from tonearm_api.errors import NotFound
from tonearm_server.kit.http import add_page
from tonearm_server.kit.problems import NOT_FOUND_PAGE
from tonearm_server.web import account, apidocs, confirming, entering, factors, inviting, pages, tracks
from tonearm_server.web.answers import Page, error_page
from tonearm_server.web.assets import ASSETS, load_assets, static_file

_SHOWN: dict[str, Page] = {
    "/": tracks.tracks,
    "/liked": tracks.liked,
    "/queue": tracks.queue,
    "/t/{id}": tracks.one_track,
    "/login": entering.login_page,
    "/login/code": entering.code_page,
    "/signup": entering.sign_up_page,
    "/signup/mailed": entering.sign_up_mailed_page,
    "/verify": entering.verify_page,
    "/forgot": entering.forgot_page,
    "/forgot/mailed": entering.forgot_mailed_page,
    "/reset": entering.reset_page,
    "/confirm": confirming.confirm_page,
    "/me": tracks.me,
    "/me/profile": account.profile_page,
    "/me/email": account.email_page,
    "/me/password": account.password_page,
    "/me/factor": factors.factor_page,
    "/me/sessions": account.sessions_page,
    "/me/invitations": inviting.invitations_page,
    "/static/{version}/{name}": static_file,
}

_TAKEN: dict[str, Page] = {
    "/login": entering.log_in,
    "/login/code": entering.give_code,
    "/login/code/again": entering.send_code_again,
    "/logout": entering.log_out,
    "/signup": entering.sign_up,
    "/verify": entering.verify,
    "/forgot": entering.forgot,
    "/reset": entering.reset,
    "/confirm": confirming.confirm,
    "/me/profile": account.edit_profile,
    "/me/email": account.change_email,
    "/me/email/confirm": account.confirm_email,
    "/me/password": account.change_password,
    "/me/factor/new": factors.begin_authenticator,
    "/me/factor/confirm": factors.confirm_authenticator,
    "/me/factor/remove": factors.remove_authenticator,
    "/me/factor/codes": factors.renew_recovery_codes,
    "/me/factor/mail": factors.confirm_by_mail,
    "/me/factor/forget": factors.forget_device,
    "/me/sessions/end": account.end_one_session,
    "/me/sessions/end-others": account.end_other_sessions,
    "/me/invitations": inviting.invite,
    "/me/invitations/withdraw": inviting.withdraw,
}
"""Where forms go. Whoever loads one of these addresses by hand is told that it takes no such thing."""


async def not_found_page(request: web.Request) -> web.Response:
    """What a browser gets at an address where there is nothing; the way back is on it."""
    return error_page(request, NotFound("There is no page at this address"))


def setup(app: web.Application) -> None:
    app[ASSETS] = load_assets()
    app[NOT_FOUND_PAGE] = not_found_page
    pages.setup(app)
    apidocs.setup(app)
    for path, shown in _SHOWN.items():
        add_page(app, "GET", path, shown, policy=Policy.PUBLIC)
        add_page(app, "HEAD", path, shown, policy=Policy.PUBLIC)
    for path, taken in _TAKEN.items():
        add_page(app, "POST", path, taken, policy=Policy.PUBLIC)
