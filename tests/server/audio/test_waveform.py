"""The bars, where they are drawn from samples that nobody has counted."""

from __future__ import annotations

from array import array

import pytest

from tonearm_api.library import WAVEFORM_BARS
from tonearm_server.audio.waveform import SAMPLE_RATE_HZ, Waveform


def _pcm(samples: list[int]) -> bytes:
    return array("h", samples).tobytes()


@pytest.mark.parametrize("count", [1, 7, 799, 800, 801, 8_000, 102_399, 102_401, 1_000_000])
def test_there_are_always_800_bars(count: int) -> None:
    waveform = Waveform()
    waveform.add(_pcm([1000] * count))

    assert waveform.bars() == b"\xff" * WAVEFORM_BARS
    assert waveform.duration_ms == count * 1000 // SAMPLE_RATE_HZ


@pytest.mark.parametrize("piece_bytes", [1, 3, 4096, 65_536])
def test_where_the_stream_is_cut_changes_nothing(piece_bytes: int) -> None:
    pcm = _pcm([(n * 7919) % 20_000 - 10_000 for n in range(30_000)])
    whole, pieces = Waveform(), Waveform()
    whole.add(pcm)

    for start in range(0, len(pcm), piece_bytes):
        pieces.add(pcm[start : start + piece_bytes])

    assert whole.bars() == pieces.bars()


def test_one_click_is_one_bar_however_long_the_file() -> None:
    waveform = Waveform()
    waveform.add(_pcm([0] * 2_000_000 + [-32_768] + [0] * 1_999_999))

    bars = waveform.bars()

    assert [bar for bar, peak in enumerate(bars) if peak] == [400]
    assert bars[400] == 255


def test_peaks_of_either_sign_are_heard() -> None:
    waveform = Waveform()
    waveform.add(_pcm([-20_000] * 8_000 + [10_000] * 8_000))

    bars = waveform.bars()

    assert bars[0] == 255
    assert bars[799] == 127


def test_dither_is_silence() -> None:
    waveform = Waveform()
    waveform.add(_pcm([1, -1, 2, -2] * 4_000))

    assert waveform.bars() == bytes(WAVEFORM_BARS)


def test_nothing_is_silence() -> None:
    assert Waveform().bars() == bytes(WAVEFORM_BARS)


def test_an_hour_takes_no_more_memory_than_a_minute() -> None:
    waveform = Waveform()
    minute = _pcm([500] * 60 * SAMPLE_RATE_HZ)
    for _ in range(60):
        waveform.add(minute)

    assert len(waveform._peaks) < 16 * WAVEFORM_BARS
    assert waveform.duration_ms == 3_600_000
