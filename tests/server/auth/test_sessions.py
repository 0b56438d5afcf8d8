"""Sessions: where an account is signed in, how that ends, and what is told about it."""

from __future__ import annotations

import httpx
import pytest
from tests.server.auth.conftest import DAY_S, House, Person, new_person, text_of

pytestmark = pytest.mark.db


async def listed(person: Person) -> list[dict[str, object]]:
    items: list[dict[str, object]] = (await person.ask("GET", "/me/sessions")).json()["items"]
    return items


async def signed_in_again(person: Person, **headers: str) -> Person:
    """The same person, at another device."""
    again = Person(person.house, person.email, person.password)
    body = {"email": person.email, "password": person.password}
    answer = await person.house.post("/api/v1/auth/login", body, **headers)
    assert answer.status_code == 200, answer.text
    again.tokens = answer.json()
    return again


async def cookie_of(person: Person) -> str:
    """A browser's session of that person."""
    form = {"email": person.email, "password": person.password}
    async with httpx.AsyncClient(base_url=person.house.url, timeout=30) as http:
        answer = await http.post("/login", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 303, answer.text
        return answer.cookies["__Host-tonearm"]


async def test_every_session_is_listed_with_this_one_marked(member: Person) -> None:
    await signed_in_again(member, **{"User-Agent": "curl/8"})
    await cookie_of(member)

    items = await listed(member)

    assert sorted(str(item["kind"]) for item in items) == ["browser", "program", "program"]
    assert [item["is_this"] for item in items].count(True) == 1
    assert {"curl/8"} <= {item["device"] for item in items}
    assert {item["address"] for item in items} == {"127.0.0.1"}


async def test_another_session_is_ended_at_once(member: Person) -> None:
    other = await signed_in_again(member)
    (other_id,) = (item["id"] for item in await listed(member) if not item["is_this"])

    ended = await member.ask("DELETE", f"/me/sessions/{other_id}")

    refresh = {"refresh_token": other.tokens["refresh_token"]}
    assert ended.status_code == 204
    assert (await other.ask("GET", "/me")).status_code == 401
    assert (await member.house.post("/api/v1/auth/refresh", refresh)).status_code == 401
    assert (await member.ask("GET", "/me")).status_code == 200


async def test_all_other_sessions_are_ended(member: Person) -> None:
    others = [await signed_in_again(member) for _ in range(3)]
    cookie = await cookie_of(member)

    await member.ask("DELETE", "/me/sessions")

    by_cookie = await member.house.ask("GET", "/api/v1/me", Cookie=f"__Host-tonearm={cookie}")
    assert [401] * 3 == [(await other.ask("GET", "/me")).status_code for other in others]
    assert by_cookie.status_code == 401
    assert len(await listed(member)) == 1


async def test_somebody_elses_session_is_not_found(member: Person, house: House) -> None:
    other = await new_person(house)
    (session_id,) = (item["id"] for item in await listed(other))

    foreign = await member.ask("DELETE", f"/me/sessions/{session_id}")
    made_up = await member.ask("DELETE", "/me/sessions/aaaaaaaaaaaaaaaa")

    assert (foreign.status_code, foreign.json()["code"]) == (made_up.status_code, made_up.json()["code"])
    assert foreign.status_code == 404
    assert (await other.ask("GET", "/me")).status_code == 200


async def test_a_browser_is_signed_out_after_two_weeks_without_use(member: Person) -> None:
    cookie = await cookie_of(member)

    async def by_cookie() -> int:
        return (await member.house.ask("GET", "/api/v1/me", Cookie=f"__Host-tonearm={cookie}")).status_code

    member.house.clock.turn(s=14 * DAY_S - 1)
    used = await by_cookie()
    member.house.clock.turn(s=14 * DAY_S - 1)
    used_again = await by_cookie()
    member.house.clock.turn(s=14 * DAY_S)

    assert [used, used_again, await by_cookie()] == [200, 200, 401]


async def test_a_browser_is_signed_out_after_thirty_days_whatever_happens(member: Person) -> None:
    cookie = await cookie_of(member)
    statuses = []
    for _ in range(6):
        statuses.append((await member.house.ask("GET", "/api/v1/me", Cookie=f"__Host-tonearm={cookie}")).status_code)
        member.house.clock.turn(s=6 * DAY_S)

    assert statuses == [200] * 5 + [401]


async def test_a_program_is_signed_out_after_ninety_days_whatever_happens(member: Person) -> None:
    statuses = []
    for _ in range(10):
        body = {"refresh_token": member.tokens["refresh_token"]}
        answer = await member.house.post("/api/v1/auth/refresh", body)
        statuses.append(answer.status_code)
        member.tokens = answer.json() if answer.status_code == 200 else member.tokens
        member.house.clock.turn(s=10 * DAY_S)

    assert statuses == [200] * 9 + [401]


async def test_a_used_refresh_token_that_comes_back_is_told_by_mail(member: Person) -> None:
    stolen = member.tokens["refresh_token"]
    refreshed = await member.house.post("/api/v1/auth/refresh", {"refresh_token": stolen})
    member.house.clock.turn(s=11)

    replayed = await member.house.post("/api/v1/auth/refresh", {"refresh_token": stolen})
    successor = await member.house.post("/api/v1/auth/refresh", {"refresh_token": refreshed.json()["refresh_token"]})

    assert (replayed.status_code, replayed.json()["code"]) == (401, "session_ended")
    assert successor.status_code == 401
    await member.house.letter(member.email)


async def test_a_new_device_is_told_by_mail_and_a_known_one_is_not(member: Person) -> None:
    await signed_in_again(member, **{"User-Agent": "strange/1"})
    letter = text_of(await member.house.letter(member.email))
    count = member.house.letters()

    await signed_in_again(member, **{"User-Agent": "strange/1"})
    await member.house.post("/api/v1/auth/forgot", {"email": member.email})
    await member.house.letter(member.email)  # the next one is the one just asked for

    assert "strange/1" in letter
    assert member.house.letters() == count + 1


async def test_setting_up_a_second_factor_ends_sessions_begun_without_it(member: Person) -> None:
    other = await signed_in_again(member)

    await member.add_authenticator()

    assert (await other.ask("GET", "/me")).status_code == 401
    assert (await member.ask("GET", "/me")).json()["has_second_factor"] is True


async def test_the_seed_is_never_shown_again(member: Person) -> None:
    await member.add_authenticator()

    factors = await member.ask("GET", "/me/factors")
    again = await member.ask("POST", "/me/authenticator")

    assert member.totp is not None
    assert member.totp.secret not in factors.text
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_an_authenticator_counts_once_it_is_confirmed(member: Person) -> None:
    await member.ask("POST", "/me/authenticator")
    wrong = await member.ask("PUT", "/me/authenticator", {"code": "000000"})

    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_code")
    assert (await member.log_in()).status_code == 200


async def test_an_authenticator_that_waits_for_ten_minutes_is_over(member: Person) -> None:
    await member.ask("POST", "/me/authenticator")
    member.house.clock.turn(s=601)
    await member.step_up()

    answer = await member.ask("PUT", "/me/authenticator", {"code": "000000"})

    assert answer.status_code == 410


async def test_without_the_authenticator_the_password_is_enough_again(member: Person) -> None:
    await member.add_authenticator()
    code = member.recovery_codes[0]

    removed = await member.ask("DELETE", "/me/authenticator")

    assert removed.status_code == 204
    assert (await member.log_in()).status_code == 200
    assert (await member.ask("GET", "/me/factors")).json()["recovery_codes_left"] == 0
    assert (await member.log_in(code=code)).status_code == 200  # a code that nobody asked for is not looked at


async def test_a_remembered_device_is_not_asked_for_a_code_until_something_dangerous_is_done(member: Person) -> None:
    await member.add_authenticator()
    sign_in = {"email": member.email, "password": member.password}
    same_origin = {"Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(base_url=member.house.url, timeout=30) as http:
        await http.post("/login", data=sign_in, headers=_with_cookies(http, same_origin))
        await http.post(
            "/login/code", data={"code": member.code(), "trust": "on"}, headers=_with_cookies(http, same_origin)
        )
        await http.post("/logout", headers=_with_cookies(http, same_origin))

        again = await http.post("/login", data=sign_in, headers=_with_cookies(http, same_origin))
        me = await http.get("/api/v1/me", headers=_with_cookies(http))
        removed = await http.delete("/api/v1/me/authenticator", headers=_with_cookies(http, same_origin))

    assert (again.status_code, again.headers["Location"], me.status_code) == (303, "/", 200)
    assert (removed.status_code, removed.json()["code"]) == (403, "step_up_required")


def _with_cookies(http: httpx.AsyncClient, headers: dict[str, str] | None = None) -> dict[str, str]:
    """Cookies are Secure, which browsers send to loopback and httpx does not."""
    return {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in http.cookies.jar), **(headers or {})}
