"""The look's numbers: contrast by WCAG 2.2, and how a waveform becomes eight steps."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tonearm_api.design import LACQUER, SLEEVE, Palette, contrast, css_properties, wave_levels

PALETTES = pytest.mark.parametrize("palette", [LACQUER, SLEEVE], ids=["lacquer", "sleeve"])


@PALETTES
@pytest.mark.parametrize("ink", ["text", "muted", "faint", "needle", "label", "focus", "ok", "error"])
def test_text_can_be_read_on_page_and_surface(palette: Palette, ink: str) -> None:
    colour = asdict(palette)[ink]

    assert contrast(colour, palette.bg) >= 4.5
    assert contrast(colour, palette.surface) >= 4.5


@PALETTES
def test_edges_of_controls_can_be_seen(palette: Palette) -> None:
    assert contrast(palette.edge, palette.surface) >= 3
    assert contrast(palette.edge, palette.raised) >= 3


@PALETTES
def test_the_needle_stands_out_from_the_wave_and_carries_its_icon(palette: Palette) -> None:
    assert contrast(palette.needle, palette.wave) >= 3
    assert contrast(palette.on_needle, palette.needle) >= 4.5


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_every_token_is_a_custom_property() -> None:
    sheet = css_properties()

    for name in asdict(LACQUER):
        assert sheet.count(f"--{name.replace('_', '-')}:") == 2


@pytest.mark.parametrize(
    ("bars", "columns", "expected"),
    [
        (bytes(range(0, 256, 32)), 8, [0, 1, 2, 3, 4, 5, 6, 7]),
        (bytes([255, 0, 0, 0]), 2, [7, 0]),
        (bytes([0, 255]), 4, [0, 0, 7, 7]),
        (b"", 3, [0, 0, 0]),
        (b"\xff", 0, []),
    ],
)
def test_a_column_is_as_high_as_its_loudest_bar(bars: bytes, columns: int, expected: list[int]) -> None:
    assert expected == wave_levels(bars, columns)
