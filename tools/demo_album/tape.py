"""Tape: audio as one big integer, so that mixing minutes of sound needs neither numpy nor a slow loop.

Each sample has a lane of 32 bits: a tape is the sum of sample i times 2 ** (32 i). Adding tapes mixes them,
multiplying by a small number is a fader, shifting by lanes is a delay. All of that is Python's own long
arithmetic, 1 to 2 ns a sample, where a loop takes over 100 (measured 2026-11, CPython 3.11).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from functools import cache

SAMPLE_RATE_HZ = 44_100
LANE_BITS = 32
UNIT_BITS = 16
UNIT = 1 << UNIT_BITS
"""The sample of amplitude 1.0. Above it, 15 bits are left for sums and products before lanes would run together."""

FADER_BITS = 7
"""Faders and key velocities run from 0 to 127, as MIDI has them; 128 would be unchanged."""


def frames(seconds: float) -> int:
    """The number of samples in `seconds`."""
    return round(seconds * SAMPLE_RATE_HZ)


def recorded(samples: Iterable[float]) -> int:
    """The tape of samples that are already scaled to `UNIT`."""
    return _wound(array("i", map(int, samples)))


def _wound(samples: array[int]) -> int:
    top = _each_lane(len(samples)) << (LANE_BITS - 1)
    return (int.from_bytes(samples.tobytes(), "little") ^ top) - top


def unwound(tape: int, count: int) -> array[int]:
    """The first `count` samples of a tape; what is beyond is cut off."""
    top = _each_lane(count) << (LANE_BITS - 1)
    lanes = (tape + top) & ((1 << LANE_BITS * count) - 1)
    samples = array("i")
    samples.frombytes((lanes ^ top).to_bytes(count * LANE_BITS // 8, "little"))
    return samples


@cache
def _each_lane(count: int) -> int:
    """A one in each of `count` lanes."""
    return int.from_bytes((1).to_bytes(LANE_BITS // 8, "little") * count, "little")


def delayed(tape: int, count: int) -> int:
    """The tape, `count` samples later."""
    return tape << LANE_BITS * count


def settled(tape: int, bits: int, count: int) -> int:
    """Every sample divided by 2 ** `bits`; needed after a fader, to make head-room again."""
    lanes = _each_lane(count)
    kept = lanes * ((1 << LANE_BITS - bits) - 1)
    return (((tape + (lanes << LANE_BITS - 2)) >> bits) & kept) - (lanes << LANE_BITS - 2 - bits)


def spliced(cues: Sequence[tuple[int, int]]) -> int:
    """All (first sample, tape) cues, in order of time, on one tape.

    Halves are joined before they are moved to their place, so that no note is ever as long as the piece.
    """
    return delayed(*reversed(_joined(cues))) if cues else 0


def _joined(cues: Sequence[tuple[int, int]]) -> tuple[int, int]:
    if len(cues) == 1:
        return cues[0]
    middle = len(cues) // 2
    (first, early), (second, late) = _joined(cues[:middle]), _joined(cues[middle:])
    return first, early + delayed(late, second - first)


def echo(tape: int, *, delay: int, fader: int, times: int, count: int) -> int:
    """The repeats alone: `tape` again every `delay` samples, `times` times, each softer by `fader`."""
    repeats, last = 0, tape
    for turn in range(1, times + 1):
        last = settled(last * fader, FADER_BITS, count)
        repeats += delayed(last, turn * delay)
    return repeats


def room(send: int, *, seconds: float, side: int, count: int) -> int:
    """What a room that rings for `seconds` (to -60 dB) answers to `send`; sides 0 and 1 differ a little, as ears do.

    Early reflections, then two combs. A comb's endless echo is made by doubling: one echo, then those two again,
    then those four, and each doubling loses treble as air and walls take it. All at half rate: half the work.
    """
    short = count // 2
    dull = settled(send + delayed(send, 1), 1, count)
    half = _wound(unwound(dull, 2 * short)[::2])
    taps = ((401, 90), (547 + 31 * side, -76), (811 - 17 * side, 64), (1151 + 23 * side, -52))
    early = settled(sum(delayed(half * fader, delay) for delay, fader in taps), FADER_BITS, short)
    wet = sum(_comb(early, delay + 37 * side, seconds, short) for delay in (743, 937))
    spread = array("i", bytes(4 * count))
    spread[: 2 * short : 2] = unwound(wet, short)
    coarse = _wound(spread)
    return settled(coarse + delayed(2 * coarse, 1) + delayed(coarse, 2), 2, count)


def _comb(source: int, delay: int, seconds: float, count: int) -> int:
    gain = 10 ** (-3 * delay / (seconds * SAMPLE_RATE_HZ / 2))
    tape = source
    while delay < count and gain > 0.002:
        again = settled((tape + delayed(tape, 1)) * round(gain * 512), 10, count)
        tape += delayed(again, delay)
        delay, gain = 2 * delay, gain * gain
    return tape


def faded_out(tape: int, *, fade: int, count: int) -> int:
    """The tape, turned down over its last `fade` samples along a square curve, which sounds even."""
    samples = unwound(tape, count)
    start = count - fade
    for i in range(fade):
        samples[start + i] = int(samples[start + i] * (1 - i / fade) ** 2)
    return _wound(samples)


def interleaved(left: int, right: int, count: int) -> bytes:
    """16-bit little-endian stereo of two tapes.

    Raises ValueError when a sample does not fit: this desk has no limiter, a piece that clips is mixed too loud.
    """
    pcm = bytearray(4 * count)
    for side, tape in enumerate((left, right)):
        samples = unwound(settled(tape, UNIT_BITS - 15, count), count)
        if max(samples) > 0x7FFF or min(samples) < -0x8000:
            raise ValueError("the mix is too loud")
        raw = samples.tobytes()
        pcm[2 * side :: 4], pcm[2 * side + 1 :: 4] = raw[::4], raw[1::4]
    return bytes(pcm)
