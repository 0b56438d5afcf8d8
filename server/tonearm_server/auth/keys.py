"""The server's keys: made once with a fresh data folder, outside the database, mode 0600."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec
from aiohttp import web

from tonearm_api.errors import TonearmError

_KEY_BYTES = 32


class MissingKeys(TonearmError):
    """Raised where a database has no keys beside it; the program exits with 2."""

    code = "missing_keys"
    title = "The key file is missing"


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Three independent keys of 32 bytes: access tokens, refresh successors, stream tickets."""

    access: bytes
    refresh: bytes
    tickets: bytes


KEYS: web.AppKey[Keys] = web.AppKey("keys", Keys)


def load_keys(path: Path, *, is_fresh: bool) -> Keys:
    """The keys at `path`; with a fresh data folder they are made. Raises MissingKeys where they are gone.

    Never makes new ones for an old database: every session and every secret sealed with them would be lost
    without a word.
    """
    if path.exists():
        try:
            return msgspec.json.decode(path.read_bytes(), type=Keys)
        except msgspec.DecodeError as error:
            raise MissingKeys("The key file is damaged: restore it from your backup") from error
    if not is_fresh:
        raise MissingKeys("The database is here but its key file keys.json is not: restore it from your backup")
    keys = Keys(**{name: secrets.token_bytes(_KEY_BYTES) for name in Keys.__struct_fields__})
    _write(path, msgspec.json.encode(keys))
    return keys


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
