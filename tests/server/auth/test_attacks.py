"""Doors that were found open once: each stays shut."""

from __future__ import annotations

import httpx
import pytest
from tests.server.auth.conftest import MINUTE_S, House, Person

pytestmark = pytest.mark.db


async def test_a_header_that_a_browser_adds_by_itself_does_not_let_another_site_in(member: Person) -> None:
    headers = {"Authorization": "Basic eDp5", "Sec-Fetch-Site": "cross-site"}
    form = {"email": member.email, "password": member.password}

    async with httpx.AsyncClient(base_url=member.house.url) as http:
        answer = await http.post("/login", data=form, headers=headers)

    assert (answer.status_code, answer.headers.get("Set-Cookie")) == (403, None)


async def test_a_new_password_is_no_proof_of_the_second_factor(member: Person, house: House) -> None:
    await member.add_authenticator()
    house.clock.turn(s=4 * MINUTE_S)
    wanted = {"current_password": member.password, "new_password": "velvet harbour sixteen"}
    changed = await member.ask("POST", "/me/password", wanted)
    house.clock.turn(s=4 * MINUTE_S)

    assert (changed.status_code, (await member.ask("DELETE", "/me/authenticator")).status_code) == (204, 403)


async def test_a_line_break_at_the_end_makes_no_second_handle_or_address(member: Person, house: House) -> None:
    handle = await member.ask("PATCH", "/me", {"handle": "abc\n"})
    wanted = {"email": f"{member.email}\n", "password": member.password, "name": "Somebody"}

    assert (handle.status_code, (await house.post("/api/v1/auth/signup", wanted)).status_code) == (422, 422)
