"""Accounts: how an address is compared, what a name may be, how an account is made and found."""

from __future__ import annotations

import unicodedata

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError

from tonearm_api.errors import Conflict, Fault, Invalid
from tonearm_server.auth.models import User
from tonearm_server.auth.passwords import Passwords
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.ids import new_id

_MAX_EMAIL, _MAX_NAME = 254, 100
"""The columns' widths; normalisation may lengthen what the contract let through."""


def email_key(email: str) -> str:
    """The address as it is compared: two spellings of one address are one account (threat T23)."""
    return unicodedata.normalize("NFKC", email).casefold()


def checked_email_key(email: str) -> str:
    """Raises Invalid where the address is too long to be kept."""
    key = email_key(email)
    if len(key) > _MAX_EMAIL:
        fault = Fault(place="body", pointer="/email", code="too_long", message="This address is too long")
        raise Invalid(fault.message, faults=(fault,))
    return key


def clean_name(name: str) -> str:
    """A person's name without what cannot be seen. Raises Invalid where nothing is left."""
    visible = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C").strip()
    if not visible or len(visible) > _MAX_NAME:
        message = "A name has 1 to 100 characters that can be seen"
        raise Invalid(message, faults=(Fault(place="body", pointer="/name", code="wrong_form", message=message),))
    return visible


async def find_user(email: str) -> User | None:
    """The account with that address."""
    return await User.get_or_none(email_key=email_key(email))


async def create_user(
    *,
    email: str,
    name: str,
    password_hash: str,
    is_admin: bool,
    clock: Clock,
    connection: BaseDBAsyncClient | None = None,
) -> User:
    """Raises Conflict where the address has an account, and Invalid for what cannot be an address or a name."""
    try:
        return await User.create(
            using_db=connection,
            id=new_id(),
            email=email,
            email_key=checked_email_key(email),
            name=clean_name(name),
            password_hash=password_hash,
            is_admin=is_admin,
            created_at_ms=clock.now_ms(),
        )
    except IntegrityError as error:
        raise Conflict("There is an account with this e-mail address") from error


async def add_user(*, email: str, name: str, password: str, is_admin: bool, passwords: Passwords, clock: Clock) -> User:
    """An account made by the operator, who needs no link. Raises WeakPassword or Conflict."""
    checked_email_key(email)
    await passwords.refuse_weak(password, about=(name, email))
    password_hash = await passwords.hash(password)
    return await create_user(email=email, name=name, password_hash=password_hash, is_admin=is_admin, clock=clock)
