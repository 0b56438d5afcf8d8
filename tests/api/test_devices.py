"""Devices have names that their owner knows them by."""

from __future__ import annotations

import pytest

from tonearm_api.devices import device_text

_LIKE_GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_LIKE_GECKO} Chrome/140.0 Safari/537.36", "Chrome on Windows"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_LIKE_GECKO} Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 (KHTML, like Gecko) Version/18 Safari/605",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605 (KHTML) CriOS/140.0 Safari/604",
            "Chrome on iPhone",
        ),
        (f"Mozilla/5.0 (Linux; Android 16; K) {_LIKE_GECKO} Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (something new)", "A browser"),
        ("tonearm/0.3.0", "Tonearm in a terminal"),
        ("curl/8.14.1", "curl"),
        ("unnamed", "A program without a name"),
        ("", "A program without a name"),
        ("x" * 200, "x" * 40),
    ],
)
def test_a_device_is_named_as_people_name_it(user_agent: str, name: str) -> None:
    assert device_text(user_agent) == name
