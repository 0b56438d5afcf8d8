"""The client's memory: private files, one login for all programs."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from tonearm_api.credentials import DEFAULT_SERVER, CredentialStore, Login, read_client_settings
from tonearm_api.errors import Invalid

LOGIN = Login(
    server="http://127.0.0.1:1", email="a@b.c", name="A", access_token="x", refresh_token="y", access_expires_at=1.0
)


@pytest.fixture
def store() -> CredentialStore:
    return CredentialStore(read_client_settings())


def test_a_login_is_remembered_and_forgotten(store: CredentialStore) -> None:
    assert store.find() is None

    store.save(LOGIN)
    assert store.find() == LOGIN

    store.forget()
    assert store.find() is None


def test_the_file_is_private(store: CredentialStore) -> None:
    store.save(LOGIN)

    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


def test_profiles_do_not_see_each_other(store: CredentialStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(LOGIN)
    monkeypatch.setenv("TONEARM_PROFILE", "work")

    assert CredentialStore(read_client_settings()).find() is None


def test_a_token_file_wins(store: CredentialStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store.save(LOGIN)
    token_file = tmp_path / "token"
    token_file.write_text("secret\n")
    monkeypatch.setenv("TONEARM_TOKEN_FILE", str(token_file))

    login = CredentialStore(read_client_settings()).find()

    assert login is not None
    assert (login.access_token, login.refresh_token, login.server) == ("secret", None, DEFAULT_SERVER)


def test_a_damaged_file_is_said_and_not_overwritten(store: CredentialStore) -> None:
    store.save(LOGIN)
    store.path.write_text("{")

    with pytest.raises(Invalid, match="damaged"):
        store.save(LOGIN)
    assert store.path.read_text() == "{"


def _hold(folder: str, notes: str) -> None:
    """Hold the lock until another has come for it; leave a note just before it is let go."""
    os.environ["TONEARM_CONFIG_DIR"] = folder
    held, wanted, left = (Path(notes, name) for name in ("held", "wanted", "left"))
    with CredentialStore(read_client_settings()).locked():
        held.touch()
        while not wanted.exists():
            time.sleep(0.01)
        left.touch()


def test_the_lock_keeps_other_processes_out(store: CredentialStore, tmp_path: Path) -> None:
    spawned = multiprocessing.get_context("spawn")
    holder = spawned.Process(target=_hold, args=(str(store.path.parent), str(tmp_path)))
    holder.start()
    while not (tmp_path / "held").exists():
        assert holder.is_alive()
        time.sleep(0.01)

    (tmp_path / "wanted").touch()
    with store.locked():
        had_left = (tmp_path / "left").exists()
    holder.join()

    assert had_left
