"""The three pieces: what is played, on what, how loud. Composed for Tonearm; GPL-3.0-or-later like the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from demo_album.instruments import (
    CELESTA,
    FELT_PIANO,
    TINES,
    TRAM_BELL,
    VIBRAPHONE,
    breathing,
    brushed,
    plucked,
    struck,
    thump,
)
from demo_album.score import Note, Tempo, frequency_hz, melody, played_by_hand
from demo_album.tape import FADER_BITS, echo, faded_out, frames, interleaved, room, settled, spliced

Instrument = Callable[[float], int]
"""A pitch in Hz to the tape of one note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One player's tape and its place on the desk: faders 0 to 127, `pan` from -1 (left) to 1 (right).

    `wet` is how much of it the room hears.
    """

    tape: int
    level: int
    pan: float = 0.0
    wet: int = 26

    def faders(self) -> tuple[int, int]:
        """Left and right: the far side is turned down, the near side stays."""
        return round(self.level * (1 - max(0.0, self.pan))), round(self.level * (1 + min(0.0, self.pan)))

    def to_room(self) -> int:
        """How much of the part, as mixed, the room hears."""
        return round(self.level * self.wet / 128)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of the album. `gain` brings it to -16 LUFS (found with ffmpeg's ebur128, held by a test)."""

    title: str
    genre: str
    seconds: float
    gain: float
    fade_s: float
    room_s: float
    players: Callable[[int], Iterable[Part]]

    def pcm(self) -> bytes:
        """The piece as interleaved 16-bit little-endian stereo at 44.1 kHz, the same bytes each time."""
        count = frames(self.seconds)
        left = right = send = 0
        for part in self.players(count):
            to_left, to_right = part.faders()
            left, right = left + part.tape * to_left, right + part.tape * to_right
            send += part.tape * part.to_room()
        send = settled(send, FADER_BITS, count)
        return interleaved(self._mastered(left, send, 0), self._mastered(right, send, 1), count)

    def _mastered(self, dry: int, send: int, side: int) -> int:
        count = frames(self.seconds)
        mix = settled(dry, FADER_BITS, count) + room(send, seconds=self.room_s, side=side, count=count)
        loud = settled(mix * round(self.gain * 128), FADER_BITS, count)
        return faded_out(loud, count=count, fade=frames(self.fade_s))


def perform(notes: Iterable[Note], instrument: Instrument, tempo: Tempo, count: int) -> int:
    """One player's tape."""
    cues = [(frames(tempo.seconds(note.beat)), instrument(frequency_hz(note.name)) * note.velocity) for note in notes]
    return settled(spliced(sorted(cues)), FADER_BITS, count)


def strokes(beats: Iterable[tuple[float, int]], sound: int, tempo: Tempo, count: int) -> int:
    """Percussion: the same sound at each (beat, velocity)."""
    cues = [(frames(tempo.seconds(beat)), sound * velocity) for beat, velocity in beats]
    return settled(spliced(sorted(cues)), FADER_BITS, count)


# --- 1. A waltz for nylon strings and a felted piano ---------------------------------------------------------------

WALTZ_HARMONY = """
d3 a3 d4 f#4 | c#3 a3 c#4 e4 | b2 f#3 b3 d4 | a2 f#3 a3 c#4  | g2 d3 g3 b3 | f#2 d3 a3 d4 | e3 b3 d4 g4  | a2 g3 c#4 e4
|
d3 a3 d4 f#4 | c#3 a3 c#4 e4 | b2 f#3 b3 d4 | f#2 e3 a#3 c#4 | g2 d3 g3 b3 | g2 d3 bb3 e4 | a2 f#3 a3 d4 | a2 g3 c#4 e4
"""
WALTZ_MELODY = """
f#5:2 e5:.5 f#5:.5 | e5:2 c#5:1 | d5:2 c#5:.5 b4:.5 | a4:2 -:1 |
b4:1 d5:1 g5:1 | f#5:2 d5:1 | e5:1 f#5:.5 g5:.5 e5:1 | e5:2 a4:1 |
f#5:1.5 g5:.5 a5:1 | a5:1 e5:2 | d5:1.5 e5:.5 f#5:1 | e5:1 c#5:1 a#4:1 |
b4:1 d5:1 g5:1 | g5:1.5 e5:.5 bb4:1 | a4:1 d5:1 f#5:1 | e5:2 c#5:1 | d5:3
"""
WALTZ_ENDING = ("d2", "d3", "a3", "d4", "f#4", "a4")
WALTZ_FIGURE = (0, 1, 2, 3, 2, 1)
"""Which string of the chord each eighth of a bar plucks."""
WALTZ = Tempo(bpm=102, slowing_from=42, slowing=0.02)


def _waltz_strings() -> Iterator[Note]:
    for bar, chord in enumerate(WALTZ_HARMONY.split("|")):
        names = chord.split()
        for eighth, string in enumerate(WALTZ_FIGURE):
            velocity = 112 if eighth == 0 else 70
            yield Note(name=names[string], beat=bar * 3 + eighth / 2, velocity=velocity)
    for order, name in enumerate(WALTZ_ENDING):
        yield Note(name=name, beat=48 + order * 0.09, velocity=100)


