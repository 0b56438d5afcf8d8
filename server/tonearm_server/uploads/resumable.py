"""Resumable uploads: what is acknowledged is durable, one sender at a time, and a day to go on. Knows no header.

The staged file's lock decides who may write; the row's offset, stored after each sync, what was acknowledged.
Nothing of the database is held while bytes come in.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from tonearm_api import uploads as wire
from tonearm_api.errors import (
    EmptyFile,
    Locked,
    NotFound,
    OutOfSpace,
    RefusedFile,
    TonearmError,
    TooLarge,
    TooManyUploads,
    WrongOffset,
    all_errors,
)
from tonearm_server.kit.clock import Clock
from tonearm_server.kit.db import execute, fetch, transaction
from tonearm_server.kit.deadlines import Sender
from tonearm_server.kit.ids import ID_LENGTH, new_id
from tonearm_server.library.models import Track
from tonearm_server.storage.base import Resumable, Storage
from tonearm_server.uploads.checksum import Checksum
from tonearm_server.uploads.holding import Holder
from tonearm_server.uploads.intake import Intake
from tonearm_server.uploads.models import Upload

log = logging.getLogger(__name__)

KEPT_MS: Final = 24 * 3600 * 1000
"""After the last byte an unfinished upload can be taken up for a day, and a finished one tells its track (issue 3)."""

MAX_OPEN: Final = 100
"""Unfinished uploads of one person: more than any client sends at once, few enough to fill no table."""

_SHARE = 0.5
"""Of the room that is left, for all unfinished uploads of one person but the first: promises cost nothing to ask for,
and without a limit a hundred of them keep everybody else out for a day."""

_SYNC_EVERY = 8 * 1024 * 1024
"""What a crash may cost a client that sends its whole file in one request: a second of a fast line."""

_MAX_FINISHED = 1000
"""Finished uploads of one person that can be asked after: more than anybody sends between two questions."""

_MAX_FILENAME = 500

_FORGET_FINISHED = """
    DELETE FROM upload WHERE id IN (
        SELECT f.id FROM (
            SELECT id, row_number() OVER (PARTITION BY owner_id ORDER BY expires_at_ms DESC, id) AS place
            FROM upload WHERE track_id IS NOT NULL OR reason IS NOT NULL
        ) f WHERE f.place > ?
    )
