"""Forgotten, reset and changed passwords; changed addresses."""

from __future__ import annotations

import asyncio

import pytest
from tests.server.auth.conftest import House, Person, new_person, text_of

pytestmark = pytest.mark.db

NEW = "velvet harbour sixteen"


async def forgotten(person: Person) -> str:
    """The token of a mail that the person asked for."""
    answer = await person.house.post("/api/v1/auth/forgot", {"email": person.email})
    assert (answer.status_code, answer.content) == (202, b"")
    return await person.house.token_in_letter(person.email)


async def test_a_forgotten_password_is_chosen_anew_by_mail(member: Person) -> None:
    token = await forgotten(member)

    answer = await member.house.post("/api/v1/auth/reset", {"token": token, "password": NEW})

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await member.log_in()).status_code == 401
    member.password = NEW
    assert (await member.log_in()).status_code == 200


async def test_nobody_learns_whether_an_address_has_an_account(member: Person, house: House) -> None:
    known = await house.post("/api/v1/auth/forgot", {"email": member.email})
    unknown = await house.post("/api/v1/auth/forgot", {"email": "nobody@example.test"})

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"")
    assert sorted(known.headers) == sorted(unknown.headers)


async def test_an_unknown_address_gets_no_mail(member: Person, house: House) -> None:
    await house.post("/api/v1/auth/forgot", {"email": "nobody@example.test"})
    await forgotten(member)  # asked for later, so that the other would have come by now

    recipients = [path.read_text() for path in (house.data / "outbox").glob("*.eml")]

    assert not any("nobody@example.test" in each for each in recipients)


async def test_the_link_works_once(member: Person) -> None:
    token = await forgotten(member)

    answers = [await member.house.post("/api/v1/auth/reset", {"token": token, "password": NEW}) for _ in range(2)]

    assert [204, 410] == [answer.status_code for answer in answers]


