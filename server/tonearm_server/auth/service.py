"""Accounts: sign up, check a password, find a session's person. Never sees a request."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError

from tonearm_api.auth import Account, LogIn, SignUp
from tonearm_api.errors import Conflict, Fault, Gone, Invalid, SignUpClosed, WrongCredentials
from tonearm_server.auth.models import LoginSession, RefreshToken, SignUpLink, User
from tonearm_server.auth.passwords import Passwords
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import Database, transaction
from tonearm_server.kit.ids import hash_secret, new_id, new_secret

_MAX_EMAIL, _MAX_NAME = 254, 100
"""The columns' widths; normalisation may lengthen what the contract let through."""

_LINK_LIFE_MS = 7 * 24 * 3600 * 1000
"""An owner link is on the operator's own console; a week covers a slow set-up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """Whoever makes a request, as the session tells."""

    id: str
    email: str
    name: str
    is_admin: bool
    created_at_ms: int
    session_id: str


async def sign_up(wanted: SignUp, *, is_open: bool, passwords: Passwords, clock: Clock) -> User:
    """A new account, by a one-time link or where sign-up `is_open`.

    Raises SignUpClosed, Gone for a link that is used or unknown, WeakPassword, or Conflict where the
    address has an account (told only to people who hold a link or where sign-up is open to all).
    """
    if wanted.token is None and not is_open:
        raise SignUpClosed
    now_ms = clock.now_ms()
    if wanted.token is not None:
        await _get_link(wanted.token, now_ms=now_ms)  # before anything that costs work; again when it is consumed
    key, name = _checked_key(wanted.email), clean_name(wanted.name)
    await passwords.refuse_weak(wanted.password, about=(wanted.name, wanted.email, *wanted.email.split("@")))
    password_hash = await passwords.hash(wanted.password)
    try:
        async with transaction(alone=True) as connection:
            makes_admin = False
            if wanted.token is not None:
                link = await _get_link(wanted.token, now_ms=now_ms, connection=connection)
                makes_admin = link.makes_admin
                await link.delete(using_db=connection)
            return await User.create(
                using_db=connection,
                id=new_id(),
                email=wanted.email,
                email_key=key,
                name=name,
                password_hash=password_hash,
                is_admin=makes_admin,
                created_at_ms=now_ms,
            )
    except IntegrityError as error:
        raise Conflict("There is an account with this e-mail address: sign in instead") from error


async def log_in(wanted: LogIn, *, passwords: Passwords) -> User:
    """The account whose e-mail and password these are. Raises WrongCredentials, after the same work, for all others."""
    user = await User.get_or_none(email_key=email_key(wanted.email))
    matches = await passwords.verify(wanted.password, user.password_hash if user else None)
    if user is None or not matches or user.disabled_at_ms is not None:
        raise WrongCredentials
    return user


async def add_user(*, email: str, name: str, password: str, is_admin: bool, passwords: Passwords, clock: Clock) -> User:
    """An account made by the operator, who needs no link. Raises WeakPassword or Conflict."""
    key, shown_name = _checked_key(email), clean_name(name)
    await passwords.refuse_weak(password, about=(name, email))
    try:
        return await User.create(
            id=new_id(),
            email=email,
            email_key=key,
            name=shown_name,
            password_hash=await passwords.hash(password),
            is_admin=is_admin,
            created_at_ms=clock.now_ms(),
        )
    except IntegrityError as error:
        raise Conflict("There is an account with this e-mail address") from error


async def new_owner_link(*, clock: Clock) -> str | None:
    """A fresh one-time token for the first account, replacing earlier ones; None once there is an administrator."""
    if await User.filter(is_admin=True).exists():
        return None
    token = new_secret()
    now_ms = clock.now_ms()
    async with transaction() as connection:
        await SignUpLink.filter(makes_admin=True).using_db(connection).delete()
        await SignUpLink.create(
            using_db=connection,
            token_hash=hash_secret(token),
            makes_admin=True,
            created_at_ms=now_ms,
            expires_at_ms=now_ms + _LINK_LIFE_MS,
        )
    return token


_VIEWER = """
    SELECT u.id, u.email, u.name, u.is_admin, u.created_at_ms, s.id AS session_id
    FROM login_session s JOIN user_account u ON u.id = s.user_id
    WHERE {condition} AND s.expires_at_ms > ? AND u.disabled_at_ms IS NULL
"""
_BY_SESSION = _VIEWER.format(condition="s.id = ?")
_BY_COOKIE = _VIEWER.format(condition="s.cookie_hash = ?")


async def find_viewer_by_session(session_id: str, *, database: Database, clock: Clock) -> Viewer | None:
    """Who the session belongs to; None once it has ended. One keyed read, inline."""
    row = await database.row(_BY_SESSION, (session_id, clock.now_ms()))
    return _viewer(dict(row)) if row else None


async def find_viewer_by_cookie(cookie: str, *, database: Database, clock: Clock) -> Viewer | None:
    """Who the browser session of this cookie value belongs to; None once it has ended."""
    row = await database.row(_BY_COOKIE, (hash_secret(cookie), clock.now_ms()))
    return _viewer(dict(row)) if row else None


def _viewer(row: dict[str, object]) -> Viewer:
    return Viewer(**{**row, "is_admin": bool(row["is_admin"])})  # type: ignore[arg-type]  # the table's own types


async def _get_link(token: str, *, now_ms: int, connection: BaseDBAsyncClient | None = None) -> SignUpLink:
    """The link that is still good. Raises Gone. An owner's link is good for nothing once there is an owner."""
    link = await SignUpLink.get_or_none(token_hash=hash_secret(token), using_db=connection)
    if link is None or link.expires_at_ms <= now_ms:
        raise Gone
    if link.makes_admin and await User.filter(is_admin=True).using_db(connection).exists():
        raise Gone
    return link


def _checked_key(email: str) -> str:
    key = email_key(email)
    if len(key) > _MAX_EMAIL:
        fault = Fault(place="body", pointer="/email", code="too_long", message="This address is too long")
        raise Invalid(fault.message, faults=(fault,))
    return key


def email_key(email: str) -> str:
    """The address as it is compared: two spellings of one address are one account (threat T23)."""
    return unicodedata.normalize("NFKC", email).casefold()


def clean_name(name: str) -> str:
    """A person's name without what cannot be seen. Raises Invalid where nothing is left."""
    visible = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C").strip()
    if not visible or len(visible) > _MAX_NAME:
        message = "A name has 1 to 100 characters that can be seen"
        raise Invalid(message, faults=(Fault(place="body", pointer="/name", code="wrong_form", message=message),))
    return visible


async def forget_expired(clock: Clock) -> None:
    """Delete sessions and links that are over. Used refresh tokens stay with their session: they betray a thief."""
    now_ms = clock.now_ms()
    await LoginSession.filter(expires_at_ms__lt=now_ms).delete()
    await RefreshToken.filter(expires_at_ms__lt=now_ms).delete()
    await SignUpLink.filter(expires_at_ms__lt=now_ms).delete()


def account_of(user: User) -> Account:
    """The account as it travels."""
    return Account(
        id=user.id,
        email=user.email,
        name=user.name,
        is_admin=user.is_admin,
        created_at=datetime.fromtimestamp(user.created_at_ms / 1000, UTC),
    )
