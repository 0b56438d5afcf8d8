"""Binds the endpoints of accounts: a request's values to the use case, and its visit."""

from __future__ import annotations

from aiohttp import web

from tonearm_api import account, administration, auth, factors, invitations, sessions
from tonearm_api.endpoint import Nothing
from tonearm_server.accounts import (
    administering,
    inviting,
    profile,
    resetting,
    second_factors,
    signing_in,
    signing_up,
    visits,
)
from tonearm_server.accounts.rooms import ROOMS
from tonearm_server.auth import devices
from tonearm_server.auth.browser import visit_of
from tonearm_server.auth.identity import get_viewer
from tonearm_server.auth.sessions import Proven, end_session, end_sessions
from tonearm_server.auth.tokens import TOKENS
from tonearm_server.auth.viewers import find_viewer_by_session
from tonearm_server.kit.clock import CLOCK
from tonearm_server.kit.db import DATABASE
from tonearm_server.kit.hosts import origin
from tonearm_server.kit.http import bind, bind_raw, json_response, read_request


async def sign_up(request: web.Request) -> web.Response:
    """201 with tokens, or 202 where a mail has to be answered first."""
    wanted = await read_request(request, auth.SIGN_UP)
    rooms = request.app[ROOMS]
    proven = await signing_up.sign_up(wanted, visit=visit_of(request), base_url=origin(request), rooms=rooms)
    if proven is None:
        return web.Response(status=202)
    return json_response(await _begin(request, proven), status=auth.SIGN_UP.status)


async def verify(request: web.Request, wanted: auth.Verify) -> auth.Tokens:
    proven = await signing_up.verify(wanted, visit=visit_of(request), rooms=request.app[ROOMS])
    return await _begin(request, proven)


async def log_in(request: web.Request, wanted: auth.LogIn) -> auth.Tokens:
    proven = await signing_in.log_in(wanted, visit=visit_of(request), rooms=request.app[ROOMS])
    return await _begin(request, proven)


async def mail_code(request: web.Request, wanted: auth.MailCode) -> auth.Challenge:
    return await signing_in.mail_code(wanted, visit=visit_of(request), rooms=request.app[ROOMS])


async def forgot_password(request: web.Request, wanted: auth.ForgotPassword) -> None:
    rooms = request.app[ROOMS]
    await resetting.forgot_password(wanted, visit=visit_of(request), base_url=origin(request), rooms=rooms)


async def reset_password(request: web.Request, wanted: auth.ResetPassword) -> None:
    await resetting.reset_password(wanted, visit=visit_of(request), rooms=request.app[ROOMS])


async def refresh(request: web.Request, wanted: auth.Refresh) -> auth.Tokens:
    app = request.app
    return await visits.refresh(wanted.refresh_token, visit=visit_of(request), tokens=app[TOKENS], rooms=app[ROOMS])


async def log_out(request: web.Request, wanted: auth.LogOut) -> None:
    await request.app[TOKENS].end_family(wanted.refresh_token)


async def step_up(request: web.Request, wanted: auth.StepUp) -> None:
    viewer = get_viewer(request)
    await signing_in.step_up(wanted, viewer=viewer, visit=visit_of(request), rooms=request.app[ROOMS])


async def me(request: web.Request, _: Nothing) -> account.Account:
    return get_viewer(request).account


async def edit_me(request: web.Request, wanted: account.EditAccount) -> account.Account:
    await profile.edit(wanted, viewer=get_viewer(request))
    return await _account_now(request)


async def change_password(request: web.Request, wanted: account.ChangePassword) -> None:
    viewer = get_viewer(request)
    await profile.change_password(wanted, viewer=viewer, visit=visit_of(request), rooms=request.app[ROOMS])


async def change_email(request: web.Request, wanted: account.ChangeEmail) -> account.Account:
    viewer, rooms = get_viewer(request), request.app[ROOMS]
    await profile.change_email(wanted, viewer=viewer, visit=visit_of(request), base_url=origin(request), rooms=rooms)
    return viewer.account


async def confirm_email(request: web.Request, wanted: account.ConfirmEmail) -> account.Account:
    viewer = get_viewer(request)
    await profile.confirm_email(wanted, viewer=viewer, visit=visit_of(request), rooms=request.app[ROOMS])
    return await _account_now(request)


async def list_factors(request: web.Request, _: Nothing) -> factors.Factors:
    return await second_factors.list_factors(get_viewer(request), rooms=request.app[ROOMS])


async def new_authenticator(request: web.Request, _: Nothing) -> factors.NewAuthenticator:
    return await second_factors.begin_authenticator(get_viewer(request), rooms=request.app[ROOMS])


async def confirm_authenticator(request: web.Request, wanted: factors.ConfirmAuthenticator) -> factors.RecoveryCodes:
    viewer = get_viewer(request)
    return await second_factors.confirm_authenticator(
        wanted.code, viewer=viewer, visit=visit_of(request), rooms=request.app[ROOMS]
    )


