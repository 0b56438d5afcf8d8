"""The mixing desk that is one big integer, against the same sums done sample by sample."""

import math
from array import array
from collections.abc import Sequence
from random import Random

import pytest

from demo_album.instruments import plucked, struck
from demo_album.score import Tempo, frequency_hz, melody
from demo_album.tape import SAMPLE_RATE_HZ, delayed, interleaved, recorded, settled, spliced, unwound

COUNT = 400


def samples(seed: int, count: int = COUNT) -> list[int]:
    random = Random(seed)
    return [random.randint(-70_000, 70_000) for _ in range(count)]


def test_a_tape_gives_back_what_was_recorded() -> None:
    expected = samples(1)

    assert expected == list(unwound(recorded(expected), COUNT))


def test_adding_tapes_mixes_them_and_multiplying_is_a_fader() -> None:
    first, second = samples(1), samples(2)

    mixed = unwound(recorded(first) * 90 + recorded(second) * 30, COUNT)

    assert [90 * x + 30 * y for x, y in zip(first, second, strict=True)] == list(mixed)


def test_settling_divides_every_sample_and_rounds_down() -> None:
    loud = samples(3)

    assert [x >> 7 for x in loud] == list(unwound(settled(recorded(loud), 7, COUNT), COUNT))


def test_spliced_notes_overlap_where_their_times_say() -> None:
    notes = [(at, samples(at, 50)) for at in (0, 3, 20, 21, 200, 390)]
    expected = [0] * COUNT
    for at, note in notes:
        for i, x in enumerate(note[: COUNT - at]):
            expected[at + i] += x

    tape = spliced([(at, recorded(note)) for at, note in notes])

    assert expected == list(unwound(tape, COUNT))


def test_a_mix_that_would_clip_is_refused() -> None:
    with pytest.raises(ValueError, match="too loud"):
        interleaved(recorded([0, 70_000]), recorded([0, 0]), 2)


def test_left_and_right_alternate() -> None:
    pcm = array("h", interleaved(recorded([20_000, 2]), recorded([-20_000, -2]), 2))

    assert list(pcm) == [10_000, -10_000, 1, -1]


def test_delay_moves_a_tape_by_whole_samples() -> None:
    assert list(unwound(delayed(recorded([5, -6]), 3), 6)) == [0, 0, 0, 5, -6, 0]


@pytest.mark.parametrize("name", ["d2", "f#4", "bb5"])
def test_strings_and_bars_are_in_tune(name: str) -> None:
    pitch_hz = frequency_hz(name)
    notes = {
        "plucked": plucked(pitch_hz, 1.2, 0.4, 1.0),
        "struck": struck(pitch_hz, 1.2, ((1.0, 0.7, 0.8),)),
    }

    off_cents = {instrument: cents_from(unwound(tape, SAMPLE_RATE_HZ), pitch_hz) for instrument, tape in notes.items()}

    assert all(abs(cents) < 4 for cents in off_cents.values()), off_cents


def cents_from(note: Sequence[int], pitch_hz: float) -> float:
    """How far the strongest frequency near `pitch_hz` is from it, by probing every second cent."""
    heard = note[4000:24_000]
    window = [math.sin(math.pi * i / len(heard)) ** 2 for i in range(len(heard))]
    shaped = [x * w for x, w in zip(heard, window, strict=True)][::4]

    def strength(cents: float) -> float:
        step = 2 * math.pi * pitch_hz * 2 ** (cents / 1200) * 4 / SAMPLE_RATE_HZ
        return abs(
            complex(
                math.fsum(x * math.cos(step * i) for i, x in enumerate(shaped)),
                math.fsum(x * math.sin(step * i) for i, x in enumerate(shaped)),
            )
        )

    return max(range(-20, 21, 2), key=strength)


def test_a_line_is_read_as_names_beats_and_rests() -> None:
    notes = [(note.name, note.beat) for note in melody("f#5:1.5 -:.5 | e5:2 a4:1")]

    assert notes == [("f#5", 0), ("e5", 2), ("a4", 4)]


def test_swing_delays_the_second_eighth_and_keeps_the_beat() -> None:
    tempo = Tempo(bpm=60, swing=0.64)

    assert [tempo.seconds(beat) for beat in (0, 0.5, 1, 1.5)] == pytest.approx([0, 0.64, 1, 1.64])
