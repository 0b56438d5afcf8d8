"""A sample of what `make fuzz` does at length: no answer is a 5xx, and none is missing from the document."""

from __future__ import annotations

import asyncio
import functools

import pytest
from tests.contract.fuzzing import fuzz
from tests.support import RunningServer, bearer, errors_of

from tonearm_api.client import Client

EXAMPLES = 6
"""Cases an operation: about 150 in all."""


@pytest.mark.timeout(300)
async def test_a_member_gets_documented_answers_only(server: RunningServer, owner: Client) -> None:
    token = bearer(owner)["Authorization"].removeprefix("Bearer ")

    cases = await asyncio.to_thread(
        functools.partial(fuzz, server.url, examples=EXAMPLES, phases="fuzzing", token=token)
    )

    assert cases >= 75
    assert errors_of(server) == ""


@pytest.mark.timeout(300)
async def test_a_stranger_gets_documented_answers_only(server: RunningServer) -> None:
    cases = await asyncio.to_thread(functools.partial(fuzz, server.url, examples=EXAMPLES, phases="fuzzing"))

    assert cases >= 75
    assert errors_of(server) == ""
