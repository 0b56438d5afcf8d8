"""How long a track was really heard, and when that makes it a play. Pure.

Listened time is the sum of small forward steps of the position: seeking and pausing add nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

PLAY_AFTER_MS = 4 * 60_000
"""Long tracks count after four minutes, others after half (the rule of `tonearm_api.plays`)."""

_LONGEST_STEP_MS = 2_500
"""Positions arrive at least once a second; a larger step is a seek, not listening."""


@dataclass(kw_only=True, slots=True)
class Listening:
    """One start of one track. `is_due` turns true once and stays so until `reported` is set."""

    track_id: str
    duration_ms: int | None
    play_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    listened_ms: int = 0
    reported: bool = False
    _last_ms: int | None = None

    def hear(self, position_ms: int) -> None:
        """The position while sound comes out."""
        step_ms = position_ms - self._last_ms if self._last_ms is not None else 0
        if 0 < step_ms <= _LONGEST_STEP_MS:
            self.listened_ms += step_ms
        self._last_ms = position_ms

    @property
    def is_due(self) -> bool:
        needed_ms = PLAY_AFTER_MS if self.duration_ms is None else min(self.duration_ms / 2, PLAY_AFTER_MS)
        return not self.reported and 0 < needed_ms <= self.listened_ms
