"""A command pays for what it uses and nothing else: start-up is what people feel first."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"aiohttp", "httpx", "mpv", "pydantic", "textual", "tortoise", "rich.progress"}

_OF_HTTPX = {"click", "pygments", "rich.console", "rich.progress"}
"""What httpx would load for a command of its own, where click is installed."""


def loaded_by(code: str) -> set[str]:
    """Names of all modules loaded once `code` has run in a fresh interpreter."""
    program = f"import sys\n{code}\nsys.stderr.write('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.splitlines())


def run(*arguments: str) -> str:
    """Code that runs a command line and survives its exit."""
    return (
        f"sys.argv = {['tonearm', *arguments]!r}\n"
        "from tonearm_cli.main import run\n"
        "try:\n    run()\n"
        "except SystemExit:\n    pass"
    )


def test_the_entry_point_loads_nothing_heavy() -> None:
    loaded = loaded_by("import tonearm_cli.main")

    assert set() == loaded & {*HEAVY, "typer", "msgspec"}


def test_the_version_does_not_load_typer() -> None:
    loaded = loaded_by(run("--version"))

    assert set() == loaded & {*HEAVY, "typer", "msgspec"}


@pytest.mark.parametrize("arguments", [("--help",), ("keys",)])
def test_what_needs_no_server_loads_no_http(arguments: tuple[str, ...]) -> None:
    loaded = loaded_by(run(*arguments))

    assert set() == loaded & {*HEAVY, "asyncio", "importlib.metadata"} - _for_help(arguments)


def _for_help(arguments: tuple[str, ...]) -> set[str]:
    """Only help looks through what is installed, for the commands of other parts."""
    return {"importlib.metadata"} if arguments == ("--help",) else set()


@pytest.mark.parametrize("command", ["ls", "login", "doctor"])
def test_a_client_command_loads_neither_server_nor_player(command: str) -> None:
    loaded = loaded_by(run(command, "--help"))

    assert set() == loaded & {*HEAVY, *_OF_HTTPX}


def test_a_connection_loads_no_command_of_httpx_and_without_tls_no_certificates() -> None:
    loaded = loaded_by(
        "import ssl\nfrom tonearm_api.connection import Connection\n"
        "ssl.SSLContext.load_verify_locations = None\nConnection('http://127.0.0.1:1')\n"
        "try:\n    Connection('https://127.0.0.1:1')\n"
        "except TypeError:\n    sys.modules['certificates were wanted'] = ssl"
    )

    assert "certificates were wanted" in loaded
    assert set() == loaded & {*HEAVY, *_OF_HTTPX} - {"httpx"}


@pytest.mark.parametrize("command", ["tui", "serve"])
def test_help_of_a_part_loads_none_of_its_weight(command: str) -> None:
    loaded = loaded_by(run(command, "--help"))

    assert set() == loaded & HEAVY


def test_the_players_first_screen_waits_for_neither_http_nor_sound() -> None:
    loaded = loaded_by("import tonearm_tui.app, tonearm_api.client")

    assert "tonearm_tui.screens.main" in loaded
    assert set() == loaded & {"httpx", "mpv", "sqlite3", "tonearm_api.sending.transfers"}
