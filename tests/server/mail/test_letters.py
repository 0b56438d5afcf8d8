"""What letters say, and what a hostile name or address can do in them: nothing."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tonearm_server.mail import letters
from tonearm_server.mail.letters import VALUES, Envelope, Letter, Undeliverable, compose, mailbox

SECRET = "iVeJ8a1lU2z9w5Zk1J8y7bq3yR6dT0pX4mN2cA9sQ1o"
LINK = f"https://music.example.test/reset#t={SECRET}"
EXAMPLES: dict[str, str | int] = {
    "name": "Ada",
    "invited_by": "Grace",
    "url": LINK,
    "login_url": "https://music.example.test/login",
    "forgot_url": "https://music.example.test/forgot",
    "server": "https://music.example.test",
    "code": "428913",
    "hours": 24,
    "minutes": 20,
    "days": 7,
    "left": 3,
    "when": 1_795_500_000_000,
    "device": "Firefox on Linux",
    "address": "203.0.113.9",
    "new_email_masked": "a…@example.test",
}
ENVELOPE = Envelope(mail_id="7qk2", written_at_ms=1_795_500_000_000, sender="music@example.test", host="example.test")


def received(template: str, *, to: str = "ada@example.test", **values: str | int) -> EmailMessage:
    """The letter as a mail program reads it from its bytes."""
    chosen = {name: {**EXAMPLES, **values}[name] for name in VALUES[template]}
    return message_from_bytes(compose(Letter(to, template, chosen), ENVELOPE).as_bytes(), policy=policy.default)


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


@pytest.mark.parametrize("template", VALUES)
def test_both_parts_of_every_letter_say_the_same(template: str) -> None:
    message = received(template)
    text, html = part(message, "plain"), part(message, "html")

    for name in VALUES[template]:
        shown = "2026-11-24 06:00 UTC" if name == "when" else str(EXAMPLES[name])
        assert shown in text, name
        assert shown in html, name
    words = re.sub(r"<style>.*?</style>|<title>.*?</title>|<h1.*?</h1>|<[^>]*>|\s|:", "", html, flags=re.DOTALL)
    assert words == re.sub(r"\s|:", "", text)


@pytest.mark.parametrize("template", VALUES)
def test_a_letter_loads_nothing_and_leads_nowhere_but_to_its_links(template: str) -> None:
    html = part(received(template), "html")

    assert re.findall(r"<(img|link|script|iframe|svg|form)\b|@import|url\(|src=", html) == []
    allowed = {EXAMPLES[name] for name in VALUES[template] if name.endswith("url")}
    assert set(re.findall(r'href="([^"]*)"', html)) == allowed


@pytest.mark.parametrize("template", VALUES)
def test_a_subject_holds_no_value(template: str) -> None:
    subject = (Path(letters.__file__).parent / "templates" / f"{template}.txt").read_text().splitlines()[0]

    assert subject.startswith("Subject: ")
    assert "{" not in subject


def test_a_link_can_be_read_in_the_bytes_of_a_letter() -> None:
    message = compose(Letter("ada@example.test", "reset", {"name": "Ada", "url": LINK, "minutes": 20}), ENVELOPE)

    assert f"\r\n{LINK}\r\n".encode() in message.as_bytes()


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Ада Лавлейс", "Hello Ада Лавлейс,"),
        ("山田太郎", "Hello 山田太郎,"),
        ("עדה", "Hello עדה,"),
        ("Mr. J. R. Smith", "Hello Mr. J. R. Smith,"),
        ("Ada\r\nBcc: eve@example.test", "Hello,"),
        ("Ada\r\nBcc: eve", "Hello Ada  Bcc: eve,"),
        ("Ada\n\nhttps://evil", "Hello,"),
        ("You won! evil.example", "Hello,"),
        ("www evil", "Hello,"),
        ("A" * 61, "Hello,"),
        ("\u202eadA", "Hello adA,"),
        ("<b>Ada</b> {{ url }}", "Hello <b>Ada</b> {{ url }},"),
    ],
)
def test_a_name_is_a_name_and_nothing_else(name: str, greeting: str) -> None:
    message = received("verify", name=name)

    assert part(message, "plain").splitlines()[0] == greeting
    assert "<b>" not in part(message, "html")
    assert message["Bcc"] is None
    assert len(re.findall("<a ", part(message, "html"))) == 1


def test_a_device_cannot_become_a_button() -> None:
    html = part(received("new_device", device="\n\nClick:\nhttps://evil.example/"), "html")

    assert "<a " not in html


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ada@example.test", "ada@example.test"),
        ("ada+music@Example.test", "ada+music@Example.test"),
        ("ada@пример.test", "ada@xn--e1afmkfd.test"),
        ('a"b,c@example.test', '"a\\"b,c"@example.test'),
        ("a<b>@example.test", '"a<b>"@example.test'),
    ],
)
def test_an_address_is_written_as_mail_servers_take_it(address: str, expected: str) -> None:
    assert mailbox(address).addr_spec == expected
    assert received("email_changed", to=address)["To"].addresses[0].addr_spec == expected


@pytest.mark.parametrize(
    "address",
    [
        "ada",
        "@example.test",
        "ada@",
        "ada@example..test",
        "ada@-example.test",
        "ada@exa mple.test",
        "ada@example.test>",
        "ada@example.test\r\nBcc: eve@example.test",
        "ada\r\nBcc: eve@example.test",
        "ada\x00@example.test",
        f"{'a' * 65}@example.test",
        f"ada@{'a' * 64}.test",
        "ada@[127.0.0.1]",
    ],
)
def test_what_is_no_address_gets_no_letter(address: str) -> None:
    with pytest.raises(Undeliverable):
        mailbox(address)


@pytest.mark.parametrize(("template", "values"), [("verify", {"name": "Ada"}), ("no_such", {}), ("reset", EXAMPLES)])
def test_a_letter_that_could_not_be_written_is_refused_at_once(template: str, values: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match=template):
        Letter("ada@example.test", template, values)


def test_a_letter_shows_nobody_what_it_holds() -> None:
    assert repr(Letter("ada@example.test", "email_changed", {"name": "Ada"})) == "Letter(template='email_changed')"
