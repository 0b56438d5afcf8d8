"""A player without sound and a library without a server, for what neither real one can be made to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

from tests.support import WAIT_S

from tonearm_api.errors import NotFound, TonearmError
from tonearm_api.library import AudioFormat, ListTracks, Sort, Track, TrackPage, TrackState, Uploader, Visibility
from tonearm_api.plays import NewPlay
from tonearm_api.search import SearchResult
from tonearm_tui.player import PlayerEvent, Progress, Source, Started


def make_track(number: int = 1, **changes: object) -> Track:
    values: dict[str, object] = {
        "id": f"t{number}",
        "title": f"Title {number}",
        "artist": "The Lumen Maps",
        "artists": ["The Lumen Maps"],
        "album": "Signals",
        "album_artist": None,
        "genre": "",
        "genres": [],
        "year": 1996,
        "track_number": number,
        "disc_number": None,
        "duration_ms": 200_000,
        "bitrate_bps": 256_000,
        "sample_rate_hz": 44_100,
        "channels": 2,
        "format": AudioFormat.FLAC,
        "size_bytes": 6_400_000,
        "liked": False,
        "likes": 0,
        "plays": 0,
        "uploaded_by": Uploader(id="u1", name="Ada"),
        "uploaded_at": datetime(2026, 5, 1, tzinfo=UTC),
        "visibility": Visibility.MEMBERS,
        "state": TrackState.READY,
        "reason": None,
        "has_cover": False,
    }
    return Track(**(values | changes))  # type: ignore[arg-type]  # one dictionary for fields of many types


@dataclass
class FakePlayer:
    """Remembers what it was told; `begin` and `reach` say what a real one would."""

    calls: list[tuple[object, ...]] = field(default_factory=list)
    loaded: Source | None = None
    follower: Source | None = None
    on_event: Callable[[PlayerEvent], None] | None = None

    def start(self, on_event: Callable[[PlayerEvent], None]) -> None:
        self.on_event = on_event

    def load(self, source: Source, *, start_ms: int, paused: bool) -> None:
        self.loaded = source
        self.calls.append(("load", source.url, start_ms, paused))

    def follow_with(self, source: Source | None) -> None:
        self.follower = source
        self.calls.append(("follow_with", source and source.url))

    def pause(self, *, paused: bool) -> None:
        self.calls.append(("pause", paused))

    def seek(self, position_ms: int) -> None:
        self.calls.append(("seek", position_ms))

    def set_volume(self, percent: int) -> None:
        self.calls.append(("set_volume", percent))

    def mute(self, *, muted: bool) -> None:
        self.calls.append(("mute", muted))

    def stop(self) -> None:
        self.calls.append(("stop",))

    def close(self) -> None:
        self.calls.append(("close",))

    def tell(self, event: PlayerEvent) -> None:
        assert self.on_event is not None
        self.on_event(event)

    def begin(self) -> None:
        assert self.loaded is not None
        self.tell(Started(self.loaded))

    def reach(self, position_ms: int, *, buffered_ms: int | None = None) -> None:
        assert self.loaded is not None
        self.tell(Progress(self.loaded, position_ms, buffered_ms))


class FakeLibrary:
    """What the screens call of the client. `error`, while set, is the answer to everything; `gone` has no sound."""

    server = "http://fake.example"

    def __init__(self, tracks: list[Track]) -> None:
        self.tracks = {track.id: track for track in tracks}
        self.error: TonearmError | None = None
        self.requests: list[str] = []
        self.plays: list[NewPlay] = []
        self.gone: set[str] = set()
        self.closed = False
        self.store = SimpleNamespace(find=lambda: None)

    def _ask(self, what: str) -> None:
        self.requests.append(what)
        if self.error is not None:
            raise self.error

    async def list_tracks(self, request: ListTracks) -> TrackPage:
        self._ask(f"list {request.sort} {request.cursor or 0}")
        tracks = [track for track in self.tracks.values() if track.liked or not request.liked]
        if not request.mine:
            tracks = [track for track in tracks if track.state is TrackState.READY]
        if request.sort is Sort.POPULAR:
            tracks.sort(key=lambda track: -track.plays)
        start = int(request.cursor or 0)
        end = start + request.limit
        return TrackPage(items=tracks[start:end], next_cursor=str(end) if end < len(tracks) else None)

    async def search(self, q: str, *, limit: int = 50) -> SearchResult:
        self._ask(f"search {q}")
        found = [track for track in self.tracks.values() if q.casefold() in track.title.casefold()]
        return SearchResult(tracks=found[:limit], albums=[], artists=[])

    async def get_track(self, track_id: str) -> Track:
        self._ask(f"get {track_id}")
        if track_id not in self.tracks:
            raise NotFound
        return self.tracks[track_id]

    async def like(self, track_id: str) -> None:
        self._ask(f"like {track_id}")

    async def unlike(self, track_id: str) -> None:
        self._ask(f"unlike {track_id}")

    async def me(self) -> None:
        self._ask("me")

    async def waveform(self, track_id: str) -> bytes:
        self._ask(f"waveform {track_id}")
        seed = sum(track_id.encode())
        return bytes((seed * 31 + i * i * 7 + (i % 13) * 29) % 200 + 30 for i in range(800))

    async def stream_url(self, track_id: str) -> str:
        self._ask(f"ticket {track_id}")
        if track_id in self.gone:
            raise NotFound
        return f"{self.server}/stream/{track_id}?ticket={len(self.requests)}"

    async def report_play(self, request: NewPlay) -> None:
        self._ask(f"play {request.id}")
        self.plays.append(request)

    async def log_out(self) -> None:
        self._ask("log out")

    async def close(self) -> None:
        self.closed = True


async def soon(is_so: Callable[[], bool]) -> None:
    """Let everything else run until `is_so`."""
    async with asyncio.timeout(WAIT_S):
        while True:
            if is_so():
                return
            await asyncio.sleep(0)
