"""Invitations, and what administrators may do with and without a second factor."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from tests.server.auth.conftest import DAY_S, House, Person
from tests.support import OWNER_EMAIL, OWNER_NAME, OWNER_PASSWORD

pytestmark = pytest.mark.db

PASSWORD = "copper lantern drift"  # a test's


@pytest.fixture
async def admin(owner: Person) -> Person:
    """The administrator in a session with a second factor."""
    if owner.house.url in _secured:
        owner.totp = _secured[owner.house.url].totp
        owner.house.clock.turn(s=30)
        assert (await owner.log_in(code=owner.code())).status_code == 200
    else:
        await owner.add_authenticator()
        _secured[owner.house.url] = owner
    return owner


@pytest.fixture
async def owner(house: House) -> Person:
    person = Person(house, OWNER_EMAIL, OWNER_PASSWORD)
    if house.url not in _secured:
        wanted = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD, "name": OWNER_NAME, "token": house.owner_token}
        answer = await house.post("/api/v1/auth/signup", wanted)
        assert answer.status_code == 201, answer.text
        person.tokens = answer.json()
    return person


_secured: dict[str, Person] = {}


async def invited(admin: Person, email: str | None = None) -> str:
    answer = await admin.ask("POST", "/invitations", {"email": email} if email else {})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"]).partition("#t=")[2]


async def accept(house: House, token: str, email: str) -> httpx.Response:
    return await house.post(
        "/api/v1/auth/signup", {"email": email, "password": PASSWORD, "name": "Guest", "token": token}
    )


async def test_an_administrator_without_a_second_factor_sets_one_up_first(owner: Person) -> None:
    answer = await owner.ask("POST", "/invitations", {})

    assert (answer.status_code, answer.json()["code"]) == (403, "factor_required")
    await owner.add_authenticator()
    _secured[owner.house.url] = owner


async def test_members_invite_nobody(member: Person) -> None:
    answers = [
        await member.ask("POST", "/invitations", {}),
        await member.ask("GET", "/invitations"),
        await member.ask("DELETE", "/invitations/aaaaaaaaaaaaaaaa"),
    ]

    assert [403] * 3 == [answer.status_code for answer in answers]


async def test_an_invitation_makes_one_account(admin: Person, house: House) -> None:
    token = await invited(admin)

    answers = await asyncio.gather(*(accept(house, token, f"guest{n}@example.test") for n in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201] + [410] * 4


async def test_an_invitation_for_an_address_is_mailed_and_good_for_nobody_else(admin: Person, house: House) -> None:
    await admin.ask("POST", "/invitations", {"email": "grandma@example.test"})
    token = await house.token_in_letter("grandma@example.test")

    stranger = await accept(house, token, "stranger@example.test")
    grandma = await accept(house, token, "Grandma@Example.Test")

    assert (stranger.status_code, grandma.status_code) == (410, 201)


async def test_an_invitation_is_over_after_a_week(admin: Person, house: House) -> None:
    token = await invited(admin)

    house.clock.turn(s=7 * DAY_S)

    assert (await accept(house, token, "late@example.test")).status_code == 410


async def test_a_withdrawn_invitation_is_worth_nothing(admin: Person, house: House) -> None:
    token = await invited(admin)
    listed = (await admin.ask("GET", "/invitations")).json()["items"]

    withdrawn = [await admin.ask("DELETE", f"/invitations/{listed[0]['id']}") for _ in range(2)]

    assert [204, 404] == [answer.status_code for answer in withdrawn]
    assert (await accept(house, token, "withdrawn@example.test")).status_code == 410


async def test_the_list_does_not_tell_links_again(admin: Person) -> None:
    token = await invited(admin)

    listed = await admin.ask("GET", "/invitations")

    assert token not in listed.text
    assert listed.json()["items"][0]["invited_by"] == OWNER_NAME
    assert listed.json()["items"][0]["url"] is None
