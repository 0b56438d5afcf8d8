"""A seed to a library on paper: artists, albums, tracks, who likes and plays them. Pure; knows no table and no file.

The same seed and size give the same library. Few artists have most albums and few tracks most plays, as
in real libraries (Zipf's law).
"""

from __future__ import annotations

import base64
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tonearm_api.library import AudioFormat, Visibility
from tonearm_server.synth.words import GENRES, LATIN, VOCABULARIES, Vocabulary

_BEGAN_MS = 1_704_067_200_000
"""The first upload: 1 January 2024. Not the clock's: the same seed is the same library on every day."""

_YEAR_MS = 365 * 24 * 3600 * 1000
_TRACKS_A_PERSON = 2_500
_FEWEST, _MOST = 3, 40
_TRACKS_AN_ARTIST = 25

_PLAYS_A_TRACK = 3
_LIKES_A_TRACK = 1
_COUNTED = 0.85
"""Of the plays; the rest stopped too early."""

_FORMATS = {
    AudioFormat.MP3: 45,
    AudioFormat.FLAC: 25,
    AudioFormat.AAC: 10,
    AudioFormat.OPUS: 8,
    AudioFormat.VORBIS: 6,
    AudioFormat.ALAC: 4,
    AudioFormat.WAV: 2,
}
_VISIBILITIES = {Visibility.MEMBERS: 90, Visibility.PRIVATE: 6, Visibility.PUBLIC: 4}


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody with an account; nobody knows a password for it."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Song:
    """One track. `sound` numbers its owner's recordings of that format: no one uploads the same bytes twice."""

    id: str
    owner: Person
    sound: int
    format: AudioFormat
    visibility: Visibility
    uploaded_at_ms: int
    title: str
    artists: list[str]
    album: str
    album_artist: str
    genres: list[str]
    year: int
    track_number: int
    liked_by: list[tuple[Person, int]]
    """With the time, in Unix milliseconds."""

    plays: list[Listening]


@dataclass(frozen=True, kw_only=True, slots=True)
class Listening:
    """One play; `is_counted` where enough was heard."""

    person: Person
    play_id: str
    started_at_ms: int
    is_counted: bool


@dataclass(frozen=True, slots=True)
class _Artist:
    name: str
    vocabulary: Vocabulary
    genre: str


