"""Which stored bytes may this person hear. Never sees a request."""

from __future__ import annotations

from dataclasses import dataclass

from tonearm_api.library import AudioFormat
from tonearm_server.kit.db import Database
from tonearm_server.library.service import get_openable
from tonearm_server.storage.base import audio_key


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredAudio:
    """Where a track's bytes are and what they are; `etag` is strong, from the hash."""

    key: str
    size_bytes: int
    media_type: str
    etag: str


async def get_audio(track_id: str, *, viewer_id: str | None, database: Database) -> StoredAudio:
    """The audio of a track that is ready. Raises NotFound, or Unauthenticated for a stranger. One keyed read."""
    row = await get_openable(
        "t.sha256, t.size_bytes, t.format", track_id, viewer_id=viewer_id, database=database, must_be_ready=True
    )
    return StoredAudio(
        key=audio_key(row["sha256"]),
        size_bytes=row["size_bytes"],
        media_type=AudioFormat(row["format"]).media_type,
        etag=f'"{row["sha256"]}"',
    )
