"""Instruments: a pitch in, the tape of one note out. Knows timbres, not which notes are played.

Nothing depends on the platform's random source or hash order: the same note has the same samples each time.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from functools import cache
from itertools import cycle, pairwise
from operator import add, mul
from random import Random

from demo_album.tape import SAMPLE_RATE_HZ, UNIT, frames, recorded

Partial = tuple[float, float, float]
"""A ratio to the pitch, an amplitude, a half-life in seconds."""

FELT_PIANO: tuple[Partial, ...] = (
    (1, 0.62, 0.50),
    (2, 0.22, 0.28),
    (3, 0.07, 0.16),
    (4.01, 0.035, 0.08),
    (7.1, 0.02, 0.02),
)
VIBRAPHONE: tuple[Partial, ...] = ((1, 0.70, 0.75), (3.98, 0.14, 0.16), (10.1, 0.03, 0.03))
TINES: tuple[Partial, ...] = ((1, 0.55, 0.60), (2, 0.14, 0.35), (3, 0.05, 0.22), (8, 0.025, 0.05))
CELESTA: tuple[Partial, ...] = ((1, 0.60, 0.95), (2, 0.12, 0.50), (4.02, 0.10, 0.22), (6.3, 0.03, 0.08))
TRAM_BELL: tuple[Partial, ...] = ((1, 0.40, 0.50), (2.76, 0.28, 0.35), (5.4, 0.14, 0.18), (8.9, 0.06, 0.07))


@cache
def _decaying(count: int, half_life_s: float, attack_s: float, release_s: float) -> array[float]:
    """Quick rise, exponential fall, a short release so that no note ends in a click."""
    factor = 0.5 ** (1 / (half_life_s * SAMPLE_RATE_HZ))
    return _with_ramps(array("d", [UNIT * factor**i for i in range(count)]), frames(attack_s), frames(release_s))


@cache
def _swelling(count: int, attack_s: float, release_s: float) -> array[float]:
    """Slow rise, level, slow fall."""
    return _with_ramps(array("d", [float(UNIT)]) * count, frames(attack_s), frames(release_s))


def _with_ramps(curve: array[float], attack: int, release: int) -> array[float]:
    for i in range(min(attack, len(curve))):
        curve[i] *= 0.5 - 0.5 * math.cos(math.pi * i / attack)
    for i in range(min(release, len(curve))):
        curve[-1 - i] *= 0.5 - 0.5 * math.cos(math.pi * i / release)
    return curve


def _oscillation(frequency_hz: float, harmonics: Sequence[float]) -> list[float]:
    """A seamless loop of whole periods of a tone with these amplitudes of its harmonics.

    The number of periods is the one, up to 40, whose length is closest to a whole number of samples: the pitch is
    then true to a small fraction of a cent.
    """
    period = SAMPLE_RATE_HZ / frequency_hz
    periods = min(range(1, 41), key=lambda n: abs(n * period - round(n * period)) / n)
    count = round(periods * period)
    step = 2 * math.pi * periods / count
    loop = [0.0] * count
    for harmonic, amplitude in enumerate(harmonics, start=1):
        loop = [x + amplitude * math.sin(harmonic * step * i) for i, x in enumerate(loop)]
    return loop


@cache
def struck(frequency_hz: float, seconds: float, partials: tuple[Partial, ...]) -> int:
    """Hammered strings, bars and bells: partials that die away one by one."""
    note = 0
    for ratio, amplitude, half_life_s in partials:
        count = frames(min(seconds, 9 * half_life_s))
        envelope = _decaying(count, half_life_s, 0.004, 0.08)
        note += recorded(map(mul, cycle(_oscillation(frequency_hz * ratio, [amplitude])), envelope))
    return note


@cache
def plucked(frequency_hz: float, seconds: float, brightness: float, half_life_s: float) -> int:
    """A plucked string after Karplus and Strong: a burst of noise runs round a loop that dulls it at each turn.

    The loop's filter has three taps, so that one number sets its delay (the pitch between whole samples) and
    another how fast the treble dies. `brightness` runs from 0 (thumb) to 1 (plectrum).
    """
    period = SAMPLE_RATE_HZ / frequency_hz
    turn = round(period)
    shift, dulling = period - turn, 0.56
    loss = 0.5 ** (period / (half_life_s * SAMPLE_RATE_HZ))
    before, here, after = loss * (dulling + shift) / 2, loss * (1 - dulling), loss * (dulling - shift) / 2
    string = _burst(turn, brightness, seed=round(frequency_hz * 100))
    count = frames(seconds)
    while len(string) < count:
        last = string[-turn - 1 :]
        string += [before * x + here * y + after * z for x, y, z in zip(last, last[1:], last[2:], strict=False)]
        string.append(before * last[-2] + here * last[-1] + after * string[-turn + 1])
    return recorded(map(mul, string, _decaying(count, 60.0, 0.001, 0.25)))


def _burst(count: int, brightness: float, *, seed: int) -> list[float]:
    """One turn of noise and a sample, without a standing offset, smoothed for a softer finger."""
    random = Random(seed)
    burst = [random.uniform(-1.0, 1.0) for _ in range(count)]
    for _ in range(round((1.0 - brightness) * 12)):
        burst = [(x + y) / 2 for x, y in zip(burst, burst[1:] + burst[:1], strict=True)]
    middle = math.fsum(burst) / count
    loudest = max(abs(x - middle) for x in burst)
    centred = [(x - middle) / loudest for x in burst]
    return [*centred, centred[0]]


@cache
def breathing(frequency_hz: float, seconds: float, attack_s: float, release_s: float) -> int:
    """A warm pad voice: two soft tones, seven cents apart, so that the sound moves slowly by itself."""
    envelope = _swelling(frames(seconds), attack_s, release_s)
    pitches = (frequency_hz * 2 ** (cents / 1200) for cents in (-3.5, 3.5))
    low, high = (cycle(_oscillation(pitch, (0.5, 0.16, 0.08, 0.03))) for pitch in pitches)
    return recorded(map(mul, map(add, low, high), envelope))


@cache
def brushed(seconds: float, half_life_s: float, colour: float, seed: int) -> int:
    """A noise stroke. `colour` from 0 (dark, a brush on skin) to 1 (bright, a cymbal's edge)."""
    random = Random(seed)
    count = frames(seconds)
    noise = [random.uniform(-0.5, 0.5) for _ in range(count + 1)]
    stroke = [x + (1 - 2 * colour) * y for x, y in pairwise(noise)]
    return recorded(map(mul, stroke, _decaying(count, half_life_s, 0.001, 0.003)))


@cache
def thump(seconds: float = 0.28) -> int:
    """A feathered bass drum: a sine that falls from 95 Hz to 48 Hz."""
    count = frames(seconds)
    turns = (48 * i / SAMPLE_RATE_HZ + 0.9 * (1 - math.exp(-i / 2300)) for i in range(count))
    return recorded(map(mul, (math.sin(2 * math.pi * t) for t in turns), _decaying(count, 0.06, 0.004, 0.06)))
