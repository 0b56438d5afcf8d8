"""Letters as `.eml` files, for servers that send no mail: written, listed and read. Knows no database."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import msgspec

from tonearm_api.errors import NotFound
from tonearm_api.text import safe_text
from tonearm_server.kit.clock import Clock

_ENDING = ".eml"
_KEPT_MS = 30 * 24 * 3600 * 1000


class StoredLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list: what an operator looks for."""

    id: str
    written_at: datetime
    to: str
    subject: str


class FileCarrier:
    """Puts each letter into a file of its own, which only this user can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def carry(self, message: EmailMessage, *, mail_id: str, written_at_ms: int) -> None:
        """The same letter a second time replaces its file, so that here each is delivered exactly once."""
        path = self._folder / f"{_stamp(written_at_ms)}-{mail_id}{_ENDING}"
        await asyncio.to_thread(_write, path, message.as_bytes())


def forget_old_files(folder: Path, *, clock: Clock) -> None:
    """Delete letters of a month ago: their links have expired long since, the addresses in them have not."""
    before = _stamp(clock.now_ms() - _KEPT_MS)
    for path in folder.glob(f"*{_ENDING}"):
        if path.name < before:
            path.unlink(missing_ok=True)


def list_letters(folder: Path) -> list[StoredLetter]:
    """Newest first."""
    return [_stored(path) for path in sorted(folder.glob(f"*{_ENDING}"), reverse=True)]


def read_letter(folder: Path, mail_id: str) -> str:
    """The letter as text, headers first. Raises NotFound."""
    for path in folder.glob(f"*{_ENDING}"):
        if _id_of(path) == mail_id:
            message = _parse(path)
            headers = [f"{name}: {message[name]}" for name in ("From", "To", "Subject", "Date")]
            body = message.get_body(("plain",))
            lines = body.get_content().splitlines() if body is not None else []
            return "\n".join(map(safe_text, [*headers, "", *lines]))
    raise NotFound("There is no such letter: `tonearm server mail` lists them")


def _stamp(at_ms: int) -> str:
    """Begins a file's name, so that names in order are letters in order."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y%m%dT%H%M%S}{at_ms % 1000:03}Z"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _stored(path: Path) -> StoredLetter:
    message = _parse(path)
    return StoredLetter(
        id=_id_of(path),
        written_at=message["Date"].datetime.astimezone(UTC),
        to=safe_text(str(message["To"])),
        subject=safe_text(str(message["Subject"])),
    )


def _id_of(path: Path) -> str:
    return path.stem.rpartition("-")[2]


def _parse(path: Path) -> EmailMessage:
    with path.open("rb") as file:
        return BytesParser(EmailMessage, policy=policy.default).parse(file)
