"""Administrators: who has an account, who is let in, and help for who cannot get in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.postgres import Backend
from tests.server.auth.conftest import House, Person, running_house, text_of
from tests.support import OWNER_EMAIL, OWNER_NAME, OWNER_PASSWORD

pytestmark = pytest.mark.db


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Iterator[House]:
    """Administrators need no second factor here: what they need one for stands in `test_matrix.py`."""
    folder = tmp_path_factory.mktemp("administered") / "data"
    settings = {"registration": "open", "require_second_factor": "nobody", **backend.settings()}
    with running_house(folder, **settings) as running:
        yield running


@pytest.fixture
async def admin(house: House) -> Person:
    person = Person(house, OWNER_EMAIL, OWNER_PASSWORD)
    if house.owner_token:
        wanted = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD, "name": OWNER_NAME, "token": house.owner_token}
        person.tokens = (await house.post("/api/v1/auth/signup", wanted)).json()
        house.owner_token = ""
    else:
        assert (await person.log_in()).status_code == 200
    return person


async def id_of(admin: Person, person: Person) -> str:
    everybody = (await admin.ask("GET", "/admin/users")).json()["items"]
    (found,) = (str(each["id"]) for each in everybody if each["email"] == person.email)
    return found


async def test_everybody_is_listed_without_a_secret(admin: Person, member: Person) -> None:
    answer = await admin.ask("GET", "/admin/users")

    (found,) = (each for each in answer.json()["items"] if each["email"] == member.email)
    assert (found["name"], found["is_admin"], found["is_disabled"], found["tracks"]) == ("Somebody", False, False, 0)
    assert "argon2" not in answer.text


async def test_who_is_disabled_loses_everything_at_once(admin: Person, member: Person) -> None:
    member_id = await id_of(admin, member)
    await member.house.post("/api/v1/auth/forgot", {"email": member.email})
    token = await member.house.token_in_letter(member.email)

    answer = await admin.ask("PATCH", f"/admin/users/{member_id}", {"is_disabled": True})

    refresh = {"refresh_token": member.tokens["refresh_token"]}
    reset = {"token": token, "password": "velvet harbour sixteen"}
    assert (answer.status_code, answer.json()["is_disabled"]) == (200, True)
    assert (await member.ask("GET", "/me")).status_code == 401
    assert (await member.house.post("/api/v1/auth/refresh", refresh)).status_code == 401
    assert (await member.log_in()).json()["code"] == "wrong_credentials"
    assert (await member.house.post("/api/v1/auth/reset", reset)).status_code == 410


async def test_who_is_enabled_again_signs_in_with_the_same_password(admin: Person, member: Person) -> None:
    member_id = await id_of(admin, member)
    await admin.ask("PATCH", f"/admin/users/{member_id}", {"is_disabled": True})

    await admin.ask("PATCH", f"/admin/users/{member_id}", {"is_disabled": False})

    assert (await member.log_in()).status_code == 200


async def test_the_last_administrator_stays_one(admin: Person) -> None:
    admin_id = await id_of(admin, admin)

    answers = [
        await admin.ask("PATCH", f"/admin/users/{admin_id}", {"is_admin": False}),
        await admin.ask("PATCH", f"/admin/users/{admin_id}", {"is_disabled": True}),
    ]

    assert ["last_administrator"] * 2 == [answer.json()["code"] for answer in answers]
    assert (await admin.ask("GET", "/admin/users")).status_code == 200


async def test_a_role_that_is_taken_away_ends_its_sessions(admin: Person, member: Person) -> None:
    member_id = await id_of(admin, member)
    await admin.ask("PATCH", f"/admin/users/{member_id}", {"is_admin": True})
    promoted = await member.ask("GET", "/admin/users")

    await admin.ask("PATCH", f"/admin/users/{member_id}", {"is_admin": False})

    assert promoted.status_code == 200
    assert (await member.ask("GET", "/admin/users")).status_code == 401
    await member.log_in()
    assert (await member.ask("GET", "/admin/users")).status_code == 403


async def test_a_reset_link_is_handed_over_told_by_mail_and_works_once(admin: Person, member: Person) -> None:
    member_id = await id_of(admin, member)

    made = await admin.ask("POST", f"/admin/users/{member_id}/reset-link")

    token = made.json()["url"].partition("#t=")[2]
    body = {"token": token, "password": "velvet harbour sixteen"}
    assert made.status_code == 201
    assert "administrator" in text_of(await member.house.letter(member.email))
    assert [204, 410] == [(await member.house.post("/api/v1/auth/reset", body)).status_code for _ in range(2)]


async def test_administrators_set_nobodys_password(admin: Person, member: Person) -> None:
    member_id = await id_of(admin, member)

    answer = await admin.ask("PATCH", f"/admin/users/{member_id}", {"password": "velvet harbour sixteen"})

    assert (answer.status_code, [fault["code"] for fault in answer.json()["errors"]]) == (422, ["unknown"])


async def test_an_account_that_does_not_exist_is_not_found(admin: Person) -> None:
    answers = [
        await admin.ask("PATCH", "/admin/users/aaaaaaaaaaaaaaaa", {"is_admin": True}),
        await admin.ask("POST", "/admin/users/aaaaaaaaaaaaaaaa/reset-link"),
    ]

    assert [404] * 2 == [answer.status_code for answer in answers]


async def test_what_is_done_to_others_wants_a_fresh_proof(admin: Person, member: Person) -> None:
    member_id = await id_of(admin, member)
    admin.house.clock.turn(s=301)

    answers = [
        await admin.ask("PATCH", f"/admin/users/{member_id}", {"is_admin": True}),
        await admin.ask("POST", f"/admin/users/{member_id}/reset-link"),
    ]

    assert ["step_up_required"] * 2 == [answer.json()["code"] for answer in answers]
