"""Tracks that cannot be played yet, or ever: what is said of them in lists. Pure."""

from __future__ import annotations

from tonearm_api.errors import why_refused
from tonearm_api.library import Track, TrackState

VERIFYING, REJECTED = "…", "!"
"""What stands before the title, so that a narrow list says it too."""


def is_playable(track: Track) -> bool:
    return track.state is TrackState.READY


def mark(track: Track) -> str:
    """One cell; a blank for what can be played."""
    return {TrackState.VERIFYING: VERIFYING, TrackState.REJECTED: REJECTED}.get(track.state, " ")


def standing(track: Track) -> str:
    """Why it cannot be played, in words; empty for what can."""
    match track.state:
        case TrackState.VERIFYING:
            return "being verified"
        case TrackState.REJECTED:
            return f"rejected: {_inside(why_refused(track.reason))}"
        case _:
            return ""


def _inside(sentence: str) -> str:
    """A sentence as part of another."""
    return sentence[:1].lower() + sentence[1:]
