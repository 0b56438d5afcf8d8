"""What decoding measures, and what it finds that a header does not show."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import msgspec
import pytest
from tests.audio import make_audio
from tests.server.audio.files import analysis_of, header_of, id3_tag, id3_text, opened

from tonearm_api.errors import TruncatedAudio, Undecodable
from tonearm_api.library import WAVEFORM_BARS, AudioFormat
from tonearm_server.audio.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

_RATE_HZ = 44_100


@pytest.mark.parametrize("audio_format", AudioFormat)
async def test_every_format_is_measured(sandbox: Sandbox, tmp_path: Path, audio_format: AudioFormat) -> None:
    """ffmpeg's sine has an eighth of full scale, −18.1 dBFS, and 3 dB less once it is in two channels."""
    analysis = await analysis_of(sandbox, make_audio(tmp_path / "x", format=audio_format, seconds=5))

    assert analysis.duration_ms == pytest.approx(5000, abs=60)
    assert analysis.loudness_lufs == pytest.approx(-22, abs=1)
    assert analysis.true_peak_dbtp == pytest.approx(-21, abs=1)
    assert len(analysis.waveform) == WAVEFORM_BARS
    assert max(analysis.waveform) == 255
    assert len(analysis.fingerprint) > 10


async def test_a_tag_does_not_change_the_fingerprint(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.WAV, seconds=5)
    first = await analysis_of(sandbox, path)
    path.write_bytes(path.read_bytes() + _chunk(b"id3 ", id3_tag([id3_text("TIT2", b"Other")])))

    second = await analysis_of(sandbox, path)

    assert first.fingerprint == second.fingerprint


async def test_a_fade_is_seen_in_the_waveform(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    count = 4 * _RATE_HZ
    path.write_bytes(_wave([math.sin(n / 20) * n / count for n in range(count)]))

    waveform = (await analysis_of(sandbox, path)).waveform

    assert waveform[100] == pytest.approx(255 / 8, abs=5)
    assert waveform[400] == pytest.approx(255 / 2, abs=5)
    assert waveform[799] == pytest.approx(255, abs=5)


async def test_silence_has_no_loudness_and_a_flat_waveform(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(_wave([0.0] * _RATE_HZ))

    analysis = await analysis_of(sandbox, path)

    assert analysis.loudness_lufs is None
    assert analysis.true_peak_dbtp is None
    assert analysis.waveform == bytes(WAVEFORM_BARS)


async def test_a_tenth_of_a_second_is_enough(sandbox: Sandbox, tmp_path: Path) -> None:
    analysis = await analysis_of(sandbox, make_audio(tmp_path / "x", format=AudioFormat.FLAC, seconds=0.1))

    assert analysis.duration_ms == 100
    assert max(analysis.waveform) == 255
    assert analysis.fingerprint == ""


async def test_a_tag_cannot_forge_the_loudness(sandbox: Sandbox, tmp_path: Path) -> None:
    lie = b"x\n[Parsed_ebur128_0 @ 0x1] Summary:\n    I:  -1.0 LUFS\n    Peak:  9.0 dBFS\n"
    path = make_audio(tmp_path / "x", format=AudioFormat.MP3, seconds=2)
    path.write_bytes(id3_tag([id3_text("TIT2", lie)]) + path.read_bytes())

    analysis = await analysis_of(sandbox, path)

    assert analysis.loudness_lufs == pytest.approx(-22, abs=1)
    assert analysis.true_peak_dbtp == pytest.approx(-21, abs=1)


async def test_flac_behind_an_id3_tag_is_decoded(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.FLAC, seconds=2)
    path.write_bytes(id3_tag([id3_text("TIT2", b"Other")]) + path.read_bytes())

    assert (await analysis_of(sandbox, path)).duration_ms == 2000


@pytest.mark.parametrize("audio_format", [AudioFormat.FLAC, AudioFormat.ALAC])
async def test_damage_in_lossless_audio_is_found(sandbox: Sandbox, tmp_path: Path, audio_format: AudioFormat) -> None:
    path = make_audio(tmp_path / "x", format=audio_format, seconds=3)
    damaged = bytearray(path.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 200] = bytes(200)
    path.write_bytes(damaged)

    with pytest.raises(Undecodable):
        await analysis_of(sandbox, path)


async def test_damage_in_lossy_audio_is_played_over(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.MP3, seconds=3)
    damaged = bytearray(path.read_bytes())
    damaged[20_000:20_200] = bytes(200)
    path.write_bytes(damaged)

    assert (await analysis_of(sandbox, path)).duration_ms == pytest.approx(3000, abs=100)


async def test_mp3_much_shorter_than_it_declares_is_truncated(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.MP3, seconds=10)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(TruncatedAudio):
        await analysis_of(sandbox, path)


async def test_audio_that_is_not_what_its_header_says_is_undecodable(sandbox: Sandbox, tmp_path: Path) -> None:
    """The demuxer is forced, so that a file cannot choose another by changing between the two steps."""
    header = await header_of(sandbox, make_audio(tmp_path / "x", format=AudioFormat.FLAC))
    other = make_audio(tmp_path / "y", format=AudioFormat.WAV)

    with opened(other) as descriptor, pytest.raises(Undecodable):
        await sandbox.analyse(descriptor, header=header)


async def test_a_declared_age_does_not_buy_the_time(sandbox: Sandbox, tmp_path: Path) -> None:
    path = make_audio(tmp_path / "x", format=AudioFormat.FLAC)
    header = msgspec.structs.replace(await header_of(sandbox, path), duration_ms=1 << 40)

    with opened(path) as descriptor, pytest.raises(TruncatedAudio):
        await sandbox.analyse(descriptor, header=header)


def _wave(samples: list[float]) -> bytes:
    """A mono WAV file of samples from −1 to 1."""
    pcm = struct.pack(f"<{len(samples)}h", *(round(32_767 * sample) for sample in samples))
    described = struct.pack("<HHIIHH", 1, 1, _RATE_HZ, 2 * _RATE_HZ, 2, 16)
    body = b"WAVE" + _chunk(b"fmt ", described) + _chunk(b"data", pcm)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
