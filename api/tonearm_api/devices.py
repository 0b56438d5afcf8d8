"""What a device is called by people: a User-Agent (RFC 9110 §10.1.5) read roughly. Knows no screen.

Programs claim what they like, so this names a device to its owner and decides nothing.
"""

from __future__ import annotations

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""What a browser's line holds -> its name. Most call themselves Chrome and Safari as well, so those come last."""

_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_BROWSER = "Mozilla/"
_OWN = "tonearm/"
_MAX_NAME = 40


def device_text(user_agent: str) -> str:
    """`Firefox on Linux` for a browser, `Tonearm in a terminal` for our own client, else what it calls itself."""
    if user_agent.startswith(_OWN):
        return "Tonearm in a terminal"
    if not user_agent.startswith(_BROWSER):
        return _program(user_agent)
    browser = _first(_BROWSERS, user_agent) or "A browser"
    system = _first(_SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


def _program(user_agent: str) -> str:
    """The first product without its version: `curl` of `curl/8.14.1`."""
    product = user_agent.split(" ", 1)[0].split("/", 1)[0][:_MAX_NAME]
    return product if product and product != "unnamed" else "A program without a name"


def _first(signs: tuple[tuple[str, str], ...], line: str) -> str | None:
    return next((name for sign, name in signs if sign in line), None)
