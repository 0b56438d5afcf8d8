"""One file to one track over a resumable upload: goes on where an earlier run or a lost connection left off."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from tonearm_api.client import Client, Uploaded
from tonearm_api.errors import (
    Conflict,
    Locked,
    NotFound,
    RateLimited,
    RefusedFile,
    TonearmError,
    TooSlow,
    Unavailable,
    WrongChecksum,
    WrongOffset,
)
from tonearm_api.library import Track
from tonearm_api.resumable import CHUNK_BYTES, Reached, create_upload, end_upload, get_upload, send_chunk
from tonearm_api.sending.journal import FileFacts, Journal, facts_of
from tonearm_api.text import safe_text

_FIRST_S: Final = 7.0
"""For a server that has not answered yet: 1 + 2 + 4 seconds."""

PATIENCE_S: Final = 60.0
"""For one that has: it restarts, or the line is down for a moment."""

_LONGEST_PAUSE_S: Final = 60.0
"""However long a busy server asks to wait."""

_LEAST_TRIES: Final = 4
_LONGEST_OWN_PAUSE_S: Final = 4.0

_BEGINNINGS: Final = 3
"""How often one file may be begun: an upload that expires while we go on is rare, one that always does is a fault."""

PASSING = (Unavailable, RateLimited, Locked, WrongOffset, WrongChecksum, TooSlow)
"""What another try after a pause may mend; Unreachable is among the Unavailable."""


class Watcher(Protocol):
    """Who is told how a file gets on; every call is quick."""

    def sent(self, path: Path, *, sent_bytes: int) -> None: ...
    def resumed(self, path: Path, *, at_bytes: int) -> None: ...
    def interrupted(self, path: Path, error: TonearmError) -> None: ...


class FileChanged(Conflict):
    """The file is not what it was when its upload began."""

    code = "file_changed"
    title = "The file changed while it was sent: upload it again"


class Patience:
    """How long to go on trying without progress."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self.renew()

    def renew(self, patience_s: float | None = None) -> None:
        """Something went well: begin anew."""
        self._patience_s = patience_s or self._patience_s
        self._tried = 0
        self._until = time.monotonic() + self._patience_s

    @property
    def is_untried(self) -> bool:
        return self._tried == 0

    async def wait(self, error: TonearmError) -> None:
        """Pause as the server asked, else 1, 2, 4, 4 … seconds. Raises `error` when there is no patience left."""
        self._tried += 1
        if self._tried >= _LEAST_TRIES and time.monotonic() >= self._until:
            raise error
        asked = error.headers.get("Retry-After", "")
        own_s = min(2.0 ** (self._tried - 1), _LONGEST_OWN_PAUSE_S)
        wanted_s = float(asked) if asked.isascii() and asked.isdigit() else own_s
        await asyncio.sleep(min(wanted_s, _LONGEST_PAUSE_S))


class Sender:
    """Sends files over one client and remembers in one journal; safe for several files at a time."""

    def __init__(self, client: Client, journal: Journal, watcher: Watcher) -> None:
        self._client = client
        self._journal = journal
        self._watcher = watcher
        self._was_reached = False

    async def send(self, path: Path) -> Uploaded:
        """The file's track. Raises OSError, the server's refusal, or Unreachable when patience ends."""
        with path.open("rb") as file:
            facts = facts_of(path, os.fstat(file.fileno()))
            sending = _Sending(path, file, facts, patience=Patience(self._patience_s()))
            while True:
                try:
                    return await self._attempt(sending)
                except PASSING as error:
                    if sending.patience.is_untried:
                        self._watcher.interrupted(path, error)
                    await sending.patience.wait(error)

    async def _attempt(self, sending: _Sending) -> Uploaded:
        """Everything that is left to do, in one go."""
        try:
            reached = await self._send_rest(sending, await self._find_or_begin(sending))
            track = await self._get_track(reached)
        except NotFound:
            self._journal.forget(sending.facts)
            if sending.begun >= _BEGINNINGS:
                raise
            return await self._attempt(sending)
        except RefusedFile:
            self._journal.forget(sending.facts)
            raise
        self._journal.forget(sending.facts)
        return Uploaded(track=track, is_new=reached.is_new)

    async def _find_or_begin(self, sending: _Sending) -> str:
        facts, noted = sending.facts, self._journal.find(sending.facts)
        if noted is not None and noted.is_same_file:
            await self._find_offset(sending, noted.upload_id)
            return noted.upload_id
        if noted is not None:
            self._journal.forget(facts)
            with contextlib.suppress(TonearmError):  # it expires in any case
                await end_upload(self._client, noted.upload_id)
        name = safe_text(os.fsencode(sending.path.name).decode(errors="replace"))
        upload_id = await create_upload(self._client, size_bytes=facts.size_bytes, filename=name)
        self._journal.note(facts, upload_id=upload_id)
        sending.begun += 1
        sending.offset_bytes = 0
        self._progressed(sending)
        return upload_id

    async def _find_offset(self, sending: _Sending, upload_id: str) -> None:
        """Ask how far it is. What somebody else sent meanwhile is progress, too."""
        upload = await get_upload(self._client, upload_id)
        self._was_reached = True
        if sending.begun == 0:
            sending.begun = 1
            self._tell_resumed(sending.path, at_bytes=upload.offset)
        if upload.offset > sending.offset_bytes:
            self._progressed(sending)
        sending.offset_bytes = upload.offset
        self._watcher.sent(sending.path, sent_bytes=upload.offset)

    def _tell_resumed(self, path: Path, *, at_bytes: int) -> None:
        if at_bytes:
            self._watcher.resumed(path, at_bytes=at_bytes)

    async def _send_rest(self, sending: _Sending, upload_id: str) -> Reached:
        """Chunk by chunk; an empty one where only the answer to the last was missing."""
        while True:
            chunk, sha256 = await asyncio.to_thread(sending.read_chunk)
            if sending.has_changed():
                self._journal.forget(sending.facts)
                with contextlib.suppress(TonearmError):
                    await end_upload(self._client, upload_id)
                raise FileChanged
            reached = await send_chunk(
                self._client,
                upload_id,
                chunk,
                offset_bytes=sending.offset_bytes,
                sha256=sha256,
                on_progress=lambda n: self._watcher.sent(sending.path, sent_bytes=n),
            )
            sending.offset_bytes = reached.offset_bytes
            self._progressed(sending)
            if sending.offset_bytes >= sending.facts.size_bytes:
                return reached

    async def _get_track(self, reached: Reached) -> Track:
        if reached.track_id is None:
            raise NotFound
        return await self._client.get_track(reached.track_id)

    def _progressed(self, sending: _Sending) -> None:
        self._was_reached = True
        sending.patience.renew(PATIENCE_S)

    def _patience_s(self) -> float:
        return PATIENCE_S if self._was_reached else _FIRST_S


class _Sending:
    """A file under way."""

    def __init__(self, path: Path, file: BinaryIO, facts: FileFacts, *, patience: Patience) -> None:
        self.path = path
        self.facts = facts
        self.patience = patience
        self.offset_bytes = 0
        self.begun = 0
        self._file = file

    def read_chunk(self) -> tuple[bytes, bytes]:
        """The next bytes and their SHA-256. Reads disk."""
        chunk = os.pread(self._file.fileno(), CHUNK_BYTES, self.offset_bytes)
        return chunk, hashlib.sha256(chunk).digest()

    def has_changed(self) -> bool:
        return facts_of(self.path, os.fstat(self._file.fileno())) != self.facts
