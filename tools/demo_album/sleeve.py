"""The sleeve: a record whose grooves are the album's own waveform, drawn with the product's colours."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from tonearm_api.design import LACQUER, SLEEVE

SIDE_PX = 1000
OVERSAMPLING = 3
"""Drawn this much larger and scaled down, because Pillow's shapes have hard edges."""

CENTRE = (500.0, 560.0)
DISC_PX, RING_PX, LABEL_PX = 390.0, (165.0, 345.0), 112.0
PLAYED = 0.36
"""How much of the ring is lit: the needle is in the second piece."""

PIVOT, NEEDLE_REACH = (896.0, 196.0), 352.0


class Drawing:
    """A canvas whose units are pixels of the finished picture."""

    def __init__(self, background: str) -> None:
        self.image = Image.new("RGB", (SIDE_PX * OVERSAMPLING, SIDE_PX * OVERSAMPLING), background)
        self._draw = ImageDraw.Draw(self.image)

    def disc(
        self, centre: tuple[float, float], radius: float, *, fill: str | None = None, rim: str | None = None
    ) -> None:
        """A filled disc, or a hairline circle when only `rim` is given."""
        x, y, r = (v * OVERSAMPLING for v in (*centre, radius))
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=fill, outline=rim, width=2)

    def stroke(self, points: Sequence[tuple[float, float]], width: float, colour: str) -> None:
        """A line with round ends and joints."""
        scaled = [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(width * OVERSAMPLING), joint="curve")
        for point in (points[0], points[-1]):
            self.disc(point, width / 2, fill=colour)

    def words(self, at: tuple[float, float], text: str, size: float, colour: str) -> None:
        """Text, its top left at `at`, in the typeface that comes with Pillow."""
        font = ImageFont.load_default(size * OVERSAMPLING)
        self._draw.text((at[0] * OVERSAMPLING, at[1] * OVERSAMPLING), text, fill=colour, font=font)

    def jpeg(self) -> bytes:
        """The finished picture."""
        buffer = io.BytesIO()
        small = self.image.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
        small.save(buffer, "JPEG", quality=90, subsampling=0, optimize=True)
        return buffer.getvalue()


def sleeve(levels: Sequence[float], *, album: str) -> bytes:
    """A JPEG of 1000 by 1000 pixels. `levels` (0 to 1) run once round the record, clockwise from the top."""
    drawing = Drawing(SLEEVE.bg)
    drawing.words((60, 52), album, 46, SLEEVE.text)
    _record(drawing, levels)
    _tonearm(drawing)
    return drawing.jpeg()


def _record(drawing: Drawing, levels: Sequence[float]) -> None:
    drawing.disc(CENTRE, DISC_PX, fill=LACQUER.bg)
    for radius in range(round(RING_PX[0]) - 22, round(DISC_PX) - 6, 6):
        drawing.disc(CENTRE, radius, rim=LACQUER.surface)
    for number, level in enumerate(levels):
        turn = number / len(levels)
        colour = LACQUER.needle if turn < PLAYED else LACQUER.wave
        drawing.stroke(_bar(turn, level), 4.2, colour)
    drawing.disc(CENTRE, LABEL_PX, fill=SLEEVE.label)
    drawing.disc(CENTRE, LABEL_PX - 12, rim=LACQUER.label)
    drawing.disc(CENTRE, 11, fill=SLEEVE.bg)


def _bar(turn: float, level: float) -> list[tuple[float, float]]:
    """A radial stroke about the middle of the ring."""
    middle, reach = (RING_PX[0] + RING_PX[1]) / 2, (RING_PX[1] - RING_PX[0]) / 2
    half = max(2.0, level * reach)
    return [_on_disc(turn, middle - half), _on_disc(turn, middle + half)]


def _on_disc(turn: float, radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * (turn - 0.25)
    return CENTRE[0] + radius * math.cos(angle), CENTRE[1] + radius * math.sin(angle)


def _tonearm(drawing: Drawing) -> None:
    needle = _on_disc(PLAYED, NEEDLE_REACH)
    elbow = (PIVOT[0] - 10, needle[1] - 190)
    shell = (elbow[0] + (needle[0] - elbow[0]) * 0.8, elbow[1] + (needle[1] - elbow[1]) * 0.8)
    drawing.disc(PIVOT, 50, fill=SLEEVE.rule)
    drawing.stroke([(PIVOT[0] + 4, PIVOT[1] - 78), elbow, shell], 12, SLEEVE.edge)
    drawing.stroke([(PIVOT[0] + 4, PIVOT[1] - 92), (PIVOT[0] + 3, PIVOT[1] - 62)], 30, SLEEVE.edge)
    drawing.disc(PIVOT, 24, fill=SLEEVE.edge)
    drawing.stroke([shell, needle], 24, SLEEVE.rule)