async def test_of_ten_uses_of_the_link_at_once_one_succeeds(member: Person) -> None:
    token = await forgotten(member)
    body = {"token": token, "password": NEW}

    answers = await asyncio.gather(*(member.house.post("/api/v1/auth/reset", body) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [204] + [410] * 9


async def test_the_link_is_over_after_twenty_minutes(member: Person) -> None:
    token = await forgotten(member)

    member.house.clock.turn(s=20 * 60)

    answer = await member.house.post("/api/v1/auth/reset", {"token": token, "password": NEW})
    assert answer.status_code == 410


async def test_a_newer_link_voids_the_one_before(member: Person) -> None:
    old = await forgotten(member)
    new = await forgotten(member)

    answers = [await member.house.post("/api/v1/auth/reset", {"token": token, "password": NEW}) for token in (old, new)]

    assert [410, 204] == [answer.status_code for answer in answers]


async def test_a_weak_password_does_not_use_the_link_up(member: Person) -> None:
    token = await forgotten(member)

    weak = await member.house.post("/api/v1/auth/reset", {"token": token, "password": "password12"})
    good = await member.house.post("/api/v1/auth/reset", {"token": token, "password": NEW})

    assert (weak.status_code, weak.json()["code"], good.status_code) == (422, "weak_password", 204)


async def test_a_reset_ends_every_session_and_begins_none(member: Person) -> None:
    token = await forgotten(member)

    answer = await member.house.post("/api/v1/auth/reset", {"token": token, "password": NEW})

    assert "set-cookie" not in answer.headers
    assert (await member.ask("GET", "/me")).status_code == 401
    refreshed = await member.house.post("/api/v1/auth/refresh", {"refresh_token": member.tokens["refresh_token"]})
    assert refreshed.status_code == 401


async def test_a_reset_does_not_replace_the_second_factor(member: Person) -> None:
    await member.add_authenticator()
    await member.house.letter(member.email)  # the authenticator was added
    token = await forgotten(member)

    await member.house.post("/api/v1/auth/reset", {"token": token, "password": NEW})

    member.password = NEW
    assert (await member.log_in()).json()["code"] == "second_factor_needed"


async def test_a_reset_voids_an_address_change_under_way(member: Person) -> None:
    """Whoever had the account for a while must not get it back (threat T29)."""
    await member.ask("POST", "/me/email", {"email": "thief@example.test"})
    stolen = await member.house.token_in_letter("thief@example.test")
    await member.house.letter(member.email)  # told that the address will change
    token = await forgotten(member)
    await member.house.post("/api/v1/auth/reset", {"token": token, "password": NEW})
    member.password = NEW
    await member.log_in()

    answer = await member.ask("POST", "/me/email/confirm", {"token": stolen})

    assert answer.status_code == 410


async def test_a_reset_is_told_by_mail(member: Person) -> None:
    token = await forgotten(member)

    await member.house.post("/api/v1/auth/reset", {"token": token, "password": NEW})

    assert "password" in str((await member.house.letter(member.email))["Subject"]).lower()


async def test_a_reset_token_is_good_for_nothing_else(member: Person) -> None:
    token = await forgotten(member)

    answers = [
        await member.ask("POST", "/me/email/confirm", {"token": token}),
        await member.house.post("/api/v1/auth/verify", {"token": token, "password": NEW}),
        await member.house.post("/api/v1/auth/refresh", {"refresh_token": token}),
        await member.house.ask("GET", "/api/v1/me", Authorization=f"Bearer {token}"),
    ]

    assert [410, 410, 401, 401] == [answer.status_code for answer in answers]


async def test_changing_the_password_ends_every_other_session(member: Person) -> None:
    elsewhere = Person(member.house, member.email, member.password)
    await elsewhere.log_in()
    body = {"current_password": member.password, "new_password": NEW}

    answer = await member.ask("POST", "/me/password", body)

    assert answer.status_code == 204
    assert (await member.ask("GET", "/me")).status_code == 200
    assert (await elsewhere.ask("GET", "/me")).status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"current_password": "wrong wrong wrong", "new_password": NEW}, 403, "forbidden"),
        ({"current_password": "copper lantern drift", "new_password": "password12"}, 422, "weak_password"),
        ({"current_password": "copper lantern drift"}, 422, "invalid"),
        ({"new_password": NEW}, 422, "invalid"),
    ],
)
async def test_a_password_is_changed_only_by_who_knows_it(
    member: Person, body: dict[str, str], status: int, code: str
) -> None:
    answer = await member.ask("POST", "/me/password", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await member.log_in()).status_code == 200


async def test_with_a_second_factor_a_change_of_password_wants_a_fresh_one(member: Person) -> None:
    await member.add_authenticator()
    member.house.clock.turn(s=301)
    body = {"current_password": member.password, "new_password": NEW}

    answer = await member.ask("POST", "/me/password", body)

    assert answer.json()["code"] == "step_up_required"


async def test_the_current_password_is_not_guessed_at_an_open_session(member: Person) -> None:
    body = {"current_password": "wrong wrong wrong", "new_password": NEW}

    statuses = [(await member.ask("POST", "/me/password", body)).status_code for _ in range(7)]

    assert statuses == [403] * 5 + [429] * 2


async def test_a_new_address_counts_once_its_mail_is_answered(member: Person) -> None:
    new = f"new-{member.email}"
    asked = await member.ask("POST", "/me/email", {"email": new})
    token = await member.house.token_in_letter(new)
    before = (await member.ask("GET", "/me")).json()["email"]

    confirmed = await member.ask("POST", "/me/email/confirm", {"token": token})

    assert (asked.status_code, before) == (202, member.email)
    assert (confirmed.status_code, confirmed.json()["email"]) == (200, new)
    member.email = new
    assert (await member.log_in()).status_code == 200


