"""Text in terminal cells: fitting, times, sizes. Pure; counts cells, not characters."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from tonearm_api.text import clock_text, steady_text

ELLIPSIS = "…"


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells: padded on the right, or cut with an ellipsis."""
    if width <= 0:
        return ""
    text = steady_text(text)
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + ELLIPSIS, width)


def clock(duration_ms: int | None) -> str:
    """Minutes and seconds, hours where there are any; rounded down as players do."""
    return clock_text(duration_ms, unknown="–:––")


def long_clock(duration_ms: int) -> str:
    """A length in words: `1 h 22 min`, `4 min`."""
    hours, minutes = divmod(round(duration_ms / 60_000), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