@dataclass(slots=True)
class Catalogue:
    """Everything that `seed` makes of `size` tracks; `songs` makes them one by one, in the order of upload."""

    size: int
    seed: int
    people: list[Person] = field(init=False)

    def __post_init__(self) -> None:
        draw = random.Random(f"people {self.seed}")
        count = max(_FEWEST, min(_MOST, self.size // _TRACKS_A_PERSON))
        self.people = [_person(number, seed=self.seed, draw=draw) for number in range(count)]

    def songs(self) -> Iterator[Song]:
        return itertools.islice(self._endless_songs(random.Random(f"songs {self.seed}")), self.size)

    def _endless_songs(self, draw: random.Random) -> Iterator[Song]:
        artists = _artists(max(1, self.size // _TRACKS_AN_ARTIST), draw)
        names = [artist.name for artist in artists]
        by_artist = list(itertools.accumulate(_long_tail(len(artists))))
        by_person = list(itertools.accumulate(1 / (rank + 1) ** 0.5 for rank in range(len(self.people))))
        sounds: dict[tuple[str, AudioFormat], int] = {}
        step_ms = 2 * _YEAR_MS // self.size
        for number in itertools.count():
            (artist,) = draw.choices(artists, cum_weights=by_artist)
            (owner,) = draw.choices(self.people, cum_weights=by_person)
            (audio_format,) = draw.choices(list(_FORMATS), list(_FORMATS.values()))
            (visibility,) = draw.choices(list(_VISIBILITIES), list(_VISIBILITIES.values()))
            album, year = _phrase(artist.vocabulary, draw), draw.randint(1958, 2025)
            for track_number in range(1, draw.randint(5, 15)):
                sound = sounds.get((owner.id, audio_format), 0)
                sounds[owner.id, audio_format] = sound + 1
                guests = [draw.choice(names)] if draw.random() < 0.07 else []
                uploaded_at_ms = _BEGAN_MS + number * 10 * step_ms + track_number * step_ms
                yield Song(
                    id=_new_id(draw),
                    owner=owner,
                    sound=sound,
                    format=audio_format,
                    visibility=visibility,
                    uploaded_at_ms=uploaded_at_ms,
                    title=_phrase(artist.vocabulary, draw),
                    artists=[artist.name, *(guest for guest in guests if guest != artist.name)],
                    album=album,
                    album_artist=artist.name,
                    genres=[artist.genre, *([draw.choice(GENRES)] if draw.random() < 0.2 else [])],
                    year=year,
                    track_number=track_number,
                    liked_by=self._likes(owner, visibility, uploaded_at_ms, draw),
                    plays=self._plays(owner, visibility, uploaded_at_ms, draw),
                )

    def _listeners(self, owner: Person, visibility: Visibility) -> Sequence[Person]:
        return [owner] if visibility is Visibility.PRIVATE else self.people

    def _likes(
        self, owner: Person, visibility: Visibility, after_ms: int, draw: random.Random
    ) -> list[tuple[Person, int]]:
        listeners = self._listeners(owner, visibility)
        count = min(_heavy(_LIKES_A_TRACK, draw), len(listeners))
        return [(person, after_ms + draw.randint(1, _YEAR_MS)) for person in draw.sample(listeners, count)]

    def _plays(self, owner: Person, visibility: Visibility, after_ms: int, draw: random.Random) -> list[Listening]:
        listeners = self._listeners(owner, visibility)
        return [
            Listening(
                person=draw.choice(listeners),
                play_id=_new_id(draw),
                started_at_ms=after_ms + draw.randint(1, _YEAR_MS),
                is_counted=draw.random() < _COUNTED,
            )
            for _ in range(_heavy(_PLAYS_A_TRACK, draw))
        ]


def _person(number: int, *, seed: int, draw: random.Random) -> Person:
    return Person(
        id=_new_id(draw), name=_full_name(_vocabulary(draw), draw), email=f"listener{number}.{seed}@synth.test"
    )


def _artists(count: int, draw: random.Random) -> list[_Artist]:
    """Names are all different: where the words run out they get a number, as bands do."""
    found: dict[str, _Artist] = {}
    genres = list(itertools.accumulate(_long_tail(len(GENRES))))
    while len(found) < count:
        vocabulary = _vocabulary(draw)
        name = _full_name(vocabulary, draw) if draw.random() < 0.6 else _band_name(vocabulary, draw)
        name = name if name not in found else f"{name} {len(found)}"
        (genre,) = draw.choices(GENRES, cum_weights=genres)
        found[name] = _Artist(name, vocabulary, genre)
    return list(found.values())


def _band_name(vocabulary: Vocabulary, draw: random.Random) -> str:
    article = "The " if vocabulary is LATIN and draw.random() < 0.4 else ""
    return article + _phrase(vocabulary, draw)


def _full_name(vocabulary: Vocabulary, draw: random.Random) -> str:
    first, last = draw.choice(vocabulary.first), draw.choice(vocabulary.last)
    return f"{first} {last}" if vocabulary.gap else last + first


def _phrase(vocabulary: Vocabulary, draw: random.Random) -> str:
    """A title of one to three words."""
    words = [draw.choice(vocabulary.kinds), draw.choice(vocabulary.things)]
    shape = draw.random()
    if shape < 0.15:
        words = words[1:]
    elif shape > 0.7:
        words.append(draw.choice(vocabulary.things))
    return vocabulary.gap.join(words)


def _vocabulary(draw: random.Random) -> Vocabulary:
    (found,) = draw.choices(VOCABULARIES, [vocabulary.share for vocabulary in VOCABULARIES])
    return found


def _long_tail(count: int) -> list[float]:
    return [1 / (rank + 1) for rank in range(count)]


def _heavy(mean: int, draw: random.Random) -> int:
    """A count whose mean is about `mean`: mostly none or one, seldom dozens."""
    return min(int(draw.paretovariate(1.2) * mean / 2), 100 * mean) if draw.random() < 0.6 else 0


def _new_id(draw: random.Random) -> str:
    return base64.b32encode(draw.randbytes(10)).decode().lower()
