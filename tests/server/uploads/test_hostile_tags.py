"""Tags of strangers as they are stored: capped, on one line, without control characters. Clients see to the rest."""

from __future__ import annotations

from pathlib import Path

from tests.hostile import HTML, MARKUP, MAX_STORED, TEXTS, controls, strings, upload_hostile
from tests.support import RunningServer, errors_of, raw

from tonearm_api.client import Client
from tonearm_api.text import safe_text


async def test_hostile_tags_are_stored_capped_and_without_controls(
    server: RunningServer, owner: Client, tmp_path: Path
) -> None:
    tracks = await upload_hostile(owner, tmp_path)

    async with raw(owner) as http:  # the client would clean what it receives
        page = (await http.get("/api/v1/tracks", params={"limit": 200})).json()
        found = (await http.get("/api/v1/search", params={"q": "alert"})).json()
    stored = {item["id"]: item for item in page["items"]}

    assert len(TEXTS) == len({track.id for track in tracks.values()})
    assert [] == [text for text in strings([page, found]) if controls(text) or len(text) > MAX_STORED]
    assert MAX_STORED == len(stored[tracks["long"].id]["title"])
    for name, text in (HTML | MARKUP).items():
        assert text == stored[tracks[name].id]["title"]
    assert [] == [item for item in stored.values() if not safe_text(item["title"]).strip()]
    assert errors_of(server) == ""
