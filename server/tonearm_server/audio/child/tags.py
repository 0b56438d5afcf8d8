"""Turns the three families of tags, and RIFF's, into one; knows mutagen's mappings but opens no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from mutagen.id3 import TCON

from tonearm_server.audio.child.text import clean, clean_all, find_number, find_year, mend_cyrillic
from tonearm_server.audio.types import AudioTags

_MOST_TRACKS, _MOST_DISCS = 9_999, 999  # what a person may type: `EditTrack`
_LATIN_1: Final = 0  # ID3v2's number of the encoding, in which half the world stored its own


def tags_from_id3(id3: Any) -> AudioTags:
    """`id3` is mutagen's, which has no types."""
    return _tags(
        title=_frame_texts(id3, "TIT2"),
        artists=_frame_texts(id3, "TPE1"),
        album=_frame_texts(id3, "TALB"),
        album_artist=_frame_texts(id3, "TPE2"),
        genres=_frame_texts(id3, "TCON"),
        date=_frame_texts(id3, "TDRC") or _frame_texts(id3, "TDOR"),
        track=_frame_texts(id3, "TRCK"),
        disc=_frame_texts(id3, "TPOS"),
    )


def tags_from_comments(comments: Mapping[str, list[str]]) -> AudioTags:
    """Vorbis comments, of FLAC and of Ogg; a field may repeat."""

    def texts(*names: str) -> list[str]:
        return next((list(comments[name]) for name in names if name in comments), [])

    return _tags(
        title=texts("title"),
        artists=texts("artist"),
        album=texts("album"),
        album_artist=texts("albumartist", "album artist", "album_artist"),
        genres=texts("genre"),
        date=texts("date", "year", "originaldate"),
        track=texts("tracknumber", "track"),
        disc=texts("discnumber", "disc"),
    )


def tags_from_mp4(atoms: Mapping[str, Any]) -> AudioTags:
    """Apple's tag list; the values' types depend on the atom, hence Any."""

    def texts(name: str) -> list[str]:
        return [value for value in atoms.get(name, []) if isinstance(value, str)]

    def numbers(name: str) -> list[str]:
        return [str(number) for number, _ in atoms.get(name, [])]

    return _tags(
        title=texts("\xa9nam"),
        artists=texts("\xa9ART"),
        album=texts("\xa9alb"),
        album_artist=texts("aART"),
        genres=texts("\xa9gen"),
        date=texts("\xa9day"),
        track=numbers("trkn"),
        disc=numbers("disk"),
    )


def tags_from_riff(texts: Mapping[bytes, bytes]) -> AudioTags:
    """RIFF's INFO list, whose encoding is nowhere stated: UTF-8 where it is valid, else Western or mended Cyrillic."""

    def text(name: bytes) -> list[str]:
        raw = texts.get(name, b"").split(b"\x00")[0]
        try:
            return [raw.decode()]
        except UnicodeDecodeError:
            return [mend_cyrillic(raw.decode("latin-1"))]

    return _tags(
        title=text(b"INAM"),
        artists=text(b"IART"),
        album=text(b"IPRD"),
        album_artist=[],
        genres=text(b"IGNR"),
        date=text(b"ICRD"),
        track=text(b"IPRT") if b"IPRT" in texts else text(b"ITRK"),
        disc=[],
    )


def _frame_texts(id3: Any, name: str) -> list[str]:
    texts: list[str] = []
    for frame in id3.getall(name):
        values = frame.genres if isinstance(frame, TCON) else map(str, frame.text)
        mend = frame.encoding == _LATIN_1
        texts += [mend_cyrillic(value) if mend else value for value in islice(values, 1000)]
    return texts


def _tags(
    *,
    title: Iterable[str],
    artists: Iterable[str],
    album: Iterable[str],
    album_artist: Iterable[str],
    genres: Iterable[str],
    date: Iterable[str],
    track: Iterable[str],
    disc: Iterable[str],
) -> AudioTags:
    return AudioTags(
        title=_first(title),
        artists=clean_all(artists),
        album=_first(album),
        album_artist=clean(", ".join(clean_all(album_artist))) or None,
        genres=[genre for genre in clean_all(genres) if genre != "Unknown"],  # mutagen's word for numbers above 191
        year=next(filter(None, map(find_year, date)), None),
        track_number=next((find_number(text, most=_MOST_TRACKS) for text in track), None),
        disc_number=next((find_number(text, most=_MOST_DISCS) for text in disc), None),
    )


def _first(raws: Iterable[str]) -> str | None:
    return next(iter(clean_all(raws)), None)
