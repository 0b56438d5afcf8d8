"""What the sandbox says about a file; knows nothing of how it is read.

The limits are part of the types: an answer from a child that broke its promises does not decode.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tonearm_api.library import AudioFormat, Tag

Positive = Annotated[int, Meta(ge=1, le=1 << 40)]


class AudioTags(msgspec.Struct, frozen=True, kw_only=True):
    """Tags as the file has them: one line each, NFC, free of control characters; null and empty mean absent.

    Lists keep the file's order, without repeats.
    """

    title: Tag | None = None
    artists: Annotated[list[Tag], Meta(max_length=50)] = []
    album: Tag | None = None
    album_artist: Tag | None = None
    genres: Annotated[list[Tag], Meta(max_length=50)] = []
    year: Annotated[int, Meta(ge=1, le=9999)] | None = None
    track_number: Annotated[int, Meta(ge=1, le=9999)] | None = None
    disc_number: Annotated[int, Meta(ge=1, le=999)] | None = None


class AudioHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What the container declares before any audio is decoded; null means that it does not say."""

    format: AudioFormat
    duration_ms: Positive | None = None
    bitrate_bps: Positive | None = None
    sample_rate_hz: Positive | None = None
    channels: Positive | None = None
    tags: AudioTags = AudioTags()
    has_picture: bool = False


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """What decoding the whole file measured.

    `loudness_lufs` is EBU R128 integrated loudness and `true_peak_dbtp` the peak between samples; null for silence.
    `waveform` is `WAVEFORM_BARS` bytes, the loudest sample of each bar; 255 is the loudest sample of the file, all
    zeros a file that never rises above −72 dBFS.
    `fingerprint` is Chromaprint's of the first two minutes, as AcoustID takes it; empty where they are too short.
    """

    duration_ms: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    waveform: bytes
    fingerprint: str
