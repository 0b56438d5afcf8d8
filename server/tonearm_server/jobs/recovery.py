"""After a crash: what one process owned alone is free again."""

from __future__ import annotations

from tonearm_server.jobs.models import Job


async def release_leases() -> None:
    """Take every lease back. Only for the embedded engine at start, whose process is the one owner."""
    await Job.filter(leased_until_ms__isnull=False).update(leased_until_ms=None)
