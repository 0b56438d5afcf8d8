"""Signing up where mail is sent: the address is proved first, and nobody can lie in wait for its owner."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from tests.postgres import Backend
from tests.server.auth.conftest import DAY_S, House, Person, running_house, text_of
from tests.server.mail.postbox import Postbox, running_postbox
from tests.support import OWNER_EMAIL, OWNER_NAME, OWNER_PASSWORD, until

pytestmark = pytest.mark.db

VICTIM = "victim@example.test"
VICTIMS_PASSWORD = "copper lantern drift"  # a test's
ATTACKERS_PASSWORD = "velvet harbour sixteen"  # a test's


@dataclass
class Post:
    """A server that verifies addresses, and where its mail arrives."""

    house: House
    box: Postbox

    async def sign_up(self, email: str, password: str = VICTIMS_PASSWORD, **more: str) -> httpx.Response:
        return await self.house.post("/api/v1/auth/signup", {"email": email, "password": password, "name": "A", **more})

    async def verify(self, token: str, password: str = VICTIMS_PASSWORD) -> httpx.Response:
        return await self.house.post("/api/v1/auth/verify", {"token": token, "password": password})

    async def log_in(self, email: str, password: str = VICTIMS_PASSWORD) -> httpx.Response:
        return await self.house.post("/api/v1/auth/login", {"email": email, "password": password})

    async def text_to(self, email: str) -> str:
        """The next letter to that address, taken out of the box."""

        async def arrived() -> str | None:
            for message in self.box.messages:
                if message["To"] == email:
                    self.box.messages.remove(message)
                    return text_of(message)
            return None

        return await until(arrived, what=f"a letter to {email}")

    async def token_to(self, email: str) -> str:
        return (await self.text_to(email)).partition("#t=")[2].split()[0]

    async def new_account(self, email: str) -> Person:
        assert (await self.sign_up(email)).status_code == 202
        verified = await self.verify(await self.token_to(email))
        assert verified.status_code == 201, verified.text
        return Person(self.house, email, VICTIMS_PASSWORD, tokens=verified.json())


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Iterator[Post]:
    folder = tmp_path_factory.mktemp("post") / "data"
    with (
        running_postbox() as box,
        running_house(
            folder,
            registration="open",
            smtp_url=f"smtp://127.0.0.1:{box.port}",
            mail_from="music@example.test",
            **backend.settings(),
        ) as house,
    ):
        yield Post(house, box)


_numbers = iter(range(1, 1_000_000))


@pytest.fixture
def email() -> str:
    """An address that no test has used."""
    return f"victim{next(_numbers)}@example.test"


async def test_the_account_exists_once_the_mail_is_answered(post: Post, email: str) -> None:
    asked = await post.sign_up(email)
    before = await post.log_in(email)

    verified = await post.verify(await post.token_to(email))

    assert (asked.status_code, asked.content) == (202, b"")
    assert (before.status_code, verified.status_code) == (401, 201)
    assert (await post.log_in(email)).status_code == 200


async def test_the_owner_verifies_too_and_becomes_administrator(post: Post) -> None:
    wanted = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD, "name": OWNER_NAME, "token": post.house.owner_token}

    asked = await post.house.post("/api/v1/auth/signup", wanted)
    verified = await post.verify(await post.token_to(OWNER_EMAIL), OWNER_PASSWORD)
    again = await post.sign_up("second@example.test", token=post.house.owner_token)

    owner = Person(post.house, OWNER_EMAIL, OWNER_PASSWORD, tokens=verified.json())
    assert asked.status_code == 202
    assert (await owner.ask("GET", "/me")).json()["is_admin"] is True
    assert again.status_code == 410


async def test_known_and_unknown_addresses_are_answered_alike(post: Post, email: str) -> None:
    await post.new_account(email)

    known = await post.sign_up(email)
    unknown = await post.sign_up(f"other-{email}")

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"")
    assert sorted(known.headers) == sorted(unknown.headers)


async def test_who_has_an_account_is_told_so_and_gets_no_second_one(post: Post, email: str) -> None:
    await post.new_account(email)

    await post.sign_up(email, ATTACKERS_PASSWORD)

    assert "#t=" not in await post.text_to(email)
    assert (await post.log_in(email, ATTACKERS_PASSWORD)).status_code == 401
    assert (await post.log_in(email)).status_code == 200


async def test_the_link_alone_is_not_enough(post: Post, email: str) -> None:
    """Whoever opens the mail has to know the password that was chosen: else it was somebody else's sign-up."""
    await post.sign_up(email)
    token = await post.token_to(email)

    wrong = await post.verify(token, ATTACKERS_PASSWORD)
    right = await post.verify(token)

    assert (wrong.status_code, wrong.json()["code"], right.status_code) == (401, "wrong_credentials", 201)


