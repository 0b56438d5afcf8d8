"""Letters that leave this machine: a server whose clock is turned, and a mail server that takes real SMTP."""

from __future__ import annotations

import itertools
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pydantic import SecretStr
from tests.server.auth.conftest import House, running_house, text_of
from tests.server.mail.postbox import PASSWORD, USER, Postbox, make_certificate, running_postbox
from tests.support import OWNER_PASSWORD, until

from tonearm_api.errors import Unavailable
from tonearm_server.config import Config
from tonearm_server.mail.letters import Envelope, Letter, Undeliverable, compose
from tonearm_server.mail.smtp import SMTPCarrier

FROM = "music@example.test"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def postbox() -> Iterator[Postbox]:
    with running_postbox() as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, postbox: Postbox) -> Iterator[House]:
    data, smtp_url = tmp_path_factory.mktemp("house") / "data", f"smtp://127.0.0.1:{postbox.port}"
    with running_house(data, smtp_url=smtp_url, mail_from=FROM, registration="open") as running:
        yield running


def new_address() -> str:
    return f"ada{next(_numbers)}@example.test"


async def sign_up(house: House, email: str, *, name: str = "Ada") -> None:
    """Makes one letter; the workers look for others whose time has come, too."""
    wanted = {"email": email, "password": OWNER_PASSWORD, "name": name}
    answer = await house.post("/api/v1/auth/signup", wanted)
    assert answer.status_code == 202, answer.text


def settled(house: House, column: str) -> Callable[[], Awaitable[bool]]:
    """Whether no letter waits any more, and one has a time in that column and nothing else left."""

    async def is_so() -> bool:
        with sqlite3.connect(house.data / "tonearm.db") as database:
            found = database.execute(f"SELECT sealed, {column} FROM mail ORDER BY created_at_ms, rowid").fetchall()
        return found[-1][0] == "" and found[-1][1] is not None

    return is_so


def logged(caplog: pytest.LogCaptureFixture, words: str) -> Callable[[], Awaitable[bool]]:
    async def found() -> bool:
        return words in caplog.text

    return found


async def test_a_letter_comes_as_text_and_as_html_and_leaves_nothing_in_the_database(
    house: House, postbox: Postbox
) -> None:
    email = new_address()

    await sign_up(house, email)

    message = await postbox.letter(email)
    html = message.get_body(("html",))
    assert html is not None
    token = text_of(message).partition("#t=")[2].split()[0]
    assert len(token) == 43
    assert f'#t={token}"' in html.get_content()
    assert (str(message["From"]), message["Auto-Submitted"]) == (f"Tonearm <{FROM}>", "auto-generated")
    assert message["Message-ID"].endswith("@example.test>")
    assert token not in message["Subject"]
    await until(settled(house, "sent_at_ms"), what="a note that it was sent")


async def test_a_mail_server_that_says_later_is_asked_again_and_until_then_all_is_sealed(
    house: House, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    email = new_address()
    postbox.answers[email] = [f"451 Greylisted: {email}"]

    await sign_up(house, email)
    await until(logged(caplog, "451"), what="a line about the answer")
    in_the_files = b"".join(path.read_bytes() for path in house.data.glob("tonearm.db*"))
    assert [str(message["To"]) for message in postbox.messages if message["To"] == email] == []

    house.clock.turn(s=10)
    await sign_up(house, new_address())
    token = text_of(await postbox.letter(email)).partition("#t=")[2].split()[0]
    assert token.encode() not in in_the_files
    assert email not in caplog.text


async def test_a_mail_server_that_says_never_is_not_asked_again(
    house: House, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    email, other = new_address(), new_address()
    postbox.answers[email] = [f"550 No such person: {email}"]

    await sign_up(house, email)
    await until(settled(house, "refused_at_ms"), what="a note that it was refused")
    house.clock.turn(s=3600)
    await sign_up(house, other)
    await postbox.letter(other)

    assert postbox.seen.count(email) == 1
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line for line in warnings if "verify" in line and "550" in line] != []
    assert email not in caplog.text


async def test_an_address_in_another_script_is_delivered(house: House, postbox: Postbox) -> None:
    await sign_up(house, "почта@пример.test", name="Ада")

    message = await postbox.letter("почта@xn--e1afmkfd.test")
    assert text_of(message).startswith("Hello Ада,")


async def test_an_address_that_no_mailbox_has_is_given_up_at_once(house: House, postbox: Postbox) -> None:
    before = list(postbox.seen)

    await sign_up(house, "ada@<example>.test")

    await until(settled(house, "refused_at_ms"), what="a note that it was refused")
    assert postbox.seen == before


async def carry(url: str, *, to: str = "ada@example.test") -> None:
    """Hand one letter in, as the server does with that setting."""
    server = Config(smtp_url=SecretStr(url), mail_from=FROM).smtp
    assert server is not None
    letter = Letter(to, "email_changed", {"name": "Ada"})
    message = compose(letter, Envelope(mail_id="one", written_at_ms=0, sender=FROM, host="example.test"))
    await SMTPCarrier(server, sender=FROM, host="example.test").carry(message, mail_id="one", written_at_ms=0)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the mail server is on loopback
async def test_a_password_leaves_this_machine_in_clear_never() -> None:
    user = f"{USER}:{quote(PASSWORD, safe='')}"
    with running_postbox(asks_for_password=True) as postbox:
        await carry(f"smtp://{user}@127.0.0.1:{postbox.port}")
        with pytest.raises(Unavailable):
            await carry(f"smtp://{user}@127.1:{postbox.port}")  # leads to loopback, which its name does not tell

    assert postbox.logins == [PASSWORD.encode()]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the mail server is on loopback
async def test_a_wrong_password_is_no_reason_to_give_the_letter_up() -> None:
    with running_postbox(asks_for_password=True) as postbox, pytest.raises(Unavailable, match="535") as caught:
        await carry(f"smtp://{USER}:wrong@127.0.0.1:{postbox.port}")

    assert "wrong" not in str(caught.value)


async def test_a_relay_on_this_machine_is_spoken_to_over_whatever_tls_it_offers(tmp_path: Path) -> None:
    context, _ = make_certificate(tmp_path)
    with running_postbox(context=context) as postbox:
        await carry(f"smtp://127.0.0.1:{postbox.port}")

    assert postbox.used_tls == [True]


async def test_a_password_goes_to_a_mail_server_with_a_trusted_certificate_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, certificate = make_certificate(tmp_path)
    with running_postbox(context=context, asks_for_password=True) as postbox:
        url = f"smtp://{USER}:{quote(PASSWORD, safe='')}@127.1:{postbox.port}"
        with pytest.raises(Unavailable, match="certificate verify failed"):
            await carry(url)
        assert postbox.logins == []

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        await carry(url)

    assert postbox.used_tls == [True]


async def test_tls_at_once_needs_a_certificate_that_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, certificate = make_certificate(tmp_path)
    with running_postbox(context=context, starts_with_tls=True) as postbox:
        url = f"smtps://127.0.0.1:{postbox.port}"
        with pytest.raises(Unavailable, match="certificate verify failed"):
            await carry(url)
        assert postbox.messages == []

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        await carry(url)

    assert len(postbox.messages) == 1


async def test_a_mail_server_without_smtputf8_is_not_asked_for_it() -> None:
    with running_postbox(knows_all_scripts=False) as postbox, pytest.raises(Undeliverable, match="SMTPUTF8"):
        await carry(f"smtp://127.0.0.1:{postbox.port}", to="почта@example.test")

    assert postbox.seen == []
