"""What commands print: data on stdout, talk on stderr, for people or for programs.

The only place that writes what came from a server: no string is read as markup, and on a pipe rows go out
as tab-separated fields without decoration.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from rich.cells import cell_len, set_cell_size

from tonearm_api.text import safe_text, steady_text
from tonearm_cli.options import Options

DOCUMENT_VERSION = 1

Style = Literal["", "bold", "dim", "red", "green"]

_SGR = {"bold": "1", "dim": "2", "red": "31", "green": "32"}
"""Of the terminal's own palette (ECMA-48 §8.3.117), so that they fit a dark and a light one."""

_GAP = 2
"""Cells between columns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column: its head, its style, and how far it may shrink (`least` cells) or whether it may go."""

    head: str
    style: Style = ""
    align: Literal["left", "right"] = "left"
    least: int = 0
    """0: never narrower than its widest cell."""
    droppable: bool = False


def document(**fields: Any) -> None:  # Any: whatever msgspec can write
    """One JSON document on stdout: `{"v": 1, …}`."""
    encoded = msgspec.json.encode({"v": DOCUMENT_VERSION, **fields}, enc_hook=str)
    sys.stdout.write(encoded.decode() + "\n")


def say(options: Options, text: str) -> None:
    """A line for the person, on stderr; not with `--quiet`."""
    if not options.quiet:
        sys.stderr.write(safe_text(text) + "\n")


def line(*fields: str) -> None:
    """A line of data on stdout, its fields separated by tabs."""
    sys.stdout.write("\t".join(map(safe_text, fields)) + "\n")


def for_people() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout.isatty()


def ink(text: str, style: Style) -> str:
    """Safe `text` in a style; plain where `NO_COLOR` is set or the terminal is a dumb one."""
    if not style or not text or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m"


def line_of(*pieces: tuple[str, Style]) -> None:
    """A line for people on stdout, made of pieces in their styles."""
    sys.stdout.write("".join(ink(safe_text(text), style) for text, style in pieces).rstrip() + "\n")


def draw(picture: str) -> None:
    """A picture of our own making in blocks and colours, on stderr: it is no data."""
    sys.stderr.write(picture)


class Table:
    """Rows under one head, printed as they come: aligned by cells on a terminal, tab separated on a pipe.

    Widths are taken from the first rows given to `add` and kept, so that a long list need not be held.
    """

    def __init__(self, *columns: Column) -> None:
        self._columns = columns
        self._widths: list[int] | None = None

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Print `rows`; each has one cell a column."""
        if not for_people():
            for row in rows:
                line(*row)
            return
        cells = [[steady_text(safe_text(cell)) for cell in row] for row in rows]
        if not cells:
            return
        if self._widths is None:
            self._widths = fit(self._columns, cells, width=shutil.get_terminal_size().columns)
            self._print([(column.head, "dim") for column in self._columns])
        for row in cells:
            self._print([(cell, column.style) for cell, column in zip(row, self._columns, strict=True)])

    def _print(self, cells: Sequence[tuple[str, Style]]) -> None:
        shown: list[tuple[str, Style]] = []
        for column, (cell, style), width in zip(self._columns, cells, self._widths or (), strict=True):
            if width:
                shown += [(" " * _GAP if shown else "", ""), (_aligned(cell, width=width, align=column.align), style)]
        line_of(*shown)


def fit(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int) -> list[int]:
    """Cells for each column so that a row fits `width`; 0 for a column that had to go. Pure."""
    natural = [max(cell_len(cell) for cell in cells) for cells in zip((c.head for c in columns), *rows, strict=True)]
    least = [min(c.least or n, n) for c, n in zip(columns, natural, strict=True)]
    shown = [True] * len(columns)
    for index in reversed([i for i, c in enumerate(columns) if c.droppable]):
        if _total(least, shown) > width:
            shown[index] = False
    widths = [n if on else 0 for n, on in zip(natural, shown, strict=True)]
    while _total(widths, shown) > width:
        widest = max(range(len(widths)), key=lambda i: widths[i] - least[i] if shown[i] else 0)
        if widths[widest] <= least[widest]:
            break
        widths[widest] -= 1
    return widths


def _total(widths: Sequence[int], shown: Sequence[bool]) -> int:
    used = [w for w, on in zip(widths, shown, strict=True) if on]
    return sum(used) + _GAP * max(len(used) - 1, 0)


def _aligned(cell: str, *, width: int, align: Literal["left", "right"]) -> str:
    if cell_len(cell) > width:
        return set_cell_size(cell, width - 1) + "…"
    if align == "right":
        return " " * (width - cell_len(cell)) + cell
    return set_cell_size(cell, width)


def pairs(rows: Iterable[tuple[str, str]]) -> None:
    """Names and values, one a line: aligned on a terminal, tab separated on a pipe."""
    rows = list(rows)
    if not for_people():
        for name, value in rows:
            line(name, value)
        return
    width = max((cell_len(name) for name, _ in rows), default=0)
    for name, value in rows:
        line_of((name.ljust(width), "dim"), ("  ", ""), (value, ""))
