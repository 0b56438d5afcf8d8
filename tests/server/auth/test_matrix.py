"""Every route of the live router against every kind of caller: `matrix.yml` says who gets what (ASVS 5.0 8.2.1).

A new route fails here until its row is written, and a row changes only by somebody's hand.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import yaml
from tests.server.auth.conftest import House, Person, new_person, running_house
from tests.support import OWNER_EMAIL, OWNER_NAME, OWNER_PASSWORD

from tonearm_server.kit.http import policies

MATRIX = Path(__file__).with_name("matrix.yml")
ACTORS = ("stranger", "disabled", "member", "stale", "admin", "admin_with_factor")
"""`stale` proved themselves more than five minutes ago; `admin` has no second factor, as on the first day."""

_ONCE = {"DELETE /api/v1/me/authenticator", "POST /api/v1/auth/logout"}
"""Asked last: afterwards the caller is somebody else."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(tmp_path_factory.mktemp("matrix") / "data", registration="open") as running:
        yield running


@pytest.fixture
async def admin(house: House) -> AsyncIterator[Person]:
    person = Person(house, OWNER_EMAIL, OWNER_PASSWORD)
    if house.owner_token:
        wanted = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD, "name": OWNER_NAME, "token": house.owner_token}
        person.tokens = (await house.post("/api/v1/auth/signup", wanted)).json()
        house.owner_token = ""
    else:
        await person.log_in()
    yield person
    if person.totp is not None:
        await person.log_in(code=person.recovery_codes.pop())
        await person.ask("DELETE", "/me/authenticator")


def routes(house: House) -> list[str]:
    """`METHOD /path` of every route, those that change the caller last."""
    found = {
        f"{route.method} {route.resource.canonical}"
        for route in policies(house.app)
        if route.resource is not None and route.method != "HEAD"
    }
    return sorted(found, key=lambda name: (name in _ONCE, name.startswith("DELETE"), name))


async def ask(house: House, name: str, tokens: dict[str, str]) -> int:
    """The status of a bare request: an id that nothing has, and an empty object where a body belongs."""
    method, _, path = name.partition(" ")
    path = path.replace("{id}", uuid.uuid4().hex[:16]).replace("{version}", "x").replace("{name}", "x")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"} if tokens else {}
    body: object = {} if method in {"POST", "PUT", "PATCH"} else None
    return (await house.ask(method, path, body, **headers)).status_code


async def statuses(house: House, tokens: dict[str, str] | None = None, person: Person | None = None) -> dict[str, int]:
    found = {}
    for name in routes(house):
        if person is not None and not (await person.ask("GET", "/me")).is_success:
            await person.log_in(**({"code": person.recovery_codes.pop()} if person.totp else {}))
        found[name] = await ask(house, name, person.tokens if person else tokens or {})
    return found


def expected(actor: str) -> dict[str, int]:
    rows: dict[str, list[int]] = yaml.safe_load(MATRIX.read_text())
    return {name: row[ACTORS.index(actor)] for name, row in rows.items()}


async def test_a_stranger(house: House) -> None:
    assert expected("stranger") == await statuses(house)


async def test_somebody_disabled(house: House, admin: Person) -> None:
    """Their token is genuine and not over, and opens nothing."""
    assert admin.tokens
    person = await new_person(house)
    await admin.add_authenticator()
    everybody = (await admin.ask("GET", "/admin/users")).json()["items"]
    (person_id,) = (each["id"] for each in everybody if each["email"] == person.email)
    assert (await admin.ask("PATCH", f"/admin/users/{person_id}", {"is_disabled": True})).status_code == 200

    assert expected("disabled") == await statuses(house, person.tokens)


async def test_a_member(house: House, member: Person) -> None:
    assert expected("member") == await statuses(house, person=member)


async def test_a_member_who_proved_it_long_ago(house: House, member: Person) -> None:
    member.house.clock.turn(s=301)

    assert expected("stale") == await statuses(house, member.tokens)


async def test_an_administrator(house: House, admin: Person) -> None:
    assert expected("admin") == await statuses(house, person=admin)


async def test_an_administrator_with_a_second_factor(house: House, admin: Person) -> None:
    await admin.add_authenticator()

    assert expected("admin_with_factor") == await statuses(house, person=admin)