def _waltz(count: int) -> Iterator[Part]:
    def string(pitch_hz: float) -> int:
        return plucked(pitch_hz, 1.7, 0.45, 0.9)

    def piano(pitch_hz: float) -> int:
        return struck(pitch_hz, 2.2, FELT_PIANO)

    brush = [(bar * 3 + beat, velocity) for bar in range(4, 16) for beat, velocity in ((1, 90), (2, 110))]
    stroke = brushed(0.22, 0.045, 0.25, seed=5)
    yield Part(
        tape=perform(played_by_hand(_waltz_strings(), seed=4), string, WALTZ, count), level=46, pan=-0.28, wet=20
    )
    yield Part(
        tape=perform(played_by_hand(melody(WALTZ_MELODY), seed=3), piano, WALTZ, count), level=48, pan=0.22, wet=36
    )
    yield Part(tape=strokes(brush, stroke, WALTZ, count), level=22, pan=0.5, wet=40)


# --- 2. A swing tune for vibraphone, tines, bass and brushes -------------------------------------------------------

SWING_HARMONY = """
f3 a3 c4 e4 | f3 a3 b3 e4 | e3 g3 b3 d4 | g3 bb3 c#4 e4 | f3 a3 c4 e4 | f3 a3 b3 e4 | g3 b3 d4 e4 | g3 bb3 c#4 f4 |
a3 c4 e4 g4 | ab3 c4 d4 g4 | g3 b3 d4 e4 | f3 a3 b3 e4
"""
SWING_BASS = """
d2:1 f2:1 a2:1 ab2:1 | g2:1 b2:1 d3:1 db3:1 | c3:1 b2:1 a2:1 g2:1 | a2:1 g2:1 e2:1 eb2:1 |
d2:1 e2:1 f2:1 f#2:1 | g2:1 d3:1 g2:1 f2:1  | e2:1 g2:1 b2:1 bb2:1 | a2:1 c#3:1 a2:1 g2:1 |
f2:1 a2:1 c3:1 a2:1  | f2:1 ab2:1 c3:1 f2:1 | e2:1 b2:1 a2:1 eb2:1 | d2:1 a2:1 g2:1 b2:1 | c3:1.5 g2:.5 c2:2
"""
SWING_ENDING = ("e3", "a3", "d4", "g4")
SWING_MELODY = """
-:1 a4:.5 c5:.5 e5:1.5 d5:.5 | b4:1.5 a4:.5 -:2 | -:1 g4:.5 b4:.5 d5:1.5 c5:.5 | bb4:1 c#5:.5 e5:.5 g5:1 e5:1 |
f5:1.5 e5:.5 d5:.5 c5:.5 a4:1 | b4:2 -:1 d5:.5 e5:.5 | g5:1.5 e5:.5 d5:1 b4:1 | c#5:1.5 bb4:.5 a4:1 g4:1 |
a4:.5 c5:.5 e5:1 g5:2 | f5:1 d5:.5 c5:.5 ab4:2 | b4:.5 d5:.5 e5:1 c#5:.5 a4:.5 g4:1 |
f4:.5 a4:.5 c5:.5 e5:.5 d5:1 b4:1 | c5:.5 e5:.5 d5:3
"""
COMPING = (((0.0, 100), (1.5, 76)), ((0.5, 76), (2.0, 88)), ((0.0, 100), (2.5, 76)), ((1.5, 88), (3.5, 66)))
"""(beat, velocity) of the chords in each of four bars, over and over."""
RIDE = ((0, 88), (1, 112), (1.5, 60), (2, 88), (3, 112), (3.5, 60))
SNARE = ((1, 110), (3, 100))
BASS_DRUM = ((0, 110), (2, 80))
SWING = Tempo(bpm=112, swing=0.64, slowing_from=46, slowing=0.02)


def _swing_chords() -> Iterator[Note]:
    for bar, chord in enumerate(SWING_HARMONY.split("|")):
        for beat, velocity in COMPING[bar % len(COMPING)]:
            for name in chord.split():
                yield Note(name=name, beat=bar * 4 + beat, velocity=velocity)
    for order, name in enumerate(SWING_ENDING):
        yield Note(name=name, beat=48 + order * 0.06, velocity=88)