"""

_RESERVED = """
    SELECT
        coalesce(sum(length_bytes - offset_bytes), 0) AS reserved_bytes,
        coalesce(sum(CASE WHEN owner_id = ? THEN length_bytes - offset_bytes END), 0) AS own_bytes
    FROM upload WHERE track_id IS NULL AND reason IS NULL
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ResumableUploads:
    """Everything about them, wired once for each server. Other people's uploads are not there for anyone."""

    storage: Storage
    intake: Intake
    clock: Clock
    limit_bytes: int
    holders: dict[str, Holder] = field(default_factory=dict)
    """Who holds which upload's staged bytes, in this process."""

    async def create(self, *, owner_id: str, filename: str, length_bytes: int) -> Upload:
        """Raises EmptyFile, TooLarge, TooManyUploads, or OutOfSpace where all that is promised does not fit."""
        if length_bytes == 0:
            raise EmptyFile
        if length_bytes > self.limit_bytes:
            raise TooLarge
        async with transaction(alone=True) as connection:
            mine = Upload.filter(owner_id=owner_id, track_id=None, reason=None).using_db(connection)
            if await mine.count() >= MAX_OPEN:
                raise TooManyUploads
            (promised,) = await fetch(connection, _RESERVED, (owner_id,))
            room_bytes, own_bytes = self.storage.free_bytes(), int(promised["own_bytes"])
            if int(promised["reserved_bytes"]) + length_bytes > room_bytes:
                raise OutOfSpace
            if own_bytes and own_bytes + length_bytes > room_bytes * _SHARE:
                raise TooManyUploads
            return await Upload.create(
                using_db=connection,
                id=new_id(),
                owner_id=owner_id,
                filename=filename.replace("\0", "")[:_MAX_FILENAME],
                length_bytes=length_bytes,
                offset_bytes=0,
                expires_at_ms=self.clock.now_ms() + KEPT_MS,
            )

    async def get(self, upload_id: str, *, owner_id: str) -> Upload:
        """The upload, finished first where a crash kept it from that. Raises NotFound."""
        upload = await self._get(upload_id, owner_id=owner_id)
        if is_open(upload) and upload.offset_bytes == upload.length_bytes:
            with contextlib.suppress(Locked, RefusedFile):
                async with self._held(upload_id, owner_id=owner_id) as (upload, staged):
                    await self._finish(upload, staged)
        return upload

    async def append(
        self,
        upload_id: str,
        *,
        owner_id: str,
        offset_bytes: int,
        announced_bytes: int | None,
        pieces: AsyncIterator[bytes],
        sender: Sender | None,
        checksum: Checksum | None,
    ) -> Upload:
        """Take `pieces` in at `offset_bytes`, and with the last one make the track.

        Raises NotFound, Locked, WrongOffset, TooLarge, WrongChecksum, OutOfSpace, or the RefusedFile that ends the
        upload. Where the sender goes away midway, what came is kept unless it had a checksum.
        """
        async with self._held(upload_id, owner_id=owner_id, sender=sender) as (upload, staged):
            if offset_bytes != upload.offset_bytes:
                raise WrongOffset(headers={wire.UPLOAD_OFFSET: str(upload.offset_bytes)})
            if upload.reason is not None:
                raise refusal_of(upload.reason)
            _refuse_excess(upload, from_bytes=offset_bytes, more_bytes=announced_bytes or 0)
            if staged is None:
                await _refuse_all(upload, pieces)
            else:
                await self._receive(upload, staged, pieces, checksum=checksum)
            await self._finish(upload, staged)
            return upload

    async def end(self, upload_id: str, *, owner_id: str) -> None:
        """Forget an upload and its bytes. Raises NotFound, Locked."""
        async with self._held(upload_id, owner_id=owner_id) as (upload, staged):
            await upload.delete()
            if staged is not None:
                await staged.discard()

    async def tell(self, upload: Upload) -> wire.Upload:
        """The upload on the wire. Raises NotFound once its track is gone."""
        state, reason = wire.UploadState.RECEIVING, upload.reason
        if reason is not None:
            state = wire.UploadState.REJECTED
        if upload.track_id is not None:
            track = await Track.get_or_none(id=upload.track_id)
            if track is None:
                raise NotFound
            state, reason = wire.UploadState(track.state), track.reason
        return wire.Upload(state=state, offset=upload.offset_bytes, track_id=upload.track_id, reason=reason)

    async def keep_house(self) -> None:
        """Finish what a crash kept from it, forget what is over, delete staged files that no upload names."""
        for upload in await Upload.filter(track_id=None, reason=None):
            if upload.offset_bytes == upload.length_bytes:
                with _apart(upload.id):
                    await self.get(upload.id, owner_id=upload.owner_id)
        for upload in await Upload.filter(expires_at_ms__lt=self.clock.now_ms()):
            with _apart(upload.id):
                await self._forget(upload.id)
        async with transaction() as connection:
            await execute(connection, _FORGET_FINISHED, [_MAX_FINISHED])
        await self._collect_strays()

    async def _get(self, upload_id: str, *, owner_id: str) -> Upload:
        if len(upload_id) > ID_LENGTH:  # Tortoise would complain of a value that the column has no room for
            raise NotFound
        upload = await Upload.get_or_none(id=upload_id, owner_id=owner_id, expires_at_ms__gt=self.clock.now_ms())
        if upload is None:
            raise NotFound
        return upload

    @contextlib.asynccontextmanager
    async def _held(
        self, upload_id: str, *, owner_id: str, sender: Sender | None = None
    ) -> AsyncIterator[tuple[Upload, Resumable | None]]:
        """The upload while nobody else writes to it, and its staged bytes; without those once it is over.

        The row is read again under the lock: before it, another request may have moved the offset on.
        """
        if not is_open(upload := await self._get(upload_id, owner_id=owner_id)):
            yield upload, None
            return
        staged = await self._resume(upload_id)
        holder = None
        if sender is not None:
            holder = self.holders[upload_id] = Holder(sender)
        try:
            upload = await self._find_again(upload_id, staged, owner_id=owner_id)
            yield upload, staged if is_open(upload) else None
        finally:
            await staged.close()
            if holder is not None:
                del self.holders[upload_id]
                holder.is_gone.set()

    async def _resume(self, upload_id: str) -> Resumable:
        """The staged bytes. A sender who has been silent for a while loses them: its line may be cut without our
        knowing, and it is most likely the same client that comes again. What it sent is synced first. Raises Locked.
        """
        try:
            return await self.storage.resume(upload_id)
        except Locked:
            holder = self.holders.get(upload_id)
            if holder is None or not holder.is_silent():
                raise
            log.info("upload %s is taken over from a sender that fell silent", upload_id)
            await holder.give_up()
        return await self.storage.resume(upload_id)

    async def _find_again(self, upload_id: str, staged: Resumable, *, owner_id: str) -> Upload:
        try:
            upload = await self._get(upload_id, owner_id=owner_id)
        except NotFound:
            await staged.discard()
            raise
        if not is_open(upload):
            await staged.discard()
            return upload
        try:
            await staged.cut(upload.offset_bytes)
        except NotFound:
            log.warning("the bytes of upload %s are gone from storage", upload_id)
            await upload.delete()
            await staged.discard()
            raise
        return upload

    async def _receive(
        self, upload: Upload, staged: Resumable, pieces: AsyncIterator[bytes], *, checksum: Checksum | None
    ) -> None:
        try:
            async for piece in pieces:
                _refuse_excess(upload, from_bytes=staged.size_bytes, more_bytes=len(piece))
                await staged.append(piece)
                if checksum is not None:
                    await checksum.update(piece)
                elif staged.size_bytes - upload.offset_bytes >= _SYNC_EVERY:
                    await self._acknowledge(upload, staged)
        except BaseException:
            if checksum is None:
                await self._acknowledge(upload, staged)
            raise
        if checksum is not None:
            checksum.check()
        await self._acknowledge(upload, staged)

    async def _acknowledge(self, upload: Upload, staged: Resumable) -> None:
        """Sync, then store the offset. A sync that failed is not tried again: the bytes are forgotten."""
        if staged.size_bytes == upload.offset_bytes:
            return
        try:
            await staged.sync()
        except BaseException:
            await staged.cut(upload.offset_bytes)
            raise
        upload.offset_bytes = staged.size_bytes
        upload.expires_at_ms = self.clock.now_ms() + KEPT_MS
        await upload.save(update_fields=["offset_bytes", "expires_at_ms"])

    async def _finish(self, upload: Upload, staged: Resumable | None) -> None:
        """Make the track of an upload that is whole; the same one again where a crash came before it was noted."""
        if staged is None or upload.offset_bytes < upload.length_bytes:
            return
        try:
            track, upload.is_new = await self.intake.take(staged, filename=upload.filename, owner_id=upload.owner_id)
            upload.track_id = track.id
        except RefusedFile as refusal:
            upload.reason = refusal.code
            raise
        finally:
            if not is_open(upload):
                upload.expires_at_ms = self.clock.now_ms() + KEPT_MS
                await upload.save(update_fields=["track_id", "is_new", "reason", "expires_at_ms"])
                await staged.discard()

    async def _forget(self, name: str) -> None:
        staged = await self.storage.resume(name)
        try:
            await Upload.filter(id=name, expires_at_ms__lt=self.clock.now_ms()).delete()
            if not await Upload.exists(id=name):
                await staged.discard()
                log.info("upload %s is forgotten", name)
        finally:
            await staged.close()

    async def _collect_strays(self) -> None:
        """Files are listed before rows are read: an upload's row is there before its file."""
        before_s = (self.clock.now_ms() - KEPT_MS) / 1000
        old = [file.key for file in await self.storage.list_resumable() if file.stored_at_s < before_s]
        named = {upload.id for upload in await Upload.filter(track_id=None, reason=None).only("id")}
        for name in set(old) - named:
            with _apart(name):
                staged = await self.storage.resume(name)
                await staged.discard()


