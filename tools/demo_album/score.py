"""Written music to timed notes: names of notes and chords, beats, swing and slowing down. Knows no sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1}
REST = "-"


def frequency_hz(name: str) -> float:
    """The equal-tempered frequency of a note such as `f#4` or `bb3`, from a4 = 440 Hz."""
    step, accidental, octave = name[0], name[1:-1], int(name[-1])
    semitones = STEPS[step] + ACCIDENTALS[accidental] + 12 * (octave - 4) - 9
    return float(440.0 * 2 ** (semitones / 12))


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note: when it starts, in beats, and how hard it is played (0 to 127)."""

    name: str
    beat: float
    velocity: int = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """How beats become seconds.

    `swing` is where the second eighth of a beat falls (0.5 straight, 0.67 triplets). From beat `slowing_from` on,
    the music slows down a little more with each beat.
    """

    bpm: float
    swing: float = 0.5
    slowing_from: float = float("inf")
    slowing: float = 0.012

    def seconds(self, beat: float) -> float:
        """When `beat` sounds."""
        whole, part = divmod(beat, 1.0)
        swung = part * 2 * self.swing if part < 0.5 else self.swing + (part - 0.5) * 2 * (1 - self.swing)
        late = max(0.0, beat - self.slowing_from)
        return (whole + swung + self.slowing * late * late) * 60 / self.bpm


def melody(text: str, *, start: float = 0.0) -> Iterator[Note]:
    """Notes of a line such as `f#5:2 e5:.5 -:1`: name or rest, colon, beats. Bar lines `|` are for the reader."""
    beat = start
    for token in text.split():
        if token == "|":  # noqa: S105
            continue
        name, _, length = token.partition(":")
        if name != REST:
            yield Note(name=name, beat=beat)
        beat += float(length)


def played_by_hand(notes: Iterator[Note], *, seed: int, looseness: float = 0.02) -> Iterator[Note]:
    """The same notes, each a little early or late (in beats) and a little softer or louder."""
    random = Random(seed)
    for note in notes:
        beat = note.beat + random.uniform(-looseness, looseness)
        velocity = round(note.velocity * random.uniform(0.88, 1.08))
        yield Note(name=note.name, beat=max(0.0, beat), velocity=velocity)
