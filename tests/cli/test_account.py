"""account and admin: one's own account from a shell, and what administrators do."""

from __future__ import annotations

import itertools

import pyotp
import pytest
from tests.cli.console import Ran, tonearm
from tests.support import OWNER_EMAIL, OWNER_PASSWORD, RunningServer, add_user

from tonearm_api import factors
from tonearm_api.client import Client
from tonearm_api.endpoint import Nothing

PASSWORD = "copper lantern drift"
NEW_PASSWORD = "velvet harbour sixteen"
_numbers = itertools.count(1)


async def sign_in(server: RunningServer, email: str, *more: str, password: str = PASSWORD) -> Ran:
    return await tonearm("login", server.url, "--email", email, "--password-stdin", *more, stdin=f"{password}\n")


@pytest.fixture
async def email(server: RunningServer) -> str:
    """Somebody new, who is signed in here."""
    address = f"shell{next(_numbers)}@example.test"
    add_user(server, address, PASSWORD)
    assert (await sign_in(server, address)).code == 0
    return address


async def test_the_account_is_shown_to_people_and_programs(email: str) -> None:
    people, programs = await tonearm("account", "show"), await tonearm("account", "show", "--json")

    assert ["e-mail", email] in people.rows
    assert ["authenticator", "no"] in people.rows
    assert (programs.document["account"]["email"], programs.document["factors"]["recovery_codes_left"]) == (email, 0)


@pytest.mark.usefixtures("email")
async def test_name_and_handle_are_changed_and_a_handle_is_given_up() -> None:
    changed = await tonearm("account", "edit", "--name", "Жанна", "--handle", "zhanna")
    given_up = await tonearm("account", "edit", "--handle", "", "--json")
    nothing = await tonearm("account", "edit")

    assert changed.stderr == "You are Жанна (@zhanna)\n"
    assert (given_up.document["account"]["name"], given_up.document["account"]["handle"]) == ("Жанна", None)
    assert nothing.code == 2


async def test_the_password_is_changed_by_two_lines_of_stdin(server: RunningServer, email: str) -> None:
    wrong = await tonearm("account", "password", "--password-stdin", stdin=f"not it at all\n{NEW_PASSWORD}\n")
    right = await tonearm("account", "password", "--password-stdin", stdin=f"{PASSWORD}\n{NEW_PASSWORD}\n")

    assert (wrong.code, right.code) == (4, 0)
    assert (await sign_in(server, email)).code == 4
    assert (await sign_in(server, email, password=NEW_PASSWORD)).code == 0


async def test_other_devices_are_listed_and_signed_out(server: RunningServer, email: str) -> None:
    async with Client(server.url) as elsewhere:
        await elsewhere.log_in(email=email, password=PASSWORD)
        before = (await tonearm("account", "devices", "--json")).document["items"]

        ran = await tonearm("account", "sign-out", "--others")

        after = (await tonearm("account", "devices", "--json")).document["items"]
    assert ran.code == 0
    assert ([each["is_this"] for each in before].count(True), len(before), len(after)) == (1, 2, 1)


async def test_which_devices_to_sign_out_has_to_be_said(email: str) -> None:
    assert email
    assert (await tonearm("account", "sign-out")).code == 2


async def test_an_account_with_an_authenticator_signs_in_with_its_code(server: RunningServer, email: str) -> None:
    async with Client(server.url) as client:
        await client.log_in(email=email, password=PASSWORD)
        seed = await client.call(factors.NEW_AUTHENTICATOR, Nothing())
        code = factors.ConfirmAuthenticator(code=pyotp.TOTP(seed.secret).now())
        codes = (await client.call(factors.CONFIRM_AUTHENTICATOR, code)).codes

    without = await sign_in(server, email)
    wrong = await sign_in(server, email, "--code", "aaaa-bbbb-cccc-dddd")
    right = await sign_in(server, email, "--code", codes[0])

    assert (without.code, "tonearm login --code CODE" in without.stderr) == (4, True)
    assert (wrong.code, right.code) == (4, 0)


@pytest.mark.usefixtures("owner")
async def test_an_administrator_invites_once_there_is_a_second_factor(server: RunningServer) -> None:
    async with Client(server.url) as client:
        await client.log_in(email=OWNER_EMAIL, password=OWNER_PASSWORD)
        await sign_in(server, OWNER_EMAIL, password=OWNER_PASSWORD)
        refused = await tonearm("admin", "invite")
        seed = await client.call(factors.NEW_AUTHENTICATOR, Nothing())
        code = factors.ConfirmAuthenticator(code=pyotp.TOTP(seed.secret).now())
        codes = (await client.call(factors.CONFIRM_AUTHENTICATOR, code)).codes
    await sign_in(server, OWNER_EMAIL, "--code", codes[0], password=OWNER_PASSWORD)

    made = await tonearm("admin", "invite", "--email", "grandma@example.test")
    listed = await tonearm("admin", "invitations")
    withdrawn = await tonearm("admin", "withdraw", listed.rows[0][0])
    again = await tonearm("admin", "withdraw", listed.rows[0][0])

    assert (refused.code, "tonearm account authenticator" in refused.stderr) == (4, True)
    assert made.stdout.startswith(f"{server.url}/signup#t=")
    assert [row[1] for row in listed.rows] == ["grandma@example.test"]
    assert (withdrawn.code, again.code) == (0, 3)
