"""Which rows may be meant: the candidates that each database's own text index gives. Knows no ranking.

Every function returns a SELECT of row ids, without a limit, and its values; what the viewer may not see is no
candidate. Both databases answer the same questions: whole words with the last one as a beginning, parts of
words, single characters, and likeness.
"""

from __future__ import annotations

from typing import Protocol

from tonearm_server.kit.db import Dialect
from tonearm_server.library.visible import Clause
from tonearm_server.library.words import fts5_query, trigrams

_MAX_TRIGRAMS = 40


class TextIndex(Protocol):
    """How one kind of database finds text. `words` are those of `library/words.py`, at least one."""

    def tracks(self, words: list[str], *, visible: Clause) -> Clause:
        """Tracks that have every word."""

    def albums(self, words: list[str], *, visible: Clause) -> Clause: ...

    def artists(self, words: list[str], *, visible: Clause) -> Clause: ...

    def parts(self, words: list[str], *, visible: Clause) -> Clause:
        """Tracks that have every word inside a word; each has three characters at least."""

    def characters(self, words: list[str], *, visible: Clause) -> Clause:
        """Tracks that have every word anywhere, however short. May read every track."""

    def alike(self, words: list[str], *, visible: Clause) -> Clause:
        """Tracks that share parts with the words, as `found` and `distance`, the nearest first."""


class FTS5:
    """SQLite: the indexes of migration 0002, on words and on trigrams.

    CROSS JOIN says what is looked at first: SQLite would ask the index once for every track (2 s of 20,000, 2026-11).
    """

    def tracks(self, words: list[str], *, visible: Clause) -> Clause:
        return _matching("track_words", fts5_query(words), visible)

    def albums(self, words: list[str], *, visible: Clause) -> Clause:
        sql = f"""
            SELECT f.rowid FROM album_words f WHERE album_words MATCH ?
            AND EXISTS (SELECT 1 FROM track t WHERE t.album_id = f.rowid AND {visible.sql})
        """
        return Clause(sql, (fts5_query(words), *visible.values))

    def artists(self, words: list[str], *, visible: Clause) -> Clause:
        sql = f"""
            SELECT f.rowid FROM artist_words f WHERE artist_words MATCH ? AND EXISTS (
                SELECT 1 FROM track_artist o JOIN track t ON t.row_id = o.track_id
                WHERE o.artist_id = f.rowid AND {visible.sql}
            )
        """
        return Clause(sql, (fts5_query(words), *visible.values))

    def parts(self, words: list[str], *, visible: Clause) -> Clause:
        return _matching("track_trigrams", " ".join(f'"{word}"' for word in words), visible)

    def characters(self, words: list[str], *, visible: Clause) -> Clause:
        where = visible
        for word in words:
            where &= Clause("instr(t.title || ' ' || t.artist || ' ' || ifnull(t.album_title, ''), ?)", (word,))
        return Clause(f"SELECT t.row_id FROM track t WHERE {where.sql}", where.values)

    def alike(self, words: list[str], *, visible: Clause) -> Clause:
        pieces = sorted({piece for word in words for piece in trigrams(word)})[:_MAX_TRIGRAMS]
        sql = f"""
            SELECT f.rowid AS found, f.rank AS distance FROM track_trigrams f CROSS JOIN track t ON t.row_id = f.rowid
            WHERE track_trigrams MATCH ? AND {visible.sql} ORDER BY f.rank
        """
        return Clause(sql, (" OR ".join(f'"{piece}"' for piece in pieces), *visible.values))


class Trigrams:
    """PostgreSQL: the side tables of migration 0002, with GIN on their words and on trigrams of their text."""

    def tracks(self, words: list[str], *, visible: Clause) -> Clause:
        return _beside(Clause("f.words @@ tonearm_query(?)", (" ".join(words),)), visible)

    def albums(self, words: list[str], *, visible: Clause) -> Clause:
        sql = f"""
            SELECT f.row_id FROM album_search f WHERE f.words @@ tonearm_query(?)
            AND EXISTS (SELECT 1 FROM track t WHERE t.album_id = f.row_id AND {visible.sql})
        """
        return Clause(sql, (" ".join(words), *visible.values))

    def artists(self, words: list[str], *, visible: Clause) -> Clause:
        sql = f"""
            SELECT f.row_id FROM artist_search f WHERE f.words @@ tonearm_query(?) AND EXISTS (
                SELECT 1 FROM track_artist o JOIN track t ON t.row_id = o.track_id
                WHERE o.artist_id = f.row_id AND {visible.sql}
            )
        """
        return Clause(sql, (" ".join(words), *visible.values))

    def parts(self, words: list[str], *, visible: Clause) -> Clause:
        where = visible
        for word in words:
            where &= Clause("f.folded LIKE '%' || tonearm_fold(?) || '%'", (word,))
        return _beside(where)

    def characters(self, words: list[str], *, visible: Clause) -> Clause:
        return self.parts(words, visible=visible)

    def alike(self, words: list[str], *, visible: Clause) -> Clause:
        """`<%` uses the index and the threshold that `kit/postgres.py` sets for its connections."""
        near = " OR ".join("tonearm_fold(?) <% f.folded" for _ in words)
        likeness = " + ".join("word_similarity(tonearm_fold(?), f.folded)" for _ in words)
        sql = f"""
            SELECT f.row_id AS found, -({likeness}) AS distance FROM track_search f JOIN track t ON t.row_id = f.row_id
            WHERE ({near}) AND {visible.sql} ORDER BY distance
        """
        return Clause(sql, (*words, *words, *visible.values))


TEXT_INDEXES: dict[Dialect, TextIndex] = {"sqlite": FTS5(), "postgres": Trigrams()}


def _matching(index: str, query: str, visible: Clause) -> Clause:
    sql = f"""
        SELECT f.rowid FROM {index} f CROSS JOIN track t ON t.row_id = f.rowid WHERE {index} MATCH ? AND {visible.sql}
    """
    return Clause(sql, (query, *visible.values))


def _beside(*conditions: Clause) -> Clause:
    where = conditions[0]
    for condition in conditions[1:]:
        where &= condition
    sql = f"SELECT f.row_id FROM track_search f JOIN track t ON t.row_id = f.row_id WHERE {where.sql}"
    return Clause(sql, where.values)
