"""Servers with settings of their own, one after the other: two in one process would share what the ORM keeps."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.postgres import Backend
from tests.server.auth.conftest import House, Person, new_person, running_house
from tests.support import OWNER_EMAIL, OWNER_NAME, OWNER_PASSWORD

pytestmark = pytest.mark.db


async def made_owner(house: House) -> Person:
    owner = Person(house, OWNER_EMAIL, OWNER_PASSWORD)
    wanted = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD, "name": OWNER_NAME, "token": house.owner_token}
    owner.tokens = (await house.post("/api/v1/auth/signup", wanted)).json()
    return owner


async def test_the_owner_gets_in_from_another_place_while_somebody_guesses(tmp_path: Path, backend: Backend) -> None:
    """Addresses come from a proxy that the server trusts."""
    with running_house(
        tmp_path / "data", registration="open", trusted_proxies="127.0.0.1", **backend.settings()
    ) as house:
        person = await new_person(house)
        guess = {"email": person.email, "password": "not the password at all"}
        for _ in range(8):
            await house.post("/api/v1/auth/login", guess, **{"X-Forwarded-For": "198.51.100.7"})

        body = {"email": person.email, "password": person.password}
        answer = await house.post("/api/v1/auth/login", body, **{"X-Forwarded-For": "203.0.113.9"})

    assert answer.status_code == 200


async def test_of_guesses_from_everywhere_a_hundred_are_looked_at(tmp_path: Path, backend: Backend) -> None:
    with running_house(
        tmp_path / "data", registration="open", trusted_proxies="127.0.0.1", **backend.settings()
    ) as house:
        person = await new_person(house)
        evaluated = 0
        for number in range(250):  # each from a network of its own, over a day
            place = {"X-Forwarded-For": f"198.{number}.1.7"}
            answer = await house.post(
                "/api/v1/auth/login", {"email": person.email, "password": "not the password at all"}, **place
            )
            evaluated += answer.status_code == 401
            house.clock.turn(s=300)

    assert evaluated == 100


async def test_mail_to_one_address_is_limited(tmp_path: Path, backend: Backend) -> None:
    with running_house(tmp_path / "data", registration="open", rate_limits="on", **backend.settings()) as house:
        statuses = [
            (await house.post("/api/v1/auth/forgot", {"email": "victim@example.test"})).status_code for _ in range(4)
        ]
        refused = await house.post("/api/v1/auth/forgot", {"email": "victim@example.test"})
        house.clock.turn(s=2 * 3600)
        later = await house.post("/api/v1/auth/forgot", {"email": "victim@example.test"})

    assert statuses == [202] * 3 + [429]
    assert {"retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(refused.headers)
    assert later.status_code == 202


async def test_who_needs_no_second_factor_invites_without(tmp_path: Path, backend: Backend) -> None:
    with running_house(tmp_path / "data", require_second_factor="nobody", **backend.settings()) as house:
        owner = await made_owner(house)

        answer = await owner.ask("POST", "/invitations", {})

    assert answer.status_code == 201


async def test_a_closed_server_invites_nobody(tmp_path: Path, backend: Backend) -> None:
    with running_house(
        tmp_path / "data", registration="closed", require_second_factor="nobody", **backend.settings()
    ) as house:
        owner = await made_owner(house)

        answer = await owner.ask("POST", "/invitations", {})

    assert (answer.status_code, answer.json()["code"]) == (403, "signup_closed")


async def test_the_last_two_administrators_cannot_both_resign_at_once(tmp_path: Path, backend: Backend) -> None:
    settings = {"registration": "open", "require_second_factor": "nobody", **backend.settings()}
    with running_house(tmp_path / "data", **settings) as house:
        first = await made_owner(house)
        second = await new_person(house)
        ids = [(await person.ask("GET", "/me")).json()["id"] for person in (first, second)]
        await first.ask("PATCH", f"/admin/users/{ids[1]}", {"is_admin": True})

        answers = await asyncio.gather(
            first.ask("PATCH", f"/admin/users/{ids[0]}", {"is_admin": False}),
            second.ask("PATCH", f"/admin/users/{ids[1]}", {"is_admin": False}),
        )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
