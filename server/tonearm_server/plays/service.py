"""Record plays: each once, counted when enough was heard. Never sees a request."""

from __future__ import annotations

from tonearm_api.plays import NewPlay
from tonearm_server.kit.db import Database, execute, transaction
from tonearm_server.library.service import get_openable, hold_track

_ENOUGH_MS = 4 * 60 * 1000
"""Half a track or four minutes count: the rule that scrobbling services share."""

_ADD = """
    INSERT INTO play (user_id, track_id, play_id, started_at_ms, listened_ms, counted) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING
"""


async def report_play(wanted: NewPlay, *, viewer_id: str, database: Database) -> None:
    """Record a play. A `play_id` that this person has sent before changes nothing. Raises NotFound."""
    columns = "t.row_id, t.duration_ms"
    track = await get_openable(columns, wanted.id, viewer_id=viewer_id, database=database, must_be_ready=True)
    counted = is_enough(wanted.listened_ms, duration_ms=track["duration_ms"])
    started_at_ms = int(wanted.started_at.timestamp() * 1000)
    values = [viewer_id, track["row_id"], wanted.play_id, started_at_ms, wanted.listened_ms, counted]
    async with transaction() as connection:
        await hold_track(track["row_id"], connection=connection)
        if await execute(connection, _ADD, values) and counted:
            await execute(connection, "UPDATE track SET plays = plays + 1 WHERE row_id = ?", [track["row_id"]])


def is_enough(listened_ms: int, *, duration_ms: int | None) -> bool:
    """Whether that much listening makes a play count."""
    half_ms = duration_ms / 2 if duration_ms else _ENOUGH_MS
    return listened_ms >= min(half_ms, _ENOUGH_MS)
