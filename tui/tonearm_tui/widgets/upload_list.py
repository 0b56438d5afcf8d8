"""Files on their way, a line each, however many: how far, or what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tonearm_tui.cells import fit
from tonearm_tui.uploading import Item, State

_MARKS = {
    State.WAITING: ("·", "waiting"),
    State.SENDING: ("↑", "sending"),
    State.VERIFYING: ("…", "sending"),
    State.UPLOADED: ("✓", "uploaded"),
    State.THERE: ("✓", "uploaded"),
    State.REFUSED: ("✗", "refused"),
    State.NOT_SENT: ("✗", "refused"),
}

_GAP = "  "
_NAME_SHARE = 0.45
"""Of a line, at most, for a name where a reason needs the rest."""


class UploadList(ScrollView, can_focus=False, inherit_bindings=False):
    """Draws `items` as they are; call `changed` whenever they are not what they were."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "upload-list--name",
        "upload-list--words",
        "upload-list--waiting",
        "upload-list--sending",
        "upload-list--uploaded",
        "upload-list--refused",
    }

    def __init__(self, items: Sequence[Item], *, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._items = items

    def changed(self, *, show_index: int | None) -> None:
        """Draw anew, with the line of `show_index` in sight."""
        size = Size(self.size.width, len(self._items))
        if size != self.virtual_size:
            self.virtual_size = size
            self.styles.height = len(self._items)
        if show_index is not None:
            self.scroll_to_region(Region(0, show_index, 1, 1), animate=False, force=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if index >= len(self._items):
            return Strip.blank(width, self.rich_style)
        segments = [
            Segment(text, self.get_component_rich_style(f"upload-list--{name}"))
            for text, name in self._fields(index, width=width)
        ]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _fields(self, index: int, *, width: int) -> list[tuple[str, str]]:
        item = self._items[index]
        mark, style = _MARKS[item.state]
        room = max(width - 2 - len(_GAP), 2)
        name_cells = max(room - cell_len(item.words), min(cell_len(item.name), int(room * _NAME_SHARE)))
        return [
            (f"{mark} ", style),
            (fit(item.name, name_cells) + _GAP, "waiting" if item.state is State.WAITING else "name"),
            (fit(item.words, room - name_cells), "refused" if style == "refused" else "words"),
        ]
