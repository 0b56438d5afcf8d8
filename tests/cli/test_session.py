"""Addresses of servers: what is understood, what is refused, what is encrypted."""

from __future__ import annotations

import pytest

from tonearm_cli.problems import UsageFault
from tonearm_cli.session import clean_url, is_plain


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://music.example.org/", "https://music.example.org"),
        ("music.example.org", "https://music.example.org"),
        ("music.example.org:8443", "https://music.example.org:8443"),
        ("localhost:8337", "http://localhost:8337"),
        ("127.0.0.1:8337", "http://127.0.0.1:8337"),
        ("[::1]:8337", "http://[::1]:8337"),
        ("http://192.0.2.7:8337", "http://192.0.2.7:8337"),
        ("HTTPS://Music.Example.org", "https://music.example.org"),
    ],
)
def test_an_address_is_understood(typed: str, meant: str) -> None:
    assert meant == clean_url(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "ftp://host", "https://", "https://me:pw@host", "https://host/music", "https://host?x=1", "http://h:99999"],
)
def test_what_is_no_servers_address_is_refused(typed: str) -> None:
    with pytest.raises(UsageFault, match="address"):
        clean_url(typed)


@pytest.mark.parametrize(
    ("server", "plain"),
    [
        ("https://host", False),
        ("http://localhost:1", False),
        ("http://127.9.9.9", False),
        ("http://[::1]:80", False),
        ("http://host", True),
        ("http://192.0.2.1", True),
        ("http://localhost.example.org", True),
    ],
)
def test_http_is_plain_unless_it_stays_on_this_machine(server: str, plain: bool) -> None:
    assert plain is is_plain(server)
