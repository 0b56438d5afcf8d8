"""A list of tracks of any length: draws only the lines in view, asks for more before they are needed.

Tag text goes into segments, never into markup, and widths are counted in cells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tonearm_api.library import Track
from tonearm_tui.cells import fit
from tonearm_tui.messages import RowLiked, RowOpened, RowsWanted
from tonearm_tui.shelves import NoRows, Row, Rows
from tonearm_tui.widgets.columns import (
    CURSOR,
    ENDLESS,
    HEART_FROM_RIGHT,
    Field,
    Flags,
    layout,
    needs_of,
    placeholder,
    row_fields,
)

_CACHED_STRIPS = 1000
"""Twenty screens of rows; a strip is about 2 KB."""

_AHEAD = 50
"""Rows before the end at which the next page is asked for: faster than anybody scrolls."""

_MEASURED = 100
"""Rows that say how wide the columns are: the first page, so that those to come move nothing."""

_PLACEHOLDERS = 3
"""Rows drawn as loading below the last one that has arrived."""


@dataclass(frozen=True, slots=True)
class Playing:
    """Which row plays, if it is in this table, and whether it can be heard right now."""

    key: str | None = None
    is_audible: bool = False
    is_paused: bool = False


class TrackTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of `shelves.Rows`. The screen calls `show`, `grown`, `mark_playing` and the cursor methods."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"track-table--{field.value}" for field in Field} | {
        "track-table--bar",
        "track-table--cursor",
        "track-table--blurred",
        "track-table--audible",
        "track-table--loaded",
        "track-table--skeleton",
    }

    def __init__(self, *, is_liked: Callable[[Track], bool], is_narrow: bool = False, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.rows: Rows = NoRows()
        self.cursor = 0
        self._is_liked = is_liked
        self._is_narrow = is_narrow
        self._playing = Playing()
        self._needs = ENDLESS
        self._empty: tuple[str, ...] = ()
        self._trouble: tuple[str, ...] = ()
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(_CACHED_STRIPS)
        self._styles: dict[tuple[str, str], Style] = {}

    # --- what the screen tells it -------------------------------------------------------------------

    def show(self, rows: Rows, *, cursor: int = 0, empty: tuple[str, ...] = ()) -> None:
        """Draw other rows. `empty` is said when there are none: a heading, then lines on what to do."""
        self.rows, self._empty, self._trouble = rows, empty, ()
        self.cursor = max(min(cursor, len(rows) - 1), 0)
        self.grown()
        self.scroll_to(0, 0, animate=False)
        self._reveal()

    def grown(self) -> None:
        """The rows have changed, by page or by edit."""
        self._trouble = ()
        self.cursor = max(min(self.cursor, len(self.rows) - 1), 0)
        self._measure()
        self.refresh()
        self._want_more()

    def explain(self, trouble: tuple[str, ...]) -> None:
        """Say why there are no rows, in place of drawing them as loading, until there are."""
        self._trouble = trouble
        self.refresh()

    def mark_playing(self, playing: Playing) -> None:
        if playing != self._playing:
            self._playing = playing
            self.refresh()

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def move_cursor(self, index: int) -> None:
        """Put the cursor on `index`, kept within the rows that have arrived, and bring it into view."""
        old, self.cursor = self.cursor, max(min(index, len(self.rows) - 1), 0)
        self._refresh_row(old)
        self._refresh_row(self.cursor)
        self._reveal()
        self._want_more()

    def page(self, direction: int) -> None:
        """One window down (1) or up (-1)."""
        self.move_cursor(self.cursor + direction * max(self.size.height - 1, 1))

    def find(self, key: str) -> int | None:
        """Where the row of that key is, among those that have arrived."""
        return next((index for index in range(len(self.rows)) if self.rows[index].key == key), None)

    # --- drawing ------------------------------------------------------------------------------------

    @property
    def _width(self) -> int:
        """Cells of a row: what the scrollbar leaves."""
        return self.scrollable_content_region.width

    def render_line(self, y: int) -> Strip:
        width = self._width
        index = y + self.scroll_offset.y
        if index < len(self.rows):
            return self._row_strip(index, width=width)
        if not len(self.rows) and self._trouble:
            return self._message_strip(y, width=width, lines=self._trouble)
        if not self.rows.is_complete:
            return self._placeholder_strip(index, width=width)
        if not len(self.rows) and self._empty:
            return self._message_strip(y, width=width, lines=self._empty)
        return Strip.blank(width, self.rich_style)

    def _row_strip(self, index: int, *, width: int) -> Strip:
        row = self.rows[index]
        playing = self._playing if self._playing.key == row.key else None
        flags = Flags(
            liked=self._is_liked(row.track),
            loaded=playing is not None,
            audible=playing is not None and playing.is_audible,
            paused=playing is not None and playing.is_paused,
        )
        cursor = index == self.cursor
        digits = max(len(str(len(self.rows))), 2)
        columns = layout(width, digits=digits, is_narrow=self._is_narrow, needs=self._needs)
        key = (
            row.key,
            row.track.title,
            row.track.state,
            index,
            width,
            columns,
            flags,
            cursor and self.has_focus,
            cursor,
        )
        strip = self._strips.get(key)
        if strip is None:
            fields = row_fields(row.track, index, columns, flags)
            if cursor and self.has_focus:
                fields[0] = (CURSOR, "bar")
            strip = self._strip(fields, width=width, cursor=cursor)
            self._strips[key] = strip
        return strip

    def _placeholder_strip(self, index: int, *, width: int) -> Strip:
        strip = self._strips.get((index, width))
        if strip is None:
            strip = self._strips[index, width] = self._strip(placeholder(index, width=width), width=width, cursor=False)
        return strip

    def _strip(self, fields: list[tuple[str, str]], *, width: int, cursor: bool) -> Strip:
        ground = ("cursor" if self.has_focus else "blurred") if cursor else ""
        segments = [Segment(text, self._style(name, ground=ground)) for text, name in fields]
        return Strip(segments).adjust_cell_length(width, self._style("", ground=ground))

    def _message_strip(self, y: int, *, width: int, lines: tuple[str, ...]) -> Strip:
        top = max((self.size.height - len(lines)) // 2 - 1, 0)
        line = y - top
        if not 0 <= line < len(lines):
            return Strip.blank(width, self.rich_style)
        name = Field.TITLE.value if line == 0 else Field.ARTIST.value
        margin = max((width - max(map(cell_len, lines))) // 2, 1)
        text = fit(" " * margin + lines[line], width)
        return Strip([Segment(text, self._style(name))])

    def _style(self, name: str, *, ground: str = "") -> Style:
        """A component on the table's own style, or on that of another component: each has only what its rule says, so
        that the background shines through. Kept, because working one out takes as long as drawing a row."""
        style = self._styles.get((name, ground))
        if style is None:
            parts = [
                self.get_component_rich_style(f"track-table--{part}", partial=True) for part in (ground, name) if part
            ]
            style = self._styles[name, ground] = sum(parts, start=self.rich_style)
        return style

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    # --- keeping measures ---------------------------------------------------------------------------

    def _measure(self) -> None:
        height = len(self.rows)
        self._needs = needs_of(self.rows[index].track for index in range(min(height, _MEASURED)))
        if not self.rows.is_complete:
            height += _PLACEHOLDERS if height else max(self.size.height, 1)
        self.virtual_size = Size(self._width, height)

    def _reveal(self) -> None:
        is_last = self.cursor >= len(self.rows) - 1 and not self.rows.is_complete
        height = 1 + _PLACEHOLDERS if is_last else 1
        self.scroll_to_region(Region(0, self.cursor, 1, height), animate=False, force=True)

    def _refresh_row(self, index: int) -> None:
        self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))

    def _want_more(self) -> None:
        bottom = max(self.scroll_offset.y + self.size.height, self.cursor)
        if not self.rows.is_complete and bottom + _AHEAD >= len(self.rows):
            self.post_message(RowsWanted(self))

    # --- what the terminal tells it -----------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._want_more()

    def on_resize(self) -> None:
        self._measure()
        self._reveal()

    def on_focus(self) -> None:
        self._refresh_row(self.cursor)

    def on_blur(self) -> None:
        self._refresh_row(self.cursor)

    def on_click(self, event: events.Click) -> None:
        index = event.y + self.scroll_offset.y
        if index >= len(self.rows):
            return
        self.move_cursor(index)
        if event.x >= self._width - HEART_FROM_RIGHT - 1:
            self.post_message(RowLiked(self, index))
        elif event.chain == 2:
            self.post_message(RowOpened(self, index))
