"""The whole examination, wired from a running server or from a data folder that nobody uses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from tonearm_server.audio.sandbox import Sandbox
from tonearm_server.config import Config
from tonearm_server.doctor.findings import Finding
from tonearm_server.doctor.invariants import examine_rows, examine_storage
from tonearm_server.doctor.surroundings import examine_surroundings
from tonearm_server.kit.clock import Clock, SystemClock
from tonearm_server.kit.datafolder import DataFolder
from tonearm_server.kit.db import Database
from tonearm_server.library.blobs import Blobs
from tonearm_server.storage.base import Storage


@dataclass(frozen=True, kw_only=True, slots=True)
class Patient:
    """What is looked at. Nothing of it is changed."""

    config: Config
    folder: DataFolder
    database: Database
    storage: Storage
    blobs: Blobs
    sandbox: Sandbox
    clock: Clock

    async def examine(self, *, deep: bool) -> list[Finding]:
        return [finding async for finding in self._findings(deep=deep)]

    async def _findings(self, *, deep: bool) -> AsyncIterator[Finding]:
        config = self.config
        async for finding in examine_surroundings(
            database=self.database,
            folder=self.folder,
            sandbox=self.sandbox,
            ffmpeg=config.ffmpeg,
            min_free_bytes=config.min_free_bytes,
        ):
            yield finding
        async for finding in examine_rows(database=self.database):
            yield finding
        async for finding in examine_storage(
            database=self.database, storage=self.storage, blobs=self.blobs, clock=self.clock, deep=deep
        ):
            yield finding


async def examine_folder(
    config: Config, folder: DataFolder, database: Database, *, storage: Storage, deep: bool
) -> list[Finding]:
    """Examine a data folder that this process owns, with a sandbox of its own."""
    sandbox = Sandbox(ffmpeg=config.ffmpeg)
    try:
        patient = Patient(
            config=config,
            folder=folder,
            database=database,
            storage=storage,
            blobs=Blobs(storage),
            sandbox=sandbox,
            clock=SystemClock(),
        )
        return await patient.examine(deep=deep)
    finally:
        await sandbox.close()
