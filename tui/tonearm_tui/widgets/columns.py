"""The columns of a track row: which there are at a width, and what stands in them. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from tonearm_api.library import Track
from tonearm_tui.cells import clock, fit
from tonearm_tui.standing import mark, standing

PLAYING, PAUSED, LIKED, UNLIKED, CURSOR = "▶", "‖", "♥", "♡", "▌"

HEART_FROM_RIGHT = 2
"""The heart's cell, counted from the right edge: a blank stands after it."""

_ALBUM_FROM, _ARTIST_FROM, _NUMBER_FROM = 72, 46, 36
"""Widths in cells from which a column is worth its room; below, the title would be cut to nothing."""

_LEAST_CELLS = 8
"""Of a column that is there, however short what stands in it."""

_TIME_CELLS = 7
_GAP = "  "
_SKELETON = "▄"


class Field(enum.Enum):
    """Parts of a row that differ in style; the values are the style sheet's names."""

    NUMBER = "number"
    TITLE = "title"
    ARTIST = "artist"
    ALBUM = "album"
    TIME = "time"
    LIKED = "liked"
    UNLIKED = "unliked"


@dataclass(frozen=True, slots=True)
class Flags:
    """`loaded` is what the player holds, `audible` what can be heard: only that one is amber."""

    liked: bool = False
    loaded: bool = False
    audible: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells of each column; 0 is a column that is not there."""

    number: int
    title: int
    artist: int
    album: int


@dataclass(frozen=True, slots=True)
class Needs:
    """Cells of each column with which nothing of nine rows in ten is cut."""

    title: int
    artist: int
    album: int


ENDLESS = Needs(title=10_000, artist=10_000, album=10_000)
"""Of rows that are not known: more than any window has."""


def needs_of(tracks: Iterable[Track]) -> Needs:
    """What `tracks` need; why one cannot be played stands across artist and album."""
    titles, artists, albums = [], [], []
    for track in tracks:
        words = (cell_len(standing(track)) + 1) // 2
        titles.append(cell_len(track.title))
        artists.append(words or cell_len(track.artist))
        albums.append(words or cell_len(track.album or ""))
    return Needs(title=_nine_in_ten(titles), artist=_nine_in_ten(artists), album=_nine_in_ten(albums))


def _nine_in_ten(cells: list[int]) -> int:
    """A few long names must not take the room of all the others."""
    return max(_LEAST_CELLS, sorted(cells)[len(cells) * 9 // 10]) if cells else _LEAST_CELLS


def layout(width: int, *, digits: int, is_narrow: bool = False, needs: Needs = ENDLESS) -> Columns:
    """The columns of a row `width` cells wide. `is_narrow` keeps a side list to title and time."""
    number = digits if width >= _NUMBER_FROM else 0
    # Around the flexible columns: cursor, mark, gap, number, time, gap, heart, blank.
    room = width - 2 - 1 - number - (len(_GAP) if number else 0) - _TIME_CELLS - len(_GAP) - HEART_FROM_RIGHT
    if is_narrow or width < _ARTIST_FROM:
        return Columns(number, max(room, 1), 0, 0)
    if width < _ALBUM_FROM:
        title, artist = _share(room - len(_GAP), shares=(3, 2), needed=(needs.title, needs.artist))
        return Columns(number, title, artist, 0)
    needed = (needs.title, needs.artist, needs.album)
    return Columns(number, *_share(room - 2 * len(_GAP), shares=(4, 3, 3), needed=needed))


def _share(room: int, *, shares: Sequence[int], needed: Sequence[int]) -> list[int]:
    """`room` cells by shares. What a column does not need goes to those that are cut, and the rest to the first."""
    fair = [room * share // sum(shares) for share in shares]
    widths = [min(cells, need) for cells, need in zip(fair, needed, strict=True)]
    spare = room - sum(widths)
    for index, need in enumerate(needed):
        given = min(need - widths[index], spare)
        widths[index] += given
        spare -= given
    widths[0] += spare
    return widths


def row_fields(track: Track, index: int, columns: Columns, flags: Flags) -> list[tuple[str, str]]:
    """A row as (text, style name) pairs, left to right; an empty name is the row's own style."""
    loud = ("audible" if flags.audible else "loaded") if flags.loaded else ""
    sign = mark(track) if not flags.loaded else PAUSED if flags.paused else PLAYING
    fields = [(" ", ""), (sign, loud), (" ", "")]
    if columns.number:
        fields.append((str(index + 1).rjust(columns.number) + _GAP, loud or Field.NUMBER.value))
    fields.append((fit(track.title, columns.title), loud or Field.TITLE.value))
    fields += _origin(track, columns)
    fields.append((clock(track.duration_ms).rjust(_TIME_CELLS) + _GAP, Field.TIME.value))
    heart = (LIKED, Field.LIKED.value) if flags.liked else (UNLIKED, Field.UNLIKED.value)
    return [*fields, heart, (" ", "")]


def _origin(track: Track, columns: Columns) -> list[tuple[str, str]]:
    """Artist and album; in their place, why the track cannot be played."""
    widths = [width for width in (columns.artist, columns.album) if width]
    if (words := standing(track)) and widths:
        room = sum(widths) + len(_GAP) * (len(widths) - 1)
        return [(_GAP, ""), (fit(words, room), Field.ARTIST.value)]
    texts = ((track.artist, Field.ARTIST), (track.album or "", Field.ALBUM))
    fields = [
        [(_GAP, ""), (fit(text, width), field.value)] for (text, field), width in zip(texts, widths, strict=False)
    ]
    return [part for field in fields for part in field]


def placeholder(index: int, *, width: int) -> list[tuple[str, str]]:
    """A row that has not arrived: bars of uneven length, the same for the same index."""
    columns = layout(width, digits=2)
    fields: list[tuple[str, str]] = [(" " * (3 + columns.number + (len(_GAP) if columns.number else 0)), "")]
    for salt, room in enumerate((columns.title, columns.artist, columns.album)):
        if room:
            bar = max(room * (40 + (index * 37 + salt * 23) % 45) // 100, 1)
            fields += [(_SKELETON * bar, "skeleton"), (" " * (room - bar) + _GAP, "")]
    return fields
