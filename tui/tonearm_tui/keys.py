"""The terminal's side of the key table: bindings for single keys, a reader for sequences such as `g l`."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from textual.binding import Binding

from tonearm_api.keymap import ACTIONS, Action

WINDOW_S = 0.6
"""How long the second key of a sequence may take."""

_SEEK_TENTH = "player.seek_tenth"


@dataclass(frozen=True, slots=True)
class Command:
    """An action as a sequence names it; `argument` is the digit of `'5`."""

    action_id: str
    argument: int | None = None


class Fed(enum.Enum):
    """What a key was to the sequence reader."""

    NOTHING = enum.auto()
    BEGUN = enum.auto()
    BROKEN = enum.auto()


def bindings(actions: Iterable[Action] = ACTIONS) -> Iterator[Binding]:
    """One binding an action, with the action's id, so that people can remap it."""
    for action in actions:
        keys = [key for key in action.tui if " " not in key and action.id != _SEEK_TENTH]
        if keys:
            # What is typed right after the search key must reach the field, so that key is handled first.
            priority = action.id == "view.search"
            yield Binding(
                ",".join(keys), f"do('{action.id}')", action.title, id=action.id, show=False, priority=priority
            )


def sequences(actions: Iterable[Action] = ACTIONS) -> dict[str, dict[str, Command]]:
    """First key -> second key -> command: a trie two keys deep, which is as deep as the table goes."""
    trie: dict[str, dict[str, Command]] = {}
    for action in actions:
        for key in action.tui:
            first, _, second = key.partition(" ")
            if second:
                trie.setdefault(first, {})[second] = Command(action.id)
            elif action.id == _SEEK_TENTH:
                trie[first] = {str(digit): Command(action.id, digit) for digit in range(10)}
    return trie


class SequenceReader:
    """Remembers the first key of a sequence until the second comes or `forget` is called."""

    def __init__(self, trie: Mapping[str, Mapping[str, Command]]) -> None:
        self._trie = trie
        self._first: str | None = None

    @property
    def choices(self) -> Mapping[str, Command]:
        """What the next key may be; empty when no sequence has begun."""
        return {} if self._first is None else self._trie[self._first]

    def feed(self, key: str) -> Command | Fed:
        """The command that `key` completes, or what became of the sequence."""
        if self._first is not None:
            command = self.choices.get(key)
            self._first = None
            return command or Fed.BROKEN
        if key not in self._trie:
            return Fed.NOTHING
        self._first = key
        return Fed.BEGUN

    def forget(self) -> None:
        self._first = None