RESUMABLE: web.AppKey[ResumableUploads] = web.AppKey("resumable", ResumableUploads)


def is_open(upload: Upload) -> bool:
    """Whether nothing has become of it yet."""
    return upload.track_id is None and upload.reason is None


@contextlib.contextmanager
def _apart(name: str) -> Iterator[None]:
    """What is wrong with one upload keeps no other from being put in order."""
    try:
        yield
    except (Locked, NotFound):
        pass  # it is under way; or expired, ended, or its bytes are gone, which is logged
    except (TonearmError, OSError) as error:
        log.warning("upload %s cannot be put in order: %s", name, error)


def _refuse_excess(upload: Upload, *, from_bytes: int, more_bytes: int) -> None:
    if from_bytes + more_bytes > upload.length_bytes:
        raise TooLarge("That is more than the upload's length")


async def _refuse_all(upload: Upload, pieces: AsyncIterator[bytes]) -> None:
    """An upload that is whole takes no more. Raises TooLarge at the first byte."""
    async for piece in pieces:
        _refuse_excess(upload, from_bytes=upload.offset_bytes, more_bytes=len(piece))


def refusal_of(reason: str) -> TonearmError:
    """The error that a refused upload ended with."""
    return next((kind for kind in all_errors() if kind.code == reason), RefusedFile)()
