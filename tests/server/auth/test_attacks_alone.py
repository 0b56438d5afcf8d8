"""Doors that were found open once, each on a server of its own."""

from __future__ import annotations

from pathlib import Path

from tests.server.auth.conftest import Person, new_person, running_house


async def test_mails_that_strangers_ask_for_do_not_hold_back_a_code(tmp_path: Path) -> None:
    with running_house(tmp_path / "data", registration="open", rate_limits="on") as house:
        member = await new_person(house)
        assert (await member.ask("PUT", "/me/mail-confirmation", {"is_on": True})).status_code == 200
        for _ in range(4):
            forgot = await house.post("/api/v1/auth/forgot", {"email": member.email})
        answer = await house.post("/api/v1/auth/mail-code", {"email": member.email, "password": member.password})

    assert (forgot.status_code, answer.status_code) == (429, 202)


async def test_sessions_lose_the_second_factor_that_is_removed(tmp_path: Path) -> None:
    with running_house(tmp_path / "data", registration="open") as house:
        owner = Person(house, "owner@example.test", "copper lantern drift")
        wanted = {"email": owner.email, "password": owner.password, "name": "Owner", "token": house.owner_token}
        owner.tokens = (await house.post("/api/v1/auth/signup", wanted)).json()
        await owner.add_authenticator()
        with_factor = await owner.ask("GET", "/admin/users")
        assert (await owner.ask("DELETE", "/me/authenticator")).status_code == 204
        without = await owner.ask("GET", "/admin/users")

    assert (with_factor.status_code, without.status_code) == (200, 403)
