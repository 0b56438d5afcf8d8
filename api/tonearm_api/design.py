"""The look, once: "Lacquer & Sleeve" colours, waveform glyphs and their renderings. Knows no toolkit.

The terminal theme and the web page's custom properties are both made from these tokens. Amber (`needle`)
only ever marks what is audible. Contrast ratios are checked by a test against WCAG 2.2.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise

WAVE_STEPS = "▁▂▃▄▅▆▇█"
"""The eight heights of a waveform bar, the same in the terminal and on the page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Palette:
    """Colours as `#RRGGBB`: a record's lacquer (dark) or its paper sleeve (light)."""

    bg: str
    surface: str
    raised: str
    rule: str
    edge: str
    text: str
    muted: str
    faint: str
    needle: str
    on_needle: str
    wave: str
    label: str
    focus: str
    ok: str
    error: str


LACQUER = Palette(
    bg="#14110F",
    surface="#1D1916",
    raised="#282320",
    rule="#3A332E",
    edge="#857869",
    text="#F2EBE1",
    muted="#B8AB9B",
    faint="#9A8D7E",
    needle="#F5A524",
    on_needle="#1A1000",
    wave="#665B52",
    label="#FF7A6E",
    focus="#7CC4FF",
    ok="#7FC98F",
    error="#FF8A7A",
)
SLEEVE = Palette(
    bg="#FAF6EE",
    surface="#F1EADD",
    raised="#FFFDF8",
    rule="#D9CFBE",
    edge="#8A7C69",
    text="#1E1914",
    muted="#5E5347",
    faint="#6F6253",
    needle="#8F5300",
    on_needle="#FFFDF8",
    wave="#C4B7A2",
    label="#B3261E",
    focus="#0B57A4",
    ok="#1F6B34",
    error="#A3241C",
)


def css_properties() -> str:
    """A style sheet that declares every token as a custom property, light by default, dark where preferred."""

    def block(palette: Palette) -> str:
        return "".join(f"  --{name.replace('_', '-')}: {value};\n" for name, value in asdict(palette).items())

    light, dark = block(SLEEVE), block(LACQUER)
    return (
        f":root {{\n  color-scheme: light;\n{light}}}\n"
        f"@media (prefers-color-scheme: dark) {{\n:root {{\n  color-scheme: dark;\n{dark}}}\n}}\n"
    )


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two `#RRGGBB` colours, 1.0 to 21.0 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def wave_levels(bars: bytes, columns: int) -> list[int]:
    """`bars` (0–255 each) as `columns` steps of 0–7: the loudest bar that falls into each column.

    Without bars the strip is flat: every step is 0.
    """
    if not bars or columns <= 0:
        return [0] * max(columns, 0)
    edges = [i * len(bars) // columns for i in range(columns + 1)]
    peaks = (max(bars[a : max(b, a + 1)]) for a, b in pairwise(edges))
    return [min(7, peak * 8 // 256) for peak in peaks]
