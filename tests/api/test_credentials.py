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


def _hold(folder: str, held: str) -> None:
    os.environ["TONEARM_CONFIG_DIR"] = folder
    with CredentialStore(read_client_settings()).locked():
        Path(held).touch()
        time.sleep(0.5)


def test_the_lock_keeps_other_processes_out(store: CredentialStore, tmp_path: Path) -> None:
    held = tmp_path / "held"
    holder = multiprocessing.get_context("spawn").Process(target=_hold, args=(str(store.path.parent), str(held)))
    holder.start()
    while not held.exists():
        time.sleep(0.01)

    began = time.monotonic()
    with store.locked():
        waited_s = time.monotonic() - began
    holder.join()

    assert waited_s > 0.2
