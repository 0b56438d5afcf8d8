"""One-off work on a data folder: by the server that runs on it, or here where none does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import msgspec

from tonearm_api.account import Account
from tonearm_api.errors import Conflict, Unavailable
from tonearm_server.app import open_storage
from tonearm_server.auth.keys import claim_database, load_keys
from tonearm_server.auth.passwords import Passwords
from tonearm_server.config import Config
from tonearm_server.control import CountMail, NewUser, add_user, ask_running_server
from tonearm_server.doctor.examination import examine_folder
from tonearm_server.doctor.findings import Examine, Finding
from tonearm_server.kit.clock import SystemClock
from tonearm_server.kit.datafolder import DataFolder, used_folder
from tonearm_server.kit.db import Database, is_unused, open_database
from tonearm_server.kit.ids import new_secret
from tonearm_server.models import MODELS
from tonearm_server.synth.catalogue import Catalogue
from tonearm_server.synth.filling import Filled, fill

_EXAMINE_S = 24 * 3600
"""Reading a terabyte of audio from a slow disk takes most of a day."""


def make_account(config: Config, wanted: NewUser) -> Account:
    """Make an account. Raises WeakPassword, Conflict, or Unavailable where the folder's owner does not answer."""
    folder = DataFolder(config.data)
    with _owned(folder) as is_ours:
        if not is_ours:
            return msgspec.json.decode(ask_running_server(folder.control_socket, "/users", wanted), type=Account)
        return asyncio.run(_make_account(config, folder, wanted))


def examine(config: Config, wanted: Examine) -> list[Finding]:
    """What the doctor finds. Raises NotFound where no server has used the folder, or Unavailable where its owner
    does not answer."""
    folder = used_folder(config.data)
    with _owned(folder) as is_ours:
        if not is_ours:
            answer = ask_running_server(folder.control_socket, "/examination", wanted, timeout_s=_EXAMINE_S)
            return msgspec.json.decode(answer, type=list[Finding])
        return asyncio.run(_examine(config, folder, wanted))


def count_waiting_letters(config: Config) -> int | None:
    """Letters that the running server has not delivered yet; None where none answers."""
    try:
        answer = ask_running_server(used_folder(config.data).control_socket, "/mail", CountMail())
    except Unavailable:
        return None
    return msgspec.json.decode(answer, type=int)


def synthesise(config: Config, *, tracks: int, seed: int) -> Filled:
    """Fill the folder with a made-up library. Raises Conflict while a server runs on it, or has this seed's."""
    folder = DataFolder(config.data)
    with _owned(folder) as is_ours:
        if not is_ours:
            raise Conflict("A server is running on this data folder: stop it first, then run this again")
        return asyncio.run(_synthesise(config, folder, Catalogue(tracks, seed)))


@contextmanager
def _owned(folder: DataFolder) -> Iterator[bool]:
    """Whether the folder is ours for as long as the block lasts; it is not where a server has it."""
    try:
        folder.acquire()
    except Conflict:
        yield False
        return
    try:
        yield True
    finally:
        folder.release()


@asynccontextmanager
async def _writing(config: Config, folder: DataFolder) -> AsyncIterator[None]:
    """The database open, as a server would open it: with its keys, which are made with a fresh folder."""
    keys = load_keys(folder.keys, is_fresh=await is_unused(folder.database, url=config.postgres_url))
    database = await _open(config, folder)
    try:
        await claim_database(keys)
        yield
    finally:
        await database.close()


async def _open(config: Config, folder: DataFolder) -> Database:
    return await open_database(folder.database, models=MODELS, url=config.postgres_url)


async def _make_account(config: Config, folder: DataFolder, wanted: NewUser) -> Account:
    passwords = Passwords()
    try:
        async with _writing(config, folder):
            return await add_user(wanted, passwords=passwords, clock=SystemClock())
    finally:
        passwords.close()


async def _examine(config: Config, folder: DataFolder, wanted: Examine) -> list[Finding]:
    database = await _open(config, folder)
    try:
        storage = open_storage(config, folder)
        return await examine_folder(config, folder, database, storage=storage, deep=wanted.deep)
    finally:
        await database.close()


async def _synthesise(config: Config, folder: DataFolder, catalogue: Catalogue) -> Filled:
    """The accounts get one password, which nobody has ever seen."""
    passwords = Passwords()
    try:
        async with _writing(config, folder):
            open_storage(config, folder)
            password_hash = await passwords.hash(new_secret())
            return await fill(catalogue, blobs_folder=folder.blobs, ffmpeg=config.ffmpeg, password_hash=password_hash)
    finally:
        passwords.close()