def _swing(count: int) -> Iterator[Part]:
    def bass(pitch_hz: float) -> int:
        return plucked(pitch_hz, 0.85, 0.15, 0.55)

    def vibes(pitch_hz: float) -> int:
        return struck(pitch_hz, 2.0, VIBRAPHONE)

    def tines(pitch_hz: float) -> int:
        return struck(pitch_hz, 1.1, TINES)

    def kit(pattern: Sequence[tuple[float, int]], sound: int) -> int:
        bars = [(bar * 4 + beat, velocity) for bar in range(12) for beat, velocity in pattern]
        return strokes(bars, sound, SWING, count)

    bell = struck(frequency_hz("e6"), 1.6, TRAM_BELL)
    yield Part(tape=perform(melody(SWING_BASS), bass, SWING, count), level=68, wet=6)
    yield Part(
        tape=perform(played_by_hand(melody(SWING_MELODY), seed=7), vibes, SWING, count), level=40, pan=0.3, wet=44
    )
    yield Part(tape=perform(played_by_hand(_swing_chords(), seed=8), tines, SWING, count), level=20, pan=-0.4, wet=40)
    yield Part(tape=kit(RIDE, brushed(0.3, 0.05, 0.95, seed=9)), level=22, pan=0.45)
    yield Part(tape=kit(SNARE, brushed(0.25, 0.05, 0.2, seed=10)), level=34, pan=-0.1, wet=40)
    yield Part(tape=kit(BASS_DRUM, thump()), level=34, wet=0)
    yield Part(tape=strokes([(50, 110), (50.5, 90)], bell, SWING, count), level=13, pan=0.6, wet=100)


# --- 3. A night piece for pads, celesta and harp, with the needle on the lacquer -----------------------------------

NIGHT_HARMONY = """
eb3 bb3 d4 g4 | d3 bb3 d4 f4  | eb3 ab3 c4 g4  | eb3 ab3 b3 f4 |
eb3 g3 bb3 f4 | eb3 g3 bb3 d4 | eb3 g3 c4 eb4 | f3 ab3 c4 eb4 | eb3 g3 bb3 f4
"""
NIGHT_BASS = "eb2:4 | g2:4 | ab2:4 | ab2:4 | bb2:4 | c3:4 | ab2:4 | bb2:4 | eb2:4"
NIGHT_MELODY = """
g5:3 bb5:1 | f5:4 | eb5:1 g5:1 bb5:2 | ab5:1 f5:3 |
g5:1.5 bb5:.5 eb6:2 | d6:2 bb5:2 | c6:1 g5:1 eb5:2 | f5:3 eb5:.5 f5:.5 | g5:4
"""
NIGHT_FIGURE = (0, 1, 2, 3, 2, 1, 3, 2)
NIGHT = Tempo(bpm=68, slowing_from=30, slowing=0.015)


def _night_harp() -> Iterator[Note]:
    for bar, chord in enumerate(NIGHT_HARMONY.split("|")):
        names = chord.split()
        for eighth, string in enumerate(NIGHT_FIGURE):
            yield Note(name=names[string], beat=bar * 4 + eighth / 2, velocity=62 + 11 * min(bar, 4))


def _night_pads() -> Iterator[Note]:
    for bar, chord in enumerate(NIGHT_HARMONY.split("|")):
        for name in chord.split():
            yield Note(name=name, beat=bar * 4)


def _crackle(count: int) -> int:
    """Dust in the groove: soft ticks at moments and strengths that the golden ratio keeps from repeating."""
    ticks = [(0.35 * i + 0.9 * (i * 0.618 % 1), 30 + round(80 * (i * 0.377 % 1))) for i in range(96)]
    return strokes(ticks, brushed(0.012, 0.0015, 0.6, seed=13), NIGHT, count)


def _night(count: int) -> Iterator[Part]:
    def pad(pitch_hz: float) -> int:
        return breathing(pitch_hz, 4.3, 1.2, 1.5)

    def deep(pitch_hz: float) -> int:
        return breathing(pitch_hz, 4.0, 0.25, 1.2)

    def harp(pitch_hz: float) -> int:
        return plucked(pitch_hz, 1.9, 0.3, 1.0)

    def celesta(pitch_hz: float) -> int:
        return struck(pitch_hz, 2.6, CELESTA)

    line = perform(played_by_hand(melody(NIGHT_MELODY), seed=11), celesta, NIGHT, count)
    repeats = echo(line, delay=frames(NIGHT.seconds(1.5)), fader=46, times=3, count=count)
    yield Part(tape=perform(_night_pads(), pad, NIGHT, count), level=13, wet=50)
    yield Part(tape=perform(melody(NIGHT_BASS), deep, NIGHT, count), level=24, wet=12)
    yield Part(tape=perform(played_by_hand(_night_harp(), seed=12), harp, NIGHT, count), level=28, pan=-0.35, wet=50)
    yield Part(tape=line, level=30, pan=0.15, wet=60)
    yield Part(tape=repeats, level=34, pan=-0.5, wet=60)
    yield Part(tape=_crackle(count), level=14, pan=0.1, wet=0)


PIECES = (
    Piece(
        title="Kettle, Window, Rain", genre="Chamber", seconds=32.0, gain=0.871, fade_s=1.5, room_s=1.6, players=_waltz
    ),
    Piece(title="Tram № 4 at Dusk", genre="Jazz", seconds=30.0, gain=0.634, fade_s=1.5, room_s=0.9, players=_swing),
    Piece(
        title="Last Side, Lights Low", genre="Ambient", seconds=34.5, gain=0.754, fade_s=4.0, room_s=2.8, players=_night
    ),
)
