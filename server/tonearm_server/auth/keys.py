"""The server's keys: made once with a fresh data folder, outside the database, mode 0600.

The database knows their fingerprint, so that it is never used with those of another data folder.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import msgspec
from aiohttp import web

from tonearm_api.errors import TonearmError
from tonearm_server.auth.models import Installation
from tonearm_server.kit.db import Database, transaction

_KEY_BYTES = 32


class MissingKeys(TonearmError):
    """Raised where a database has no keys beside it; the program exits with 2."""

    code = "missing_keys"
    title = "The key file is missing"


class ForeignDatabase(TonearmError):
    """Raised where the database belongs to the keys of another data folder; the program exits with 2."""

    code = "foreign_database"
    title = "The database belongs to another data folder"


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of 32 bytes: for access tokens, refresh successors, stream tickets, and what the database holds sealed."""

    access: bytes
    refresh: bytes
    tickets: bytes
    sealing: bytes = b""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of them all, in hex. It gives nothing away: they are random and as long as it is."""
        return hashlib.sha256(self.access + self.refresh + self.tickets).hexdigest()


KEYS: web.AppKey[Keys] = web.AppKey("keys", Keys)


def load_keys(path: Path, *, is_fresh: bool) -> Keys:
    """The keys at `path`; with a fresh data folder they are made. Raises MissingKeys where they are gone.

    Never makes new ones for an old database: every session and every secret sealed with them would be lost
    without a word.
    """
    if path.exists():
        return _completed(path, read_keys(path))
    if not is_fresh:
        raise MissingKeys("The database is here but its key file keys.json is not: restore it from your backup")
    keys = Keys(**{name: secrets.token_bytes(_KEY_BYTES) for name in Keys.__struct_fields__})
    _write(path, msgspec.json.encode(keys))
    return keys


def read_keys(path: Path) -> Keys:
    """The keys in a file that exists. Raises MissingKeys where they cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Keys)
    except msgspec.DecodeError as error:
        raise MissingKeys("The key file is damaged: restore it from your backup") from error


def _completed(path: Path, keys: Keys) -> Keys:
    """A file from before there was anything to seal gets the key for it, in one step."""
    if keys.sealing:
        return keys
    keys = msgspec.structs.replace(keys, sealing=secrets.token_bytes(_KEY_BYTES))
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    _write(beside, msgspec.json.encode(keys))
    beside.rename(path)
    return keys


async def claim_database(keys: Keys) -> None:
    """Note in a database that nobody has claimed that it belongs to `keys`. Raises ForeignDatabase where it belongs to
    others: its sessions would end, and its tracks would be without their bytes, which lie beside those keys."""
    async with transaction(alone=True) as connection:
        row = await Installation.all().using_db(connection).first()
        if row is None:
            row = await Installation.create(using_db=connection, keys_fingerprint=keys.fingerprint)
    if row.keys_fingerprint != keys.fingerprint:
        raise ForeignDatabase(
            "The database was made with the keys of another data folder: "
            "name that folder with --data, or restore database and folder from the same backup"
        )


async def is_claimed_by(keys: Keys, *, database: Database) -> bool:
    """Whether the database belongs to `keys`, or to nobody yet."""
    row = await database.row("SELECT i.keys_fingerprint FROM installation i")
    return row is None or row["keys_fingerprint"] == keys.fingerprint


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
