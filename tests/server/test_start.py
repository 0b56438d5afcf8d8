"""What a start does not pay for: libraries that the first request needs, or none at all."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.support import clean_environment

_START = """
import asyncio, json, sys
from aiohttp import web
from tonearm_server.app import create_app
from tonearm_server.config import load_config

async def main():
    runner = web.AppRunner(create_app(load_config(data=sys.argv[1])))
    await runner.setup()
    print(json.dumps([name for name in sys.argv[2:] if name in sys.modules]))
    await runner.cleanup()

asyncio.run(main())
"""
_MIGRATING = "tortoise.migrations.executor"
_LATER = ("asyncpg", "httpx", "jinja2", "mutagen", "PIL", "tonearm_server.synth.filling", "zxcvbn")
"""Another database's driver; the client; pages; parsers, which only children load; a command; a new password."""


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> list[set[str]]:
    """What was loaded of the above when the server was ready: on a fresh data folder, and on the same one again."""
    command = [sys.executable, "-c", _START, str(tmp_path_factory.mktemp("start") / "data"), _MIGRATING, *_LATER]
    return [
        set(json.loads(subprocess.check_output(command, text=True, env=clean_environment(), timeout=60)))
        for _ in range(2)
    ]


def test_migrations_are_loaded_only_where_the_database_is_older(starts: list[set[str]]) -> None:
    assert [True, False] == [_MIGRATING in loaded for loaded in starts]


def test_no_library_is_loaded_before_it_is_needed(starts: list[set[str]]) -> None:
    assert set() == set.union(*starts) - {_MIGRATING}
