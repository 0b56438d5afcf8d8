"""What widgets and the player tell the screen. Messages go up, attributes go down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from tonearm_tui.player import PlayerEvent

if TYPE_CHECKING:
    from tonearm_tui.widgets.track_table import TrackTable


@dataclass
class PlayerSpoke(Message):
    """Something happened in the player, whichever thread it happened on."""

    event: PlayerEvent


@dataclass
class RowOpened(Message):
    """A row of `table` is to be played."""

    table: TrackTable
    index: int


@dataclass
class RowLiked(Message):
    """The heart of a row was clicked."""

    table: TrackTable
    index: int


@dataclass
class RowsWanted(Message):
    """The end of what `table` has is near, and there is more."""

    table: TrackTable


@dataclass
class ViewChosen(Message):
    """A view's name was clicked; `action_id` is the key table's."""

    action_id: str


@dataclass
class ShareChosen(Message):
    """A place on the waveform was clicked: `share` of the length, 0.0 to 1.0."""

    share: float


@dataclass
class ViewShown(Message):
    """The library pane shows another view, or a view in another state."""

    view: str


@dataclass
class ServerLost(Message):
    """The server does not answer; somebody tries again. `text` says when."""

    text: str


@dataclass
class Refused(Message):
    """The server said no, and there are rows that its answer must not take away. `text` is what it said."""

    text: str


@dataclass
class ServerBack(Message):
    """The server answers."""


@dataclass
class SignOutChosen(Message):
    """This login is to be forgotten."""


@dataclass
class SessionOver(Message):
    """The server does not take this login any more."""