async def test_both_addresses_are_told_of_the_change(member: Person) -> None:
    old, new = member.email, f"new-{member.email}"
    await member.ask("POST", "/me/email", {"email": new})
    will_change = await member.house.letter(old)
    token = await member.house.token_in_letter(new)
    assert new not in text_of(will_change)  # whoever reads the old box learns no new address

    await member.ask("POST", "/me/email/confirm", {"token": token})

    subjects = {str((await member.house.letter(address))["Subject"]) for address in (old, new)}
    assert len(subjects) == 1


async def test_somebody_elses_address_is_answered_alike_and_its_owner_is_told(member: Person, house: House) -> None:
    other = await new_person(house)

    free = await member.ask("POST", "/me/email", {"email": f"free-{member.email}"})
    taken = await member.ask("POST", "/me/email", {"email": other.email})

    assert (free.status_code, free.json()) == (taken.status_code, taken.json())
    assert "#t=" not in text_of(await house.letter(other.email))


async def test_an_address_change_is_confirmed_by_its_own_account_only(member: Person, house: House) -> None:
    other = await new_person(house)
    new = f"new-{member.email}"
    await member.ask("POST", "/me/email", {"email": new})
    token = await house.token_in_letter(new)

    assert (await other.ask("POST", "/me/email/confirm", {"token": token})).status_code == 410
    assert (await member.ask("POST", "/me/email/confirm", {"token": token})).status_code == 200


async def test_an_address_that_got_an_account_meanwhile_is_not_taken_over(member: Person, house: House) -> None:
    new = f"new-{member.email}"
    await member.ask("POST", "/me/email", {"email": new})
    token = await house.token_in_letter(new)
    body = {"email": new, "password": NEW, "name": "Another"}
    assert (await house.post("/api/v1/auth/signup", body)).status_code == 201

    answer = await member.ask("POST", "/me/email/confirm", {"token": token})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/me/email", {"email": "x@example.test"}),
        ("POST", "/me/authenticator", None),
        ("PUT", "/me/authenticator", {"code": "123456"}),
        ("DELETE", "/me/authenticator", None),
        ("POST", "/me/recovery-codes", None),
        ("PUT", "/me/mail-confirmation", {"is_on": True}),
    ],
)
async def test_what_is_dangerous_wants_a_proof_of_the_last_five_minutes(
    member: Person, method: str, path: str, body: dict[str, object] | None
) -> None:
    member.house.clock.turn(s=301)

    answer = await member.ask(method, path, body)

    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")


async def test_a_step_up_with_the_wrong_password_proves_nothing(member: Person) -> None:
    member.house.clock.turn(s=301)
    right, member.password = member.password, "wrong wrong wrong"

    refused = await member.step_up()

    assert (refused.status_code, refused.json()["code"]) == (401, "wrong_credentials")
    assert (await member.ask("POST", "/me/recovery-codes")).json()["code"] == "step_up_required"
    member.password = right
    assert (await member.step_up()).status_code == 204


async def test_the_name_and_handle_are_changed(member: Person, house: House) -> None:
    handle = member.email.partition("@")[0]

    edited = await member.ask("PATCH", "/me", {"name": " Жанна ", "handle": handle})
    other = await new_person(house)
    taken = await other.ask("PATCH", "/me", {"handle": handle})
    given_up = await member.ask("PATCH", "/me", {"handle": None})

    assert (edited.json()["name"], edited.json()["handle"]) == ("Жанна", handle)
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    assert (given_up.json()["name"], given_up.json()["handle"]) == ("Жанна", None)


@pytest.mark.parametrize("field", ["email", "is_admin", "id", "password_hash", "created_at", "has_second_factor"])
async def test_what_is_not_ones_own_to_change_is_refused(member: Person, field: str) -> None:
    answer = await member.ask("PATCH", "/me", {field: "x"})

    assert (answer.status_code, [fault["code"] for fault in answer.json()["errors"]]) == (422, ["unknown"])
