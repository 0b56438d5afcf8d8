"""What an import really loads, in a process of its own: start-up time and the sandbox depend on it."""

import json
import subprocess
import sys

import pytest

LIST_MODULES = (
    "import json, sys, {module}; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
)

MUST_NOT_LOAD = {
    # Every command pays for what this imports; a shell completion must feel instant.
    "tonearm_cli.main": {"textual", "aiohttp", "mpv", "httpx", "tortoise", "pydantic", "asyncio"},
    "tonearm_api.library": {"httpx", "typer", "rich", "aiohttp"},
    # Untrusted bytes are parsed in the sandboxed child only.
    "tonearm_server.app": {"mutagen", "PIL", "httpx", "textual", "mpv"},
    # Most of a second of the server's start: only a browser, a new password, PostgreSQL, mail and Redis need them.
    "tonearm_server.running": {"jinja2", "zxcvbn", "asyncpg", "aiosmtplib", "limits", "redis"},
    "tonearm_server.commands": {"aiohttp", "tortoise", "pydantic", "argon2", "mutagen", "PIL"},
    # mpv is imported after the first paint, Textual when the player is asked for.
    "tonearm_tui.commands": {"textual", "mpv", "httpx"},
    "tonearm_tui.app": {"mpv", "aiohttp", "tortoise"},
}


@pytest.mark.parametrize("module", MUST_NOT_LOAD)
def test_an_import_loads_nothing_that_it_does_not_need(module: str) -> None:
    listing = subprocess.run(
        [sys.executable, "-c", LIST_MODULES.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    loaded = set(json.loads(listing.stdout))

    assert not MUST_NOT_LOAD[module] & loaded
