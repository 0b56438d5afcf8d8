"""What the sandbox says about a file; knows nothing of how it is read."""

from __future__ import annotations

import msgspec
from tonearm_api.library import AudioFormat


class AudioTags(msgspec.Struct, frozen=True, kw_only=True):
    """Tags as the file has them, NFC and free of control characters; null and empty mean absent.

    A text has at most 500 characters, a list at most 50 entries without repeats, in the file's order.
    """

    title: str | None = None
    artists: list[str] = []
    album: str | None = None
    album_artist: str | None = None
    genres: list[str] = []
    year: int | None = None
    track_number: int | None = None
    disc_number: int | None = None


class AudioHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What the container declares, before any audio is decoded."""

    format: AudioFormat
    duration_ms: int | None = None
    bitrate_bps: int | None = None
    sample_rate_hz: int | None = None
    channels: int | None = None
    tags: AudioTags = AudioTags()
    has_picture: bool = False


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """What decoding the whole file measured.

    `loudness_lufs` is EBU R128 integrated, `true_peak_dbtp` the inter-sample peak; both null for silence.
    `waveform` is `WAVEFORM_BARS` bytes: the loudest sample of each bar, 255 being the loudest of the file.
    `fingerprint` is Chromaprint's, compressed and base64; empty where the audio is too short for one.
    """

    duration_ms: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    waveform: bytes
    fingerprint: str
