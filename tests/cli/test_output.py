"""Columns fit the terminal, by cells rather than characters; durations and sizes read well."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tonearm_api.text import size_text
from tonearm_cli.display import TRACK_COLUMNS, duration
from tonearm_cli.output import Column, fit

ROWS = [("♥", "A Rather Long Title of a Track", "An Artist of Note", "Their Best Album", "3:42", "abcdefghijklmnop")]


def used(widths: list[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + 2 * (len(shown) - 1)


@pytest.mark.parametrize("width", [200, 120, 100, 80, 60, 50])
def test_a_row_fits_the_terminal(width: int) -> None:
    assert used(fit(TRACK_COLUMNS, ROWS, width=width)) <= width


def test_columns_are_no_wider_than_their_widest_cell() -> None:
    widths = fit(TRACK_COLUMNS, ROWS, width=200)

    assert [max(cell_len(c.head), cell_len(cell)) for c, cell in zip(TRACK_COLUMNS, ROWS[0], strict=True)] == widths


def test_the_album_goes_first_and_the_id_never() -> None:
    widths = fit(TRACK_COLUMNS, ROWS, width=52)

    assert widths[3] == 0
    assert widths[5] == 16


def test_wide_characters_count_two_cells() -> None:
    assert fit([Column(head="T")], [("東京の夜",)], width=80) == [8]


@pytest.mark.parametrize(
    ("duration_ms", "shown"),
    [(None, ""), (0, "0:00"), (1_499, "0:01"), (59_600, "0:59"), (187_000, "3:07"), (3_723_000, "1:02:03")],
)
def test_durations(duration_ms: int | None, shown: str) -> None:
    assert shown == duration(duration_ms)


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (4_120_000, "4.1 MB"),
        (999_950, "1.0 MB"),
        (21e9, "21.0 GB"),
    ],
)
def test_sizes(size_bytes: int, shown: str) -> None:
    assert shown == size_text(size_bytes)
