"""After a crash: what a process that is gone was working on is free again."""

from __future__ import annotations

from tonearm_server.jobs.models import Job


async def release_leases(owner: str) -> None:
    """Take back the leases of the processes that had the data folder `owner` before. For their successor, at its
    start, which owns the folder: they are gone. Other folders' servers on the same database keep theirs."""
    await Job.filter(leased_by=owner, leased_until_ms__isnull=False).update(leased_until_ms=None)