async def remove_authenticator(request: web.Request, _: Nothing) -> None:
    viewer = get_viewer(request)
    await second_factors.remove_authenticator(viewer, visit=visit_of(request), rooms=request.app[ROOMS])


async def new_recovery_codes(request: web.Request, _: Nothing) -> factors.RecoveryCodes:
    viewer = get_viewer(request)
    return await second_factors.renew_recovery_codes(viewer, visit=visit_of(request), rooms=request.app[ROOMS])


async def confirm_by_mail(request: web.Request, wanted: factors.ConfirmByMail) -> factors.Factors:
    return await second_factors.confirm_by_mail(wanted, viewer=get_viewer(request), rooms=request.app[ROOMS])


async def forget_device(request: web.Request, wanted: factors.OneDevice) -> None:
    await devices.distrust(wanted.id, user_id=get_viewer(request).id)


async def list_sessions(request: web.Request, _: Nothing) -> sessions.Sessions:
    return await visits.list_sessions(get_viewer(request), rooms=request.app[ROOMS])


async def end_one_session(request: web.Request, wanted: sessions.OneSession) -> None:
    await end_session(wanted.id, user_id=get_viewer(request).id)


async def end_other_sessions(request: web.Request, _: Nothing) -> None:
    viewer = get_viewer(request)
    await end_sessions(viewer.id, but=viewer.session_id)


async def invite(request: web.Request, wanted: invitations.Invite) -> invitations.Invitation:
    viewer, rooms = get_viewer(request), request.app[ROOMS]
    return await inviting.invite(wanted, viewer=viewer, visit=visit_of(request), base_url=origin(request), rooms=rooms)


async def list_invitations(request: web.Request, _: Nothing) -> invitations.Invitations:
    return await inviting.list_invitations(rooms=request.app[ROOMS])


async def withdraw_invitation(_: web.Request, wanted: invitations.OneInvitation) -> None:
    await inviting.withdraw(wanted.id)


async def list_members(request: web.Request, _: Nothing) -> administration.Members:
    return await administering.list_members(database=request.app[DATABASE])


async def edit_member(request: web.Request, wanted: administration.EditMember) -> administration.Member:
    viewer, app = get_viewer(request), request.app
    return await administering.edit_member(wanted, viewer=viewer, database=app[DATABASE], rooms=app[ROOMS])


async def reset_link(request: web.Request, wanted: administration.OneMember) -> administration.ResetLink:
    viewer, rooms = get_viewer(request), request.app[ROOMS]
    return await administering.make_reset_link(wanted.id, viewer=viewer, base_url=origin(request), rooms=rooms)


def setup(app: web.Application) -> None:
    bind_raw(app, auth.SIGN_UP, sign_up)
    bind(app, auth.VERIFY, verify)
    bind(app, auth.LOG_IN, log_in)
    bind(app, auth.MAIL_CODE, mail_code)
    bind(app, auth.FORGOT_PASSWORD, forgot_password)
    bind(app, auth.RESET_PASSWORD, reset_password)
    bind(app, auth.REFRESH, refresh)
    bind(app, auth.LOG_OUT, log_out)
    bind(app, auth.STEP_UP, step_up)
    bind(app, account.ME, me)
    bind(app, account.EDIT_ME, edit_me)
    bind(app, account.CHANGE_PASSWORD, change_password)
    bind(app, account.CHANGE_EMAIL, change_email)
    bind(app, account.CONFIRM_EMAIL, confirm_email)
    bind(app, factors.FACTORS, list_factors)
    bind(app, factors.NEW_AUTHENTICATOR, new_authenticator)
    bind(app, factors.CONFIRM_AUTHENTICATOR, confirm_authenticator)
    bind(app, factors.REMOVE_AUTHENTICATOR, remove_authenticator)
    bind(app, factors.NEW_RECOVERY_CODES, new_recovery_codes)
    bind(app, factors.CONFIRM_BY_MAIL, confirm_by_mail)
    bind(app, factors.FORGET_DEVICE, forget_device)
    bind(app, sessions.LIST_SESSIONS, list_sessions)
    bind(app, sessions.END_SESSION, end_one_session)
    bind(app, sessions.END_OTHER_SESSIONS, end_other_sessions)
    bind(app, invitations.INVITE, invite)
    bind(app, invitations.LIST_INVITATIONS, list_invitations)
    bind(app, invitations.WITHDRAW_INVITATION, withdraw_invitation)
    bind(app, administration.LIST_MEMBERS, list_members)
    bind(app, administration.EDIT_MEMBER, edit_member)
    bind(app, administration.RESET_LINK, reset_link)


async def _begin(request: web.Request, proven: Proven) -> auth.Tokens:
    app = request.app
    return await visits.begin_program(proven, visit=visit_of(request), tokens=app[TOKENS], rooms=app[ROOMS])


async def _account_now(request: web.Request) -> account.Account:
    """The account as it is after a change."""
    app = request.app
    session_id = get_viewer(request).session_id
    viewer = await find_viewer_by_session(session_id, database=app[DATABASE], clock=app[CLOCK])
    return (viewer or get_viewer(request)).account
