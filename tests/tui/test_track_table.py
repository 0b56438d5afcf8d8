"""The track table: long lists, widths, columns."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from tests.tui.fakes import FakeLibrary, make_track
from tests.tui.harness import WIDE, opened

from tonearm_tui.cells import clock, fit, long_clock
from tonearm_tui.shelves import Row
from tonearm_tui.widgets.columns import Flags, layout, needs_of, row_fields

LONG = 100_000


class LongShelf:
    """A hundred thousand rows that are there already."""

    is_complete = True

    def __init__(self) -> None:
        self._track = make_track()
        self.asked = 0

    def __len__(self) -> int:
        return LONG

    def __getitem__(self, index: int, /) -> Row:
        self.asked += 1
        return Row(f"t{index}", self._track)


async def test_a_list_of_a_hundred_thousand_opens_at_once() -> None:
    """Measured: 3 ms to show, 8 ms a frame; DataTable took 10.7 s (reference: terminal.md §5.3)."""
    async with opened(FakeLibrary([]), size=WIDE) as screen:
        table = screen.main.library.table
        shelf = LongShelf()
        table.show(shelf)
        await screen.press("G")

        assert "100000" in screen.text
        assert shelf.asked < 1000  # a few screens of rows, not the list


@pytest.mark.parametrize("width", [10, 20, 36, 46, 60, 72, 80, 120, 200])
@pytest.mark.parametrize("title", ["short", "東京の夜、静かな雨" * 20, "👩‍👩‍👧‍👦" * 40, ""])
def test_a_row_is_as_wide_as_the_table(width: int, title: str) -> None:
    columns = layout(width, digits=5)
    fields = row_fields(make_track(title=title, artist=title, album=title), 99_998, columns, Flags())

    used = sum(cell_len(text) for text, _ in fields)

    assert used == max(width, 15)


@pytest.mark.parametrize(
    ("width", "columns"),
    [(30, (False, False, False)), (40, (True, False, False)), (60, (True, True, False)), (80, (True, True, True))],
)
def test_columns_come_with_the_room_for_them(width: int, columns: tuple[bool, bool, bool]) -> None:
    found = layout(width, digits=2)

    assert (bool(found.number), bool(found.artist), bool(found.album)) == columns


def test_room_that_one_column_does_not_need_goes_to_those_that_are_cut() -> None:
    rows = [
        make_track(title="Снег", artist="A" * 30, album="B" * 12),
        make_track(title="Second Winter", artist="A", album=None),
    ]

    found = layout(80, digits=2, needs=needs_of(rows))
    wide = layout(160, digits=2, needs=needs_of(rows))
    cut = layout(80, digits=2, needs=needs_of([make_track(title="T" * 90, artist="A" * 90, album="B" * 90)]))

    assert (found.artist, found.album) == (30, 12)
    assert (wide.artist, wide.album) == (30, 12)
    assert wide.title - found.title == 80
    assert cut == layout(80, digits=2)
    assert found == layout(80, digits=2, needs=needs_of([*rows * 10, make_track(title="T" * 90)]))


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("abc", 5, "abc  "), ("abcdef", 4, "abc…"), ("東京東京", 5, "東京…"), ("東京東京", 4, "東… "), ("abc", 0, "")],
)
def test_fitting_counts_cells(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected


@pytest.mark.parametrize(
    ("duration_ms", "expected"),
    [(0, "0:00"), (59_999, "0:59"), (200_000, "3:20"), (3_725_000, "1:02:05"), (None, "–:––")],
)
def test_times(duration_ms: int | None, expected: str) -> None:
    assert clock(duration_ms) == expected


def test_long_times_are_words() -> None:
    assert [long_clock(90_000), long_clock(4_920_000)] == ["2 min", "1 h 22 min"]
