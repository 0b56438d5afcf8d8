"""What a client remembers between runs: its servers and the tokens for them, in one private file.

The only module that reads the client's environment variables. The command line and the terminal player
share one login through it: whoever refreshes holds the lock, everyone else reads the result.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import platformdirs

from tonearm_api.errors import Invalid

DEFAULT_SERVER = "http://127.0.0.1:8337"


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in account: its server, who it is, and its tokens. `access_expires_at` is a Unix time in seconds."""

    server: str
    email: str
    name: str
    access_token: str
    refresh_token: str | None
    access_expires_at: float


class _Contents(msgspec.Struct, kw_only=True):
    version: int = 1
    logins: dict[str, Login] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientSettings:
    """The client's four environment variables, read once."""

    server: str | None
    profile: str
    token_file: Path | None
    config_dir: Path

    @property
    def player_log(self) -> Path:
        """What sound libraries said to the player that ran last."""
        return self.config_dir / "player.log"

    @property
    def journal(self) -> Path:
        """Which uploads are under way."""
        return self.config_dir / "uploads.db"


def read_client_settings() -> ClientSettings:
    """Settings from `TONEARM_SERVER`, `TONEARM_PROFILE`, `TONEARM_TOKEN_FILE` and `TONEARM_CONFIG_DIR`."""
    environment = os.environ
    token_file = environment.get("TONEARM_TOKEN_FILE")
    config_dir = environment.get("TONEARM_CONFIG_DIR")
    return ClientSettings(
        server=environment.get("TONEARM_SERVER") or None,
        profile=environment.get("TONEARM_PROFILE") or "default",
        token_file=Path(token_file) if token_file else None,
        config_dir=Path(config_dir) if config_dir else platformdirs.user_config_path("tonearm"),
    )


class CredentialStore:
    """The logins of one configuration folder, one per profile. Files are 0600, the folder 0700."""

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self.path = settings.config_dir / "credentials.json"

    def find(self) -> Login | None:
        """The login of the profile in use; a token file wins over it. Raises Invalid where either is unreadable."""
        if self._settings.token_file is not None:
            return self._from_token_file(self._settings.token_file)
        return self._read().logins.get(self._settings.profile)

    def save(self, login: Login) -> None:
        """Store `login` for the profile in use: a crash leaves the old file or the new one, never half of one."""
        contents = self._read()
        contents.logins[self._settings.profile] = login
        self._write(contents)

    def forget(self) -> None:
        contents = self._read()
        if contents.logins.pop(self._settings.profile, None) is not None:
            self._write(contents)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold off other processes that refresh. Blocks; a crashed holder's lock is released by the system."""
        self._make_folder()
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _from_token_file(self, path: Path) -> Login:
        try:
            token = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid("The file named by TONEARM_TOKEN_FILE cannot be read as a token") from error
        return Login(
            server=self._settings.server or DEFAULT_SERVER,
            email="",
            name="",
            access_token=token,
            refresh_token=None,
            access_expires_at=float("inf"),
        )

    def _read(self) -> _Contents:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_Contents)
        except FileNotFoundError:
            return _Contents()
        except msgspec.DecodeError as error:
            raise Invalid(f"{self.path} is damaged: move it away and sign in again") from error

    def _write(self, contents: _Contents) -> None:
        self._make_folder()
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".credentials-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(contents))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
