"""How music is written for people: durations, sizes, rates, and the columns of a track list. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tonearm_api.library import Track, TrackState
from tonearm_api.text import clock_text, size_text
from tonearm_cli.output import Column

LIKED, REFUSED, VERIFYING = "♥", "✗", "…"

TRACK_COLUMNS = (
    Column(head="", style="red"),
    Column(head="Title", style="bold", least=11),
    Column(head="Artist", least=8),
    Column(head="Album", style="dim", least=8, droppable=True),
    Column(head="Length", align="right"),
    Column(head="ID", style="dim"),
)


def track_row(track: Track) -> tuple[str, ...]:
    """The cells of `TRACK_COLUMNS`."""
    return (
        mark(track),
        track.title,
        track.artist,
        track.album or "",
        duration(track.duration_ms),
        track.id,
    )


def track_fields(track: Track) -> tuple[str, ...]:
    """A track as a program reads it from a pipe: id, title, artist, album, time, liked or not, state."""
    return (
        track.id,
        track.title,
        track.artist,
        track.album or "",
        duration(track.duration_ms),
        "liked" if track.liked else "",
        track.state,
    )


def mark(track: Track) -> str:
    """What to know at a glance: refused, not yet verified, or liked."""
    if track.state is TrackState.REJECTED:
        return REFUSED
    if track.state is TrackState.VERIFYING:
        return VERIFYING
    return LIKED if track.liked else ""


def duration(duration_ms: int | None) -> str:
    """Minutes and seconds, or hours too: 3:07, 1:02:03. Empty where not known."""
    return clock_text(duration_ms, unknown="")


def audio(track: Track) -> str:
    """What the file is: FLAC · 44.1 kHz · stereo · 912 kbit/s · 21.4 MB."""
    known = (
        track.format.upper(),
        f"{track.sample_rate_hz / 1000:g} kHz" if track.sample_rate_hz else "",
        _channels(track.channels),
        f"{track.bitrate_bps / 1000:.0f} kbit/s" if track.bitrate_bps else "",
        size_text(track.size_bytes),
    )
    return joined(known)


def joined(parts: Iterable[str]) -> str:
    """The parts that say something, with dots between."""
    return " · ".join(part for part in parts if part)


def counted(amount: int, one: str, many: str) -> str:
    """`1 track`, `2 tracks`."""
    return f"{amount:,} {one if amount == 1 else many}"


def track_pairs(track: Track) -> list[tuple[str, str]]:
    """Everything about a track, line by line, without what is not known."""
    place = joined((_numbered("disc", track.disc_number), _numbered("track", track.track_number)))
    likes = counted(track.likes, "like", "likes")
    rows = [
        ("title", track.title),
        ("artist", track.artist),
        ("album", joined((track.album or "", place))),
        ("album artist", track.album_artist or ""),
        ("genre", track.genre),
        ("year", str(track.year or "")),
        ("length", duration(track.duration_ms)),
        ("audio", audio(track)),
        ("liked", f"{'by you, ' if track.liked else ''}{likes} in all"),
        ("played", counted(track.plays, "time", "times")),
        ("uploaded", f"{track.uploaded_at.astimezone():%Y-%m-%d %H:%M} by {track.uploaded_by.name}"),
        ("seen by", _SEEN_BY[track.visibility]),
        ("state", joined((track.state, track.reason or ""))),
        ("id", track.id),
    ]
    return [(name, value) for name, value in rows if value]


_SEEN_BY = {"private": "you alone", "members": "everyone signed in", "public": "anyone who has its link"}


def _channels(channels: int | None) -> str:
    names = {1: "mono", 2: "stereo"}
    return names.get(channels, f"{channels} channels") if channels else ""


def _numbered(what: str, number: int | None) -> str:
    return f"{what} {number}" if number else ""
