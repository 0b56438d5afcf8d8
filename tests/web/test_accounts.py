"""Accounts in a browser: from signing up to leaving, with real mail, a phone's authenticator and a clock that turns."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.server.auth.conftest import MINUTE_S, House, running_house, text_of
from tests.server.mail.postbox import Postbox, running_postbox
from tests.support import OWNER_EMAIL, OWNER_NAME, OWNER_PASSWORD, until
from tests.web.browsing import DESKTOP, PHONE, small_targets, violations, watch

pytestmark = pytest.mark.browser

PASSWORD = "copper lantern drift"  # a test's
NEW_PASSWORD = "velvet harbour sixteen"  # a test's

_CODE_LIFE_S = 30


@dataclass
class Place:
    """A server that verifies addresses, and where its mail arrives."""

    house: House
    box: Postbox

    async def text_to(self, email: str, *, about: str = "") -> str:
        """The next letter to that address, taken out of the box."""

        async def arrived() -> str | None:
            for message in self.box.messages:
                if message["To"] == email and about in message["Subject"]:
                    self.box.messages.remove(message)
                    return text_of(message)
            return None

        return await until(arrived, what=f"a letter to {email}")

    async def link_to(self, email: str, *, about: str = "") -> str:
        found = re.search(r"http\S+#t=\S+", await self.text_to(email, about=about))
        assert found is not None
        return found[0]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    data = tmp_path_factory.mktemp("accounts") / "data"
    with running_postbox() as box:
        settings = {"smtp_url": f"smtp://127.0.0.1:{box.port}", "mail_from": "music@example.test"}
        with running_house(data, registration="open", **settings) as house:
            yield Place(house, box)


@dataclass
class Visitor:
    """Somebody with a browser. Every page that they look at is checked for what axe and fingers complain about."""

    place: Place
    context: BrowserContext
    page: Page
    complaints: list[str]

    async def look(self, path: str) -> None:
        await self.page.goto(path)
        await self.check()

    async def check(self) -> None:
        """Axe finds nothing, a finger hits everything, and nothing is wider than the screen."""
        faults = [*await violations(self.page), *await small_targets(self.page)]
        width = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        faults += [f"{width} px too wide"] if width > 0 else []
        assert (self.page.url, faults) == (self.page.url, [])

    async def fill(self, **fields: str) -> None:
        for name, text in fields.items():
            await self.page.fill(f"#{name}", text)

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def arrive(self, path: str) -> None:
        await self.page.wait_for_url(lambda url: urlsplit(url).path == path)

    async def sign_up(self, email: str, *, link: str = "/signup", name: str = "Bea") -> None:
        """And verify the address."""
        await self.page.goto(link)
        await self.fill(name=name, email=email, password=PASSWORD)
        await self.press("Make the account")
        await self.arrive("/signup/mailed")
        await self.page.goto(await self.place.link_to(email))
        await self.fill(password=PASSWORD)
        await self.press("Confirm and sign in")
        await self.arrive("/")

    async def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """The password; a code may be asked for after it."""
        await self.page.goto("/login")
        await self.fill(email=email, password=password)
        await self.press("Sign in")

    async def give_code(self, code: str, *, trust: bool = False) -> None:
        """Of the second factor, on the page after the password."""
        await self.arrive("/login/code")
        await self.fill(code=code)
        if trust:
            await self.page.check("[name=trust]")
        await self.press("Go on")

    async def confirm(self, password: str, code: str) -> None:
        """That it is them, where the page asks."""
        await self.fill(my_password=password, my_code=code)
        await self.press("Go on")

    async def read_done(self) -> str:
        """What the form just sent has done."""
        return await self.page.inner_text(".done")

    async def sign_out(self) -> None:
        await self.page.goto("/me/sessions")
        await self.page.locator("form[action='/logout'] button").click()
        await self.arrive("/login")

    async def set_up_authenticator(self, *, looking: bool = False) -> tuple[pyotp.TOTP, list[str]]:
        """The phone's side of it, and the recovery codes. `looking`: the pages are checked on the way."""
        await self.page.goto("/me/factor")
        await self.press("Set up an authenticator")
        totp = pyotp.TOTP("".join((await self.page.inner_text("#secret")).split()))
        if looking:
            await self.check()
        await self.fill(code=self.code(totp))
        await self.press("Turn it on")
        await self.page.wait_for_selector("#codes")
        if looking:
            await self.check()
        codes = await self.page.locator("#codes code").all_inner_texts()
        self.turn(_CODE_LIFE_S)  # the code just used is no longer good
        return totp, codes

    def code(self, totp: pyotp.TOTP) -> str:
        """What the phone shows now."""
        return totp.at(self.place.house.clock.ms // 1000)

    def turn(self, seconds: float) -> None:
        self.place.house.clock.turn(s=seconds)

    async def text(self) -> str:
        return await self.page.inner_text("main")


@asynccontextmanager
async def visiting(chromium: Browser, place: Place, *, scripts: bool = True) -> AsyncIterator[Visitor]:
    """A browser that nobody has used before. Whatever its pages complain about fails the test."""
    context = await chromium.new_context(
        base_url=place.house.url, viewport=PHONE, color_scheme="dark", java_script_enabled=scripts
    )
    page = await context.new_page()
    complaints: list[str] = []
    await watch(page, complaints)
    yield Visitor(place, context, page, complaints)
    await context.close()
    assert [line for line in complaints if not line.startswith("Failed to load resource")] == []  # 401 of wrong codes


@pytest.fixture
async def visitor(chromium: Browser, place: Place) -> AsyncIterator[Visitor]:
    async with visiting(chromium, place) as visitor:
        yield visitor


async def test_from_signing_up_to_a_remembered_device(visitor: Visitor) -> None:
    email, page = "bea@example.test", visitor.page
    await visitor.look("/signup")
    await visitor.fill(name="Bea", email=email, password=PASSWORD)
    await visitor.press("Make the account")
    await visitor.arrive("/signup/mailed")
    await visitor.check()

    await visitor.look(await visitor.place.link_to(email))
    assert not await page.is_visible("#token")
    assert "#" not in page.url
    await visitor.fill(password=PASSWORD)
    await visitor.press("Confirm and sign in")
    await visitor.arrive("/")

    await visitor.look("/me")
    await visitor.look("/me/factor")
    totp, codes = await visitor.set_up_authenticator(looking=True)
    assert len(set(codes)) == 10

    await visitor.sign_out()
    await visitor.sign_in(email)
    await visitor.give_code("000000")
    assert "That code is wrong" in await visitor.text()
    await visitor.check()
    await visitor.give_code(visitor.code(totp), trust=True)
    await visitor.arrive("/")

    await visitor.sign_out()
    await visitor.sign_in(email)
    await visitor.arrive("/")


async def test_a_device_is_asked_again_and_the_paper_stands_in_for_the_phone(visitor: Visitor) -> None:
    email, page = "bob@example.test", visitor.page
    await visitor.sign_up(email, name="Bob")
    totp, codes = await visitor.set_up_authenticator()
    await visitor.sign_out()
    await visitor.sign_in(email)
    await visitor.give_code(visitor.code(totp), trust=True)
    await visitor.arrive("/")

    await visitor.look("/me/factor")
    await visitor.press("Ask again on Chrome on Linux")
    assert await visitor.read_done() == "That device is asked for a code again."
    await visitor.sign_out()
    await visitor.sign_in(email)
    await visitor.arrive("/login/code")
    await page.click("summary")
    await visitor.check()
    await visitor.fill(recovery=codes[3].upper())
    await visitor.press("Go on with this code")
    await visitor.arrive("/")

    await page.goto("/me/factor")
    assert "9 of 10 are left" in await visitor.text()
    await visitor.press("Make ten new ones")
    fresh = await page.locator("#codes code").all_inner_texts()
    assert (len(fresh), set(fresh) & set(codes)) == (10, set())


async def test_a_new_address_counts_once_its_mail_is_answered(visitor: Visitor) -> None:
    old, new, page = "cleo@example.test", "cleo.new@example.test", visitor.page
    await visitor.sign_up(old, name="Cleo")
    totp, _ = await visitor.set_up_authenticator()
    visitor.turn(6 * MINUTE_S)

    await visitor.look("/me/email")
    await visitor.fill(email=new)
    await visitor.press("Send the mail")
    await visitor.check()
    await visitor.confirm("not the password", visitor.code(totp))
    assert "That is not the password" in await visitor.text()
    await visitor.confirm(PASSWORD, visitor.code(totp))
    assert "A mail is on its way" in await visitor.read_done()

    assert new not in await visitor.place.text_to(old, about="about to change")
    link = await visitor.place.link_to(new)
    visitor.turn(_CODE_LIFE_S)
    await visitor.sign_out()
    await visitor.look(link)
    await visitor.arrive("/login")
    assert parse_qs(urlsplit(page.url).query) == {"next": ["/me/email"]}
    await visitor.fill(email=old, password=PASSWORD)
    await visitor.press("Sign in")
    await visitor.give_code(visitor.code(totp))
    await visitor.arrive("/me/email")
    assert not await page.is_visible("#token")
    await visitor.check()
    await visitor.press("Confirm")
    assert await visitor.read_done() == "Your e-mail address has changed."
    assert f"You sign in with {new}" in await visitor.text()


async def test_what_is_dangerous_asks_for_the_password_again_after_a_while(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.sign_up("carl@example.test", name="Carl")
    totp, _ = await visitor.set_up_authenticator()
    visitor.turn(6 * MINUTE_S)

    await page.goto("/me/password")
    await visitor.arrive("/confirm")
    await visitor.check()
    await visitor.confirm(PASSWORD, visitor.code(totp))
    await visitor.arrive("/me/password")
    await visitor.fill(current_password="not the password", new_password=NEW_PASSWORD)
    await visitor.press("Change the password")
    assert await page.inner_text("#current_password-fault") == "That is not the current password"
    await visitor.check()
    await visitor.fill(current_password=PASSWORD, new_password=NEW_PASSWORD)
    await visitor.press("Change the password")
    assert "Your password has changed" in await visitor.read_done()

    visitor.turn(6 * MINUTE_S)
    await page.goto("/me/factor")
    await visitor.press("Remove the authenticator")
    assert await page.is_visible("#my_password")
    await visitor.confirm(NEW_PASSWORD, visitor.code(totp))
    assert await visitor.read_done() == "The second factor is removed."
    assert "Set up an authenticator" in await visitor.text()


async def test_a_password_is_forgotten_and_chosen_anew_without_a_script(chromium: Browser, place: Place) -> None:
    email = "dora@example.test"
    async with visiting(chromium, place) as before:
        await before.sign_up(email, name="Dora")
        totp, _ = await before.set_up_authenticator()

        async with visiting(chromium, place, scripts=False) as visitor:
            page = visitor.page
            await visitor.sign_in(email, "not the password")
            assert "E-mail or password is wrong" in await visitor.text()
            await page.click("text=Forgot your password?")
            await visitor.fill(email=email)
            await visitor.press("Send the mail")
            await visitor.arrive("/forgot/mailed")
            link = await place.link_to(email, about="password")
            for _ in range(3):
                await page.goto(link)  # looking at it uses nothing up
            await visitor.fill(token=link.partition("#t=")[2], password="password12")  # a weak one
            await visitor.press("Set the new password")
            assert await page.is_visible("#password-fault")
            await visitor.fill(password=NEW_PASSWORD)
            await visitor.press("Set the new password")
            await visitor.arrive("/login")
            assert "Your new password is set" in await visitor.text()

            await visitor.fill(email=email, password=NEW_PASSWORD)
            await visitor.press("Sign in")
            await visitor.give_code(visitor.code(totp))
            await visitor.arrive("/")
            await page.goto("/me")
            assert "Dora" in await visitor.text()

        await before.page.goto("/me")
        await before.arrive("/login")


async def test_one_browser_signs_the_other_out(chromium: Browser, place: Place, visitor: Visitor) -> None:
    email = "edda@example.test"
    await visitor.sign_up(email, name="Edda")
    async with visiting(chromium, place) as elsewhere:
        await elsewhere.sign_in(email)
        await elsewhere.arrive("/")

        await visitor.look("/me/sessions")
        assert (
            await visitor.page.locator(".things .name").all_inner_texts()
            == [
                "Chrome on Linux",
                "Chrome on Linux this device",
            ]
            or "this device" in await visitor.text()
        )
        await visitor.page.get_by_role("button", name="Sign out Chrome on Linux", exact=True).click()
        await visitor.page.wait_for_selector(".done")

        await elsewhere.page.goto("/me/sessions")
        await elsewhere.arrive("/login")
    assert await visitor.page.locator(".things li").count() == 1


async def test_an_administrator_sets_up_a_factor_and_invites_somebody(
    chromium: Browser, place: Place, visitor: Visitor
) -> None:
    page, guest = visitor.page, "fay@example.test"
    await page.goto(f"/signup#t={place.house.owner_token}")
    await visitor.fill(name=OWNER_NAME, email=OWNER_EMAIL, password=OWNER_PASSWORD)
    await visitor.press("Make the account")
    await page.goto(await place.link_to(OWNER_EMAIL))
    await visitor.fill(password=OWNER_PASSWORD)
    await visitor.press("Confirm and sign in")
    await visitor.arrive("/")

    await page.goto("/me")
    assert "You are an administrator" in await visitor.text()
    await page.click("text=Invitations")
    await visitor.check()
    assert "A second factor first" in await visitor.text()
    await page.click("text=Set up a second factor")
    await visitor.set_up_authenticator()

    await visitor.look("/me/invitations")
    await visitor.press("Invite")
    await visitor.check()
    link = await page.inner_text("#link")
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visitor.press("Copy the link")
    await page.locator("#status", has_text="The link is copied").wait_for()
    assert await page.evaluate("navigator.clipboard.readText()") == link
    async with visiting(chromium, place) as invited:
        await invited.sign_up(guest, link=link, name="Fay")

    await page.goto("/me/invitations")
    assert await page.locator(".things li").count() == 0
    await visitor.fill(email="gil@example.test")
    await visitor.press("Invite")
    withdrawn = await place.link_to("gil@example.test")
    await visitor.press("Withdraw the invitation of gil@example.test")
    assert "The invitation is withdrawn" in await visitor.read_done()
    async with visiting(chromium, place) as late:
        await late.page.goto(withdrawn)
        await late.fill(name="Gil", email="gil@example.test", password=PASSWORD)
        await late.press("Make the account")
        assert "has been used or has expired" in await late.text()


async def test_codes_by_mail_confirm_a_sign_in(visitor: Visitor) -> None:
    email, page = "hana@example.test", visitor.page
    await visitor.sign_up(email, name="Hana")
    await page.goto("/me/factor")
    await visitor.press("Confirm sign-ins by mail")
    await page.wait_for_selector(".done")
    await visitor.sign_out()

    await visitor.sign_in(email)
    await visitor.arrive("/login/code")
    await visitor.check()
    first = await _mailed_code(visitor.place, email)
    await visitor.press("Send another code")
    await page.wait_for_selector(".done")
    second = await _mailed_code(visitor.place, email)
    if first != second:
        await visitor.give_code(first)
        assert "That code is wrong" in await visitor.text()
    await visitor.give_code(f"{second[:4]} {second[4:]}")
    await visitor.arrive("/")

    await visitor.sign_out()
    await visitor.sign_in(email)
    await visitor.arrive("/login/code")
    visitor.turn(11 * MINUTE_S)
    await visitor.give_code("12345678")
    await visitor.arrive("/login")
    assert "That took too long" in await visitor.text()


async def test_every_page_is_in_order_on_a_wide_screen_in_the_light(visitor: Visitor) -> None:
    await visitor.page.set_viewport_size(DESKTOP)
    await visitor.page.emulate_media(color_scheme="light")
    for path in ("/login", "/signup", "/signup/mailed", "/verify", "/forgot", "/forgot/mailed", "/reset"):
        await visitor.look(path)
    await visitor.sign_up("ida@example.test", name="Ida")
    for path in ("/me", "/me/email", "/me/password", "/me/factor", "/me/sessions", "/confirm"):
        await visitor.look(path)

    await visitor.look("/me/profile")
    await visitor.fill(name="Ида", handle="No Handle!")
    await visitor.press("Save")
    assert await visitor.page.is_visible("#handle-fault")
    await visitor.check()
    await visitor.fill(handle="ida")
    await visitor.press("Save")
    await visitor.page.wait_for_selector(".done")
    assert await visitor.page.inner_text("header .who") == "Ида"


async def test_who_guesses_reads_how_long_to_wait(chromium: Browser, place: Place) -> None:
    async with visiting(chromium, place, scripts=False) as visitor:
        for _ in range(6):
            await visitor.sign_in("nobody@example.test", "not the password")

        assert "There were too many tries. Try again in 1 second." in await visitor.text()
        assert await visitor.page.input_value("#email") == "nobody@example.test"


async def _mailed_code(place: Place, email: str) -> str:
    found = re.search(r"\b\d{8}\b", await place.text_to(email, about="code"))
    assert found is not None
    return found[0]
