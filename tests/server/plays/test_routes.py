"""Plays through the front door: once each, and only when enough was heard."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.audio import make_audio
from tests.support import raw, upload

from tonearm_api.client import Client
from tonearm_api.library import AudioFormat, ListTracks, Sort, Track
from tonearm_api.plays import NewPlay
from tonearm_server.plays.service import is_enough

pytestmark = pytest.mark.db


def play(track: Track, play_id: str, *, listened_ms: int = 2000) -> NewPlay:
    started_at = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    return NewPlay(id=track.id, play_id=play_id, started_at=started_at, listened_ms=listened_ms)


@pytest.fixture
async def track(owner: Client, tmp_path: Path) -> Track:
    return await upload(owner, make_audio(tmp_path / "x.flac", format=AudioFormat.FLAC, seconds=2))


async def test_a_play_counts_once_however_often_it_is_sent(owner: Client, track: Track) -> None:
    before = (await owner.get_track(track.id)).plays

    await asyncio.gather(*(owner.report_play(play(track, "play-number-1")) for _ in range(10)))

    assert (await owner.get_track(track.id)).plays == before + 1


async def test_people_do_not_share_play_ids(owner: Client, other: Client, track: Track) -> None:
    before = (await owner.get_track(track.id)).plays

    await owner.report_play(play(track, "play-number-2"))
    await other.report_play(play(track, "play-number-2"))

    assert (await owner.get_track(track.id)).plays == before + 2


async def test_popular_is_by_plays(owner: Client, track: Track) -> None:
    for number in range(3):
        await owner.report_play(play(track, f"popular-{number}"))

    page = await owner.list_tracks(ListTracks(sort=Sort.POPULAR))

    assert track.id == page.items[0].id


async def test_a_short_listen_is_recorded_but_does_not_count(owner: Client, track: Track) -> None:
    before = (await owner.get_track(track.id)).plays

    await owner.report_play(play(track, "play-number-3", listened_ms=500))

    assert (await owner.get_track(track.id)).plays == before


@pytest.mark.parametrize(
    ("listened_ms", "duration_ms", "expected"),
    [
        (999, 2000, False),
        (1000, 2000, True),
        (240_000, 3_600_000, True),
        (239_999, 3_600_000, False),
        (1000, None, False),
    ],
)
def test_half_a_track_or_four_minutes_are_enough(listened_ms: int, duration_ms: int | None, expected: bool) -> None:
    assert expected == is_enough(listened_ms, duration_ms=duration_ms)


async def test_a_time_without_zone_is_refused(owner: Client, track: Track) -> None:
    body = {"play_id": "12345678", "started_at": "2026-11-24T06:00:00", "listened_ms": 1}
    async with raw(owner) as http:
        answer = await http.post(f"/api/v1/tracks/{track.id}/plays", json=body)

    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/started_at"]
