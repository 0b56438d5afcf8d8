"""What a word that nothing begins with may stand for: words of the vocabulary that contain it, or are spelt alike.

The same statements on both databases. What people may see decides the search itself, not this.
"""

from __future__ import annotations

from collections.abc import Sequence

from tonearm_server.kit.db import Database, Question
from tonearm_server.library.indexing import PIECE, pieces_of
from tonearm_server.library.words import Terms

_READINGS = 24
"""Of one word: enough for a part of many words, few enough for one question to the index."""

_NEAR = 64
"""Words with the most pieces in common, of which the nearest are taken."""

_MIN_CORRECTED = 4
"""Of three letters with one wrong nearly every word may be meant."""

_TWO_SLIPS = 8
"""From this length on people are forgiven two slips, before it one."""

_CONTAINING = "SELECT word FROM search_word WHERE word LIKE ? ORDER BY length(word), word LIMIT ?"
_SHARING = """
    SELECT word FROM search_piece WHERE piece IN ({places})
    GROUP BY word HAVING count(*) >= ? ORDER BY count(*) DESC, length(word), word LIMIT ?
"""


async def containing(words: Sequence[str], *, database: Database) -> Terms | None:
    """Words of tracks that contain these; None where one is too short to be a part, or in no word.

    Three letters make a part; in Chinese or Japanese one or two characters are a word. Reads the whole vocabulary.
    """
    if any(len(word) < PIECE and word.isascii() for word in words):
        return None
    questions: list[Question] = [(_CONTAINING, (f"%{word}%", _READINGS)) for word in words]
    found = await database.scans(*questions)
    groups = [tuple(row["word"] for row in rows) for rows in found]
    return Terms(tuple(groups)) if all(groups) else None


async def spelt_alike(words: Sequence[str], *, database: Database) -> Terms | None:
    """Words of tracks that these may be with a slip or two, the last one as a beginning; None where there are none."""
    last = len(words) - 1
    questions = [_sharing(word, is_beginning=place == last) for place, word in enumerate(words)]
    found = await database.scans(*questions)
    groups = []
    for place, (word, rows) in enumerate(zip(words, found, strict=True)):
        readings = _nearest(word, [row["word"] for row in rows], is_beginning=place == last)
        groups.append((*(reading for reading in readings if reading != word), word))
    is_other = any(len(group) > 1 for group in groups)
    return Terms(tuple(groups), last_is_beginning=True) if is_other else None


def slips(typed: str, meant: str, *, is_beginning: bool = False) -> int:
    """How many letters were missed, added, changed or swapped with the next (optimal string alignment).

    Of a beginning: against the beginning of `meant` that is nearest.
    """
    before: list[int] = []
    above = list(range(len(meant) + 1))
    for row, letter in enumerate(typed, 1):
        here = [row]
        for column, other in enumerate(meant, 1):
            least = min(above[column] + 1, here[-1] + 1, above[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == meant[column - 2] and typed[row - 2] == other:
                least = min(least, before[column - 2] + 1)
            here.append(least)
        before, above = above, here
    return min(above) if is_beginning else above[-1]


def _sharing(word: str, *, is_beginning: bool) -> Question:
    """Words that share at least two pieces, and a third of all: one slip spoils three or four of them."""
    pieces = sorted(pieces_of(word, is_beginning=is_beginning))
    places = ", ".join("?" * len(pieces)) or "NULL"
    return _SHARING.format(places=places), (*pieces, max(2, len(pieces) // 3), _NEAR)


def _nearest(typed: str, words: Sequence[str], *, is_beginning: bool) -> list[str]:
    """Those that are near enough, the nearest first."""
    if len(typed) < _MIN_CORRECTED:
        return []
    forgiven = 2 if len(typed) >= _TWO_SLIPS else 1
    counted = [(slips(typed, word, is_beginning=is_beginning), word) for word in words]
    near = [(count, word) for count, word in counted if count <= forgiven]
    return [word for _, word in sorted(near, key=lambda pair: pair[0])][:_READINGS]
