"""Thousands of requests made from the OpenAPI document, signed in and not (make fuzz)."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path

import pytest
from tests.audio import make_audio, png_cover
from tests.contract.fuzzing import fuzz
from tests.support import RunningServer, bearer, errors_of, upload

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat
from tonearm_server.audio.types import AudioTags

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1200)]

EXAMPLES = 40
WANTED_CASES = 2000


async def test_two_thousand_requests_get_documented_answers_only(
    server: RunningServer, owner: Client, tmp_path: Path
) -> None:
    tags = AudioTags(title="Kestrel Letters", artists=["The Meridian Waves"])
    for number, cover in enumerate((png_cover(), None)):
        path = tmp_path / f"{number}.flac"
        make_audio(path, format=AudioFormat.FLAC, seconds=1.0, frequency_hz=300 + number, tags=tags, cover=cover)
        await upload(owner, path)
    token = bearer(owner)["Authorization"].removeprefix("Bearer ")
    at_length = functools.partial(fuzz, server.url, examples=EXAMPLES)

    as_stranger = await asyncio.to_thread(at_length, phases="coverage,fuzzing")
    as_member = await asyncio.to_thread(at_length, phases="coverage,fuzzing,stateful", token=token)

    print(f"\n{as_stranger} requests as a stranger, {as_member} as a member: every answer is documented")
    assert as_stranger + as_member >= WANTED_CASES
    assert errors_of(server) == ""
