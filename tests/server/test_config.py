"""Settings of mail and of rate limits: what they come to, and which faults are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonearm_server.config import Config, FaultyConfig, RateLimits, SMTPServer, load_config

SECRET = "hunter2:@/%"
QUOTED = "hunter2%3A%40%2F%25"


def settings(monkeypatch: pytest.MonkeyPatch, **given: str) -> Config:
    monkeypatch.delenv("TONEARM_CONFIG_DIR", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(f"TONEARM_{name.upper()}", value)
    return load_config()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (f"smtp://music:{QUOTED}@mail.example.org", SMTPServer("mail.example.org", 587, "music", SECRET, False)),
        ("smtps://mail.example.org/", SMTPServer("mail.example.org", 465, None, None, True)),
        ("smtp://[::1]:25", SMTPServer("::1", 25, None, None, False)),
    ],
)
def test_the_address_of_a_mail_server_says_everything(
    monkeypatch: pytest.MonkeyPatch, given: str, expected: SMTPServer
) -> None:
    config = settings(monkeypatch, smtp_url=given, mail_from="music@example.org")

    assert (config.smtp, config.sends_mail) == (expected, True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "tonearm@localhost"),
        ({"public_url": "https://music.example.org"}, "tonearm@music.example.org"),
        ({"public_url": "http://192.0.2.1:8337"}, "tonearm@localhost"),
        ({"public_url": "https://music.example.org", "mail_from": "ada@example.org"}, "ada@example.org"),
        ({"public_url": "https://music.example.org", "smtp_url": "smtp://localhost"}, "tonearm@music.example.org"),
    ],
)
def test_mail_comes_from_the_public_url_unless_something_else_is_said(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: str
) -> None:
    assert settings(monkeypatch, **given).mail_from == expected


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"smtp_url": "mail.example.org"}, "SMTP_URL"),
        ({"smtp_url": f"http://music:{SECRET}@mail.example.org"}, "SMTP_URL"),
        ({"smtp_url": f"smtp://music:{QUOTED}@mail.example.org:99999"}, "SMTP_URL"),
        ({"smtp_url": "smtp://music@mail.example.org"}, "SMTP_URL"),
        ({"smtp_url": "smtp://mail.example.org?starttls=no"}, "SMTP_URL"),
        ({"smtp_url": "smtp://mail.example.org"}, "MAIL_FROM"),
        ({"smtp_url": "smtp://mail.example.org", "public_url": "http://192.0.2.1"}, "MAIL_FROM"),
        ({"mail_from": "Ada <ada@example.org>"}, "MAIL_FROM"),
        ({"mail_from": "ada@example.org\nBcc: eve@example.org"}, "MAIL_FROM"),
        ({"redis_url": "localhost:6379"}, "REDIS_URL"),
        ({"redis_url": f"http://:{QUOTED}@localhost"}, "REDIS_URL"),
        ({"rate_limits": "some"}, "RATE_LIMITS"),
        ({"rate_limits": "off", "host": "192.0.2.1"}, "RATE_LIMITS"),
        ({"rate_limits": "off", "host": "music.lan"}, "RATE_LIMITS"),
        ({"rate_limits": "off", "public_url": "https://music.example.org"}, "RATE_LIMITS"),
    ],
)
def test_a_faulty_setting_is_named_without_what_it_holds(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], faulty: str
) -> None:
    with pytest.raises(FaultyConfig) as caught:
        settings(monkeypatch, **given)

    lines = caught.value.detail.splitlines()
    named = [line.split()[0] for line in lines]
    assert f"TONEARM_{faulty}" in named
    assert "hunter2" not in caught.value.detail


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_rate_limits_may_be_off_on_this_machine_alone(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    config = settings(monkeypatch, rate_limits="off", host=host, public_url="https://127.0.0.1:8443")

    assert config.rate_limits is RateLimits.OFF


def test_the_addresses_with_passwords_may_stand_in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (
        ("smtp_url", f"smtp://music:{QUOTED}@localhost"),
        ("redis_url", f"redis://:{QUOTED}@localhost"),
    ):
        (tmp_path / name).write_text(f"{value}\n")

    config = settings(
        monkeypatch,
        smtp_url_file=str(tmp_path / "smtp_url"),
        redis_url_file=str(tmp_path / "redis_url"),
        mail_from="music@example.org",
    )

    assert config.redis == f"redis://:{QUOTED}@localhost"
    assert config.smtp is not None
    assert config.smtp.password == SECRET
    assert "hunter2" not in str(config.model_dump(mode="json"))
