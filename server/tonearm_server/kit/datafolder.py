"""The data folder: made private, owned by one process at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from aiohttp import web

from tonearm_api.errors import Conflict, NotFound, TonearmError
from tonearm_server.kit.ids import ID_LENGTH, new_id

_LOCK_NAME = "tonearm.lock"


class FaultyDataFolder(TonearmError):
    """Raised where the folder cannot be used; the program exits with 2."""

    code = "faulty_data_folder"
    title = "The data folder cannot be used"


class DataFolder:
    """Paths inside the data folder, and the lock that makes this process its owner."""

    def __init__(self, root: Path) -> None:
        """Make the folder where it is missing. Raises FaultyDataFolder where that is refused."""
        self.root = root
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FaultyDataFolder(f"The data folder cannot be made: {error.strerror}") from error
        self._lock: int | None = None
        self.id = ""
        """Of a folder that we own: the same for every process that owns it, another one for every other folder."""

    @property
    def database(self) -> Path:
        return self.root / "tonearm.db"

    @property
    def blobs(self) -> Path:
        """Where local storage keeps audio and covers."""
        return self.root / "blobs"

    @property
    def keys(self) -> Path:
        return self.root / "keys.json"

    @property
    def outbox(self) -> Path:
        """Letters as files, where no mail is sent."""
        return self.root / "outbox"

    @property
    def is_used(self) -> bool:
        """Whether a server has left anything here that it needs again."""
        return self.keys.exists() or self.database.exists()

    @property
    def control_socket(self) -> Path:
        return self.root / "control.sock"

    def acquire(self) -> None:
        """Become the owner. Raises Conflict while another process is: two writers can corrupt an old SQLite."""
        descriptor = os.open(self.root / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise Conflict("Another Tonearm process is using this data folder: stop it first") from error
        self._lock = descriptor
        self.id = self._read_id(descriptor)

    def _read_id(self, descriptor: int) -> str:
        """What the first owner has written into the lock file. Lost with that file: then there is a new one."""
        found = os.pread(descriptor, ID_LENGTH, 0).decode(errors="replace")
        if len(found) == ID_LENGTH:
            return found
        made = new_id()
        try:
            os.pwrite(descriptor, made.encode(), 0)
            os.fsync(descriptor)
        except OSError as error:
            raise FaultyDataFolder(f"The data folder cannot be written: {error.strerror}") from error
        return made

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def used_folder(root: Path) -> DataFolder:
    """The folder of a server that has run. Raises NotFound where none has."""
    folder = DataFolder(root)
    if not folder.is_used:
        raise NotFound("No server has used this data folder yet: name another one with --data")
    return folder


DATA_FOLDER: web.AppKey[DataFolder] = web.AppKey("data_folder", DataFolder)
