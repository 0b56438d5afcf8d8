"""Who may know of which track: the clause that every media query starts from (threats T3, T4).

What a person may not see is absent from every list, count and search: the clause stands inside the query,
never behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tonearm_server.kit.db import Value


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition on a track aliased `t`, with the values for its placeholders."""

    sql: str
    values: tuple[Value, ...] = ()

    def __and__(self, other: Clause) -> Clause:
        return Clause(f"{self.sql} AND {other.sql}", self.values + other.values)


def visible_to(viewer_id: str) -> Clause:
    """Tracks that a member finds in lists and searches: ready, and not somebody else's private one.

    LIKE keeps SQLite from the index on states, which nearly every track shares, and to the index of the order.
    """
    return Clause("t.state LIKE 'ready' AND (t.visibility <> 'private' OR t.owner_id = ?)", (viewer_id,))


def owned_by(viewer_id: str) -> Clause:
    """A member's own uploads, in whatever state."""
    return Clause("t.owner_id = ?", (viewer_id,))


def openable_by(viewer_id: str | None) -> Clause:
    """Tracks that may be opened by id: a member's own and what members see; for a stranger only public ones."""
    if viewer_id is None:
        return Clause("t.state = 'ready' AND t.visibility = 'public'")
    return Clause("(t.owner_id = ? OR (t.state = 'ready' AND t.visibility <> 'private'))", (viewer_id,))
