"""What must not be found where it does not belong: canaries, looked for in every file and every line."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from tests.server.auth.conftest import Person, new_person, running_house, text_of


async def test_no_secret_is_found_in_the_database_or_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with running_house(tmp_path / "data", registration="open") as house:
        person = await new_person(house, password="canary password of nobody else")
        secrets = {person.password, *_tokens(person)}
        await person.add_authenticator()
        assert person.totp is not None
        secrets |= {person.totp.secret, *person.recovery_codes, *(c.replace("-", "") for c in person.recovery_codes)}
        await person.log_in(code=person.recovery_codes[0])
        secrets |= _tokens(person)
        refreshed = await house.post("/api/v1/auth/refresh", {"refresh_token": person.tokens["refresh_token"]})
        secrets |= {refreshed.json()["refresh_token"], refreshed.json()["access_token"]}
        await house.post("/api/v1/auth/forgot", {"email": person.email})
        secrets.add(await _token_in_a_letter(person))
        await house.post("/api/v1/auth/login", {"email": person.email, "password": "canary of a wrong one"})
        secrets.add("canary of a wrong one")

    files = [path for path in house.data.rglob("*") if path.is_file() and path.parent.name != "outbox"]
    content = b"".join(path.read_bytes() for path in files)
    assert (house.data / "tonearm.db").stat().st_size > 0
    assert [secret for secret in secrets if secret.encode() in content] == []
    assert [secret for secret in secrets if secret in caplog.text] == []


async def test_an_access_token_is_over_after_ten_minutes(tmp_path: Path) -> None:
    """Half a minute is allowed for clocks that differ."""
    with running_house(tmp_path / "data", registration="open") as house:
        person = await new_person(house)

        house.clock.turn(s=600 + 30)
        just_good = await person.ask("GET", "/me")
        house.clock.turn(s=1)
        over = await person.ask("GET", "/me")

    assert (just_good.status_code, over.status_code) == (200, 401)


def _tokens(person: Person) -> set[str]:
    return {person.tokens["access_token"], person.tokens["refresh_token"]}


async def _token_in_a_letter(person: Person) -> str:
    while "#t=" not in (text := text_of(await person.house.letter(person.email))):
        continue
    return text.partition("#t=")[2].split()[0]