async def test_a_link_survives_four_wrong_passwords_and_not_five(post: Post, email: str) -> None:
    await post.sign_up(email)
    token = await post.token_to(email)

    statuses = [(await post.verify(token, ATTACKERS_PASSWORD)).status_code for _ in range(5)]

    assert statuses == [401] * 5
    assert (await post.verify(token)).status_code == 410


async def test_a_link_is_over_after_a_day(post: Post, email: str) -> None:
    await post.sign_up(email)
    token = await post.token_to(email)

    post.house.clock.turn(s=DAY_S)

    assert (await post.verify(token)).status_code == 410


async def test_of_ten_answers_at_once_one_makes_the_account(post: Post, email: str) -> None:
    await post.sign_up(email)
    token = await post.token_to(email)

    answers = await asyncio.gather(*(post.verify(token) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201] + [410] * 4


async def test_opening_the_link_uses_nothing_up(post: Post, email: str) -> None:
    """Mail scanners open links; the token travels behind the `#`, which they do not even send (threat T45)."""
    await post.sign_up(email)
    token = await post.token_to(email)

    for _ in range(10):
        await post.house.ask("GET", f"/verify#t={token}")

    assert (await post.verify(token)).status_code == 201


# Five ways to lie in wait for an account ("pre-hijacking", threat T29). Each ends with the victim the only owner.


async def test_an_earlier_sign_up_with_the_victims_address_is_void(post: Post, email: str) -> None:
    """The classic: the attacker chooses a password first, and waits for the victim to verify the address."""
    await post.sign_up(email, ATTACKERS_PASSWORD)
    attackers_token = await post.token_to(email)

    victim = await post.new_account(email)

    assert (await post.log_in(email, ATTACKERS_PASSWORD)).status_code == 401
    assert (await post.verify(attackers_token, ATTACKERS_PASSWORD)).status_code == 410
    assert (await victim.ask("GET", "/me")).json()["email"] == email


async def test_a_session_from_before_a_reset_is_over(post: Post, email: str) -> None:
    """Unexpired session: somebody who knew the password once stays signed in nowhere."""
    attacker = await post.new_account(email)
    await post.house.post("/api/v1/auth/forgot", {"email": email})
    body = {"token": await post.token_to(email), "password": ATTACKERS_PASSWORD}

    assert (await post.house.post("/api/v1/auth/reset", body)).status_code == 204

    refresh = {"refresh_token": attacker.tokens["refresh_token"]}
    assert (await attacker.ask("GET", "/me")).status_code == 401
    assert (await post.house.post("/api/v1/auth/refresh", refresh)).status_code == 401


async def test_an_address_change_from_before_a_reset_is_void(post: Post, email: str) -> None:
    """Unexpired e-mail change: the attacker asked for it while he had the account."""
    attacker = await post.new_account(email)
    await attacker.ask("POST", "/me/email", {"email": f"attacker-{email}"})
    stolen = await post.token_to(f"attacker-{email}")
    await post.text_to(email)
    await post.house.post("/api/v1/auth/forgot", {"email": email})
    await post.house.post("/api/v1/auth/reset", {"token": await post.token_to(email), "password": ATTACKERS_PASSWORD})
    victim = Person(post.house, email, ATTACKERS_PASSWORD)
    await victim.log_in()

    assert (await victim.ask("POST", "/me/email/confirm", {"token": stolen})).status_code == 410


async def test_the_attackers_own_account_cannot_take_the_victims_address(post: Post, email: str) -> None:
    """Trojan identifier: the attacker's account asks for the victim's address, and the victim clicks the link."""
    attacker = await post.new_account(f"attacker-{email}")
    await attacker.ask("POST", "/me/email", {"email": email})
    token = await post.token_to(email)
    victim = await post.new_account(email)

    by_victim = await victim.ask("POST", "/me/email/confirm", {"token": token})
    by_attacker = await attacker.ask("POST", "/me/email/confirm", {"token": token})

    assert (by_victim.status_code, by_attacker.status_code) == (410, 409)
    assert (await victim.ask("GET", "/me")).json()["email"] == email


async def test_an_unverified_sign_up_can_do_nothing(post: Post, email: str) -> None:
    """Non-verifying: whoever never answered the mail can neither sign in nor reset nor block the address."""
    await post.sign_up(email, ATTACKERS_PASSWORD)
    await post.text_to(email)
    await post.house.post("/api/v1/auth/forgot", {"email": email})

    assert (await post.log_in(email, ATTACKERS_PASSWORD)).status_code == 401
    assert (await post.new_account(email)).tokens
