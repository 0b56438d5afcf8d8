"""Signing in: the second factor, codes that work once, and guessing held."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from tests.server.auth.conftest import DAY_S, HOUR_S, House, Person, new_person, text_of

pytestmark = pytest.mark.db

WRONG = {"password": "not the password at all"}


def code_of(answer: object) -> str:
    return str(answer.json()["code"])  # type: ignore[attr-defined]  # an httpx response


async def test_an_account_with_an_authenticator_needs_its_code(member: Person) -> None:
    await member.add_authenticator()

    without = await member.log_in()
    with_code = await member.log_in(code=member.code())

    assert (without.status_code, code_of(without)) == (401, "second_factor_needed")
    assert with_code.status_code == 200


async def test_a_code_is_taken_as_people_type_it(member: Person) -> None:
    await member.add_authenticator()
    code = member.code()

    answer = await member.log_in(code=f" {code[:3]} {code[3:]} ")

    assert answer.status_code == 200


async def test_the_code_is_asked_for_only_after_the_right_password(member: Person) -> None:
    await member.add_authenticator()

    answer = await member.log_in(**WRONG)

    assert code_of(answer) == "wrong_credentials"


async def test_a_code_works_once(member: Person) -> None:
    await member.add_authenticator()
    code = member.code()

    answers = [await member.log_in(code=code) for _ in range(2)]

    assert [200, 401] == [answer.status_code for answer in answers]
    assert code_of(answers[1]) == "wrong_code"


async def test_of_twenty_sign_ins_with_one_code_one_succeeds(member: Person) -> None:
    await member.add_authenticator()
    code = member.code()

    answers = await asyncio.gather(*(member.log_in(code=code) for _ in range(20)))

    assert [answer.status_code for answer in answers].count(200) == 1


async def test_the_code_before_is_taken_for_one_step(member: Person) -> None:
    await member.add_authenticator()
    code = member.code()

    member.house.clock.turn(s=30)

    assert (await member.log_in(code=code)).status_code == 200


@pytest.mark.parametrize("turned_s", [60, -30])
async def test_codes_of_other_steps_are_refused(member: Person, turned_s: int) -> None:
    """Two steps ago, and the next one: RFC 6238 §5.2 allows for the way of a code, not for a clock that is ahead."""
    await member.add_authenticator()
    member.house.clock.turn(s=60)
    code = member.code()

    member.house.clock.turn(s=turned_s)

    assert code_of(await member.log_in(code=code)) == "wrong_code"


async def test_each_recovery_code_works_once_and_is_told_of(member: Person) -> None:
    await member.add_authenticator()
    first, second, *_ = member.recovery_codes

    answers = [await member.log_in(code=code) for code in (first, first, second.upper())]

    assert [200, 401, 200] == [answer.status_code for answer in answers]
    left = (await member.ask("GET", "/me/factors")).json()["recovery_codes_left"]
    assert left == 8


async def test_using_a_recovery_code_is_told_by_mail(member: Person) -> None:
    await member.add_authenticator()
    await member.house.letter(member.email)  # the authenticator was added

    await member.log_in(code=member.recovery_codes[0])

    assert "9" in text_of(await member.house.letter(member.email))


async def test_of_ten_uses_of_one_recovery_code_at_once_one_succeeds(member: Person) -> None:
    await member.add_authenticator()
    code = member.recovery_codes[0]

    answers = await asyncio.gather(*(member.log_in(code=code) for _ in range(4)))

    assert [answer.status_code for answer in answers].count(200) == 1


async def test_new_recovery_codes_void_the_old_ones(member: Person) -> None:
    await member.add_authenticator()
    old = member.recovery_codes[0]

    renewed = (await member.ask("POST", "/me/recovery-codes")).json()["codes"]

    assert code_of(await member.log_in(code=old)) == "wrong_code"
    assert (await member.log_in(code=renewed[0])).status_code == 200


async def test_another_persons_recovery_code_is_worth_nothing(member: Person, house: House) -> None:
    other = await new_person(house)
    await member.add_authenticator()
    await other.add_authenticator()

    assert code_of(await member.log_in(code=other.recovery_codes[0])) == "wrong_code"


async def test_a_session_begun_with_a_code_says_so_to_dangerous_routes(member: Person) -> None:
    await member.add_authenticator()
    await member.log_in(code=member.code())
    member.house.clock.turn(s=301)

    stale = await member.ask("POST", "/me/recovery-codes")
    without_code = await member.step_up()
    stepped_up = await member.step_up(code=member.code())
    fresh = await member.ask("POST", "/me/recovery-codes")

    assert code_of(stale) == "step_up_required"
    assert code_of(without_code) == "second_factor_needed"
    assert (stepped_up.status_code, fresh.status_code) == (204, 201)


async def test_wrong_password_and_unknown_address_get_the_same_answer(member: Person, house: House) -> None:
    known = await member.log_in(**WRONG)
    unknown = await house.post("/api/v1/auth/login", {"email": "nobody@example.test", **WRONG})

    def shape(answer: object) -> object:
        body = answer.json()  # type: ignore[attr-defined]  # an httpx response
        body.pop("instance")
        return body

    assert (known.status_code, shape(known)) == (unknown.status_code, shape(unknown))
    assert sorted(known.headers) == sorted(unknown.headers)


async def test_guesses_have_to_wait_longer_and_longer(member: Person) -> None:
    clock = member.house.clock

    answers = Counter([(await member.log_in(**WRONG)).status_code for _ in range(8)])
    held = await member.log_in()
    clock.turn(s=int(held.headers["Retry-After"]))

    assert answers == {401: 5, 429: 3}
    assert (held.status_code, code_of(held)) == (429, "rate_limited")
    assert (await member.log_in()).status_code == 200


async def test_unknown_addresses_are_held_alike(house: House) -> None:
    body = {"email": "nobody-at-all@example.test", **WRONG}

    answers = Counter([(await house.post("/api/v1/auth/login", body)).status_code for _ in range(8)])

    assert answers == {401: 5, 429: 3}


async def test_guessing_at_one_account_does_not_hold_another(member: Person, house: House) -> None:
    other = await new_person(house)

    for _ in range(8):
        await member.log_in(**WRONG)

    assert (await other.log_in()).status_code == 200


async def test_a_thousand_guesses_at_once_are_no_more_than_one_after_the_other(member: Person) -> None:
    answers = await asyncio.gather(*(member.log_in(**WRONG) for _ in range(100)))

    assert Counter(answer.status_code for answer in answers)[401] == 5


async def test_waiting_survives_a_restart(member: Person) -> None:
    """It is in the database, like what it guards: nothing of it is in the memory of the process."""
    for _ in range(6):
        await member.log_in(**WRONG)

    held = await member.log_in()

    assert held.status_code == 429


async def test_codes_are_guessed_fewer_than_ten_times_an_hour(member: Person) -> None:
    await member.add_authenticator()
    clock = member.house.clock
    evaluated = []
    for _ in range(6):
        evaluated.append(0)
        for _ in range(60):
            answer = await member.log_in(code="000000")
            evaluated[-1] += code_of(answer) == "wrong_code"
            clock.turn(s=60)

    assert evaluated[0] <= 20
    assert all(5 <= count < 10 for count in evaluated[1:])


async def test_a_day_after_the_last_guess_everything_is_as_before(member: Person) -> None:
    for _ in range(8):
        await member.log_in(**WRONG)

    member.house.clock.turn(s=DAY_S + HOUR_S)

    assert [401] * 5 == [(await member.log_in(**WRONG)).status_code for _ in range(5)]


async def test_confirming_by_mail_asks_for_the_code_that_was_mailed(member: Person) -> None:
    await member.ask("PUT", "/me/mail-confirmation", {"is_on": True})
    needed = await member.log_in()
    credentials = {"email": member.email, "password": member.password}
    sent = await member.house.post("/api/v1/auth/mail-code", credentials)
    code = next(
        word for word in text_of(await member.house.letter(member.email)).split() if word.isdecimal() and len(word) == 8
    )

    answer = await member.log_in(code=code, challenge=sent.json()["challenge"])

    assert code_of(needed) == "mail_code_needed"
    assert (sent.status_code, answer.status_code) == (202, 200)


async def test_a_mailed_code_is_good_with_its_own_challenge_for_ten_minutes_and_five_tries(member: Person) -> None:
    await member.ask("PUT", "/me/mail-confirmation", {"is_on": True})
    credentials = {"email": member.email, "password": member.password}

    async def mailed() -> tuple[str, str]:
        challenge = (await member.house.post("/api/v1/auth/mail-code", credentials)).json()["challenge"]
        letter = text_of(await member.house.letter(member.email))
        return next(word for word in letter.split() if word.isdecimal() and len(word) == 8), challenge

    first_code, first_challenge = await mailed()
    second_code, second_challenge = await mailed()

    assert code_of(await member.log_in(code=first_code, challenge=second_challenge)) == "wrong_code"
    assert code_of(await member.log_in(code=first_code, challenge=first_challenge)) == "wrong_code"
    member.house.clock.turn(s=601)
    assert code_of(await member.log_in(code=second_code, challenge=second_challenge)) == "wrong_code"


async def test_an_authenticator_is_not_replaced_by_the_mailbox(member: Person) -> None:
    """Whoever reads somebody's mail could choose a new password by it; the second factor has to be another thing."""
    await member.ask("PUT", "/me/mail-confirmation", {"is_on": True})
    await member.add_authenticator()

    answer = await member.house.post("/api/v1/auth/mail-code", {"email": member.email, "password": member.password})

    assert (answer.status_code, code_of(answer)) == (409, "conflict")
