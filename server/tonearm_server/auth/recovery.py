"""Recovery codes: ten on paper, each good for one sign-in when the authenticator is gone."""

from __future__ import annotations

import base64
import secrets

from tortoise.backends.base.client import BaseDBAsyncClient

from tonearm_server.auth.models import RecoveryCode
from tonearm_server.auth.passwords import Passwords

_COUNT = 10
_CODE_BYTES = 10
"""80 bits: hashed like a password, since less than 112 bits can be searched (ASVS 5.0 6.5.2)."""

_GROUP = 4
_LENGTH = _CODE_BYTES * 8 // 5
"""Base32: five bits a character."""


async def draw(passwords: Passwords) -> tuple[list[str], list[str]]:
    """Ten new codes as they are shown, and their hashes for `replace`."""
    codes = [base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower() for _ in range(_COUNT)]
    return [_shown(code) for code in codes], [code[:2] + await passwords.hash(code) for code in codes]


async def replace(user_id: str, hashes: list[str], *, connection: BaseDBAsyncClient) -> None:
    """The codes of these hashes instead of those before."""
    await remove(user_id, connection=connection)
    for each in hashes:
        await RecoveryCode.create(using_db=connection, user_id=user_id, opening=each[:2], code_hash=each[2:])


async def remove(user_id: str, *, connection: BaseDBAsyncClient) -> None:
    await RecoveryCode.filter(user_id=user_id).using_db(connection).delete()


async def count_left(user_id: str) -> int:
    return await RecoveryCode.filter(user_id=user_id).count()


async def accept(user_id: str, code: str, *, passwords: Passwords) -> bool:
    """Whether `code` is one of theirs; it is void from then on, and of two uses at once one is accepted."""
    if len(code) != _LENGTH:
        return False
    for candidate in await RecoveryCode.filter(user_id=user_id, opening=code[:2]):
        if await passwords.verify(code, candidate.code_hash):
            return bool(await RecoveryCode.filter(row_id=candidate.row_id).delete())
    return False


def _shown(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))
