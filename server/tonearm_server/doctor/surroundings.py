"""What the server stands on: its database file, its keys, its disk, its sandbox and the program that decodes."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import AsyncIterator
from pathlib import Path

from tonearm_api.errors import Unavailable
from tonearm_server.audio.decoder import find_ffmpeg
from tonearm_server.audio.sandbox import Sandbox
from tonearm_server.auth.keys import MissingKeys, is_claimed_by, read_keys
from tonearm_server.doctor.findings import Finding, counted
from tonearm_server.kit.datafolder import DataFolder
from tonearm_server.kit.db import Database
from tonearm_server.kit.sqlite import SAFE_VERSION

_GIB = 1024**3


async def examine_surroundings(
    *, database: Database, folder: DataFolder, sandbox: Sandbox, ffmpeg: Path | None, min_free_bytes: int
) -> AsyncIterator[Finding]:
    damage = await database.find_damage()
    hint = "stop the server and restore the database from your backup"
    yield counted("database", damage, well="sound", ill="things are damaged", hint=hint)
    yield await _postgres(database) if database.dialect == "postgres" else _sqlite()
    yield _privacy(folder.keys) or await _belonging(folder.keys, database)
    yield _disk(folder.root, min_free_bytes)
    yield await _sandbox(sandbox)
    yield _ffmpeg(ffmpeg)


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= SAFE_VERSION:
        return Finding(name="sqlite", state="ok", message=version)
    return Finding(
        name="sqlite",
        state="warning",
        message=f"{version} can corrupt a database that two processes write",
        hint="Tonearm lets one process write; keep other programs away from the file, or use 3.51.3 or newer",
    )


async def _postgres(database: Database) -> Finding:
    row = await database.row("SELECT current_setting('server_version') AS version")
    return Finding(name="postgresql", state="ok", message=row["version"] if row else "unknown")


def _privacy(path: Path) -> Finding | None:
    """What is wrong with the key file as a file."""
    if not path.exists():
        return Finding(name="keys", state="failed", message="missing", hint="restore keys.json from your backup")
    others = path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    if others:
        return Finding(name="keys", state="failed", message="others may read them", hint="chmod 600 keys.json")
    return None


async def _belonging(path: Path, database: Database) -> Finding:
    try:
        is_ours = await is_claimed_by(read_keys(path), database=database)
    except MissingKeys:
        return Finding(name="keys", state="failed", message="damaged", hint="restore keys.json from your backup")
    if not is_ours:
        hint = "name its folder with --data, or restore database and folder from the same backup"
        return Finding(name="keys", state="failed", message="the database belongs to other keys", hint=hint)
    return Finding(name="keys", state="ok", message="private")


def _disk(root: Path, min_free_bytes: int) -> Finding:
    free = shutil.disk_usage(root).free
    message = f"{free / _GIB:.1f} GiB free"
    if free > min_free_bytes:
        return Finding(name="disk", state="ok", message=message)
    hint = "uploads are refused until there is more, or TONEARM_MIN_FREE_BYTES is lower"
    return Finding(name="disk", state="warning", message=message, hint=hint)


async def _sandbox(sandbox: Sandbox) -> Finding:
    try:
        missing = await sandbox.missing_layers()
    except Unavailable:
        hint = "no upload can be read; the log says why"
        return Finding(name="sandbox", state="failed", message="does not start", hint=hint)
    hint = "use a Linux kernel, 5.13 or newer, that has them built in"
    return counted("sandbox", missing, well="whole", ill="layers are missing", hint=hint, state="warning")


def _ffmpeg(given: Path | None) -> Finding:
    try:
        return Finding(name="ffmpeg", state="ok", message=str(find_ffmpeg(given)))
    except RuntimeError:
        hint = "install the server extra again, or name a program with TONEARM_FFMPEG"
        return Finding(name="ffmpeg", state="failed", message="missing", hint=hint)
