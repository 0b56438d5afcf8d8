"""Draws 800 bars from a stream of samples of unknown length, in constant memory; knows no file and no program."""

from __future__ import annotations

import sys
from array import array
from itertools import pairwise
from typing import Final

from tonearm_api.library import WAVEFORM_BARS

SAMPLE_RATE_HZ: Final = 8_000
"""Mono and this slow, peaks are still the ear's (below 4 kHz), and an hour is 58 MB to look at instead of 635."""

_MOST_PEAKS: Final = 16 * WAVEFORM_BARS
_FIRST_STEP: Final = 8  # samples to a peak: 1 ms, so that half a second still fills the bars
_SILENCE: Final = 8  # of 32,768: −72 dBFS, above any dither


class Waveform:
    """Feed it 16-bit little-endian mono samples; ask for bars once."""

    def __init__(self) -> None:
        self._received_bytes = 0
        self._step = _FIRST_STEP
        self._peaks = array("H")
        self._rest = b""

    @property
    def duration_ms(self) -> int:
        return self._received_bytes // 2 * 1000 // SAMPLE_RATE_HZ

    def add(self, chunk: bytes) -> None:
        """Take the next bytes; a sample or a peak may be cut between two calls."""
        self._received_bytes += len(chunk)
        pending = self._rest + chunk
        whole = len(pending) - len(pending) % (2 * self._step)
        self._rest = pending[whole:]
        self._take(pending[:whole])

    def bars(self) -> bytes:
        """`WAVEFORM_BARS` bytes, the loudest peak of each bar; 255 is the loudest of all, zeros are silence."""
        self._take(self._rest[: len(self._rest) // 2 * 2])
        self._rest = b""
        loudest = max(self._peaks, default=0)
        if loudest <= _SILENCE:
            return bytes(WAVEFORM_BARS)
        count = len(self._peaks)
        edges = [bar * count // WAVEFORM_BARS for bar in range(WAVEFORM_BARS + 1)]
        bars = (max(self._peaks[start : max(end, start + 1)]) for start, end in pairwise(edges))
        return bytes(peak * 255 // loudest for peak in bars)

    def _take(self, whole: bytes) -> None:
        samples = array("h", whole)
        if sys.byteorder == "big":
            samples.byteswap()
        for start in range(0, len(samples), self._step):
            piece = samples[start : start + self._step]
            highest, lowest = max(piece), min(piece)
            self._peaks.append(max(highest, -lowest))
        while len(self._peaks) >= _MOST_PEAKS:
            self._halve()

    def _halve(self) -> None:
        """Join neighbours, so that the same number of peaks covers twice the time."""
        even = len(self._peaks) - len(self._peaks) % 2
        joined = array("H", map(max, self._peaks[0:even:2], self._peaks[1:even:2]))
        self._peaks = joined + self._peaks[even:]
        self._step *= 2
