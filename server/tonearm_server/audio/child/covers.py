"""Renders an embedded picture in the sizes that are served, with Pillow: three formats, no pixel floods, one decode."""

from __future__ import annotations

import io
import warnings
from typing import Final

from PIL import ExifTags, Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from tonearm_api.library import CoverSize

_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_MOST_PIXELS: Final = 25_000_000
"""5,000 × 5,000: what 512 MB can hold twice over. 13,000 × 13,000 in 481 KB took 662 MB (Pillow 13, measured)."""

_LARGEST = max(CoverSize)
_QUALITY: Final = 82  # no visible loss at twice the density of a screen
_EFFORT: Final = 2  # WebP's method: a third of the time of the default 4 for 5 % more bytes
_PAPER: Final = (255, 255, 255)  # what shows through transparent pictures: sleeves are printed on white
_TRIED_PICTURES: Final = 3

_UPRIGHT: Final = {  # EXIF 2.32, tag 274
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

PLUGINS: Final = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Imported before the cage closes; TIFF reads EXIF, MPO is what some cameras call JPEG."""


def render(pictures: list[bytes]) -> dict[int, bytes]:
    """The first picture that can be decoded, as WebP by size; empty where none can."""
    for picture in pictures[:_TRIED_PICTURES]:
        try:
            largest = _decode(picture)
        # A damaged picture raises nearly anything in Pillow; a track without a cover is still a track.
        except Exception:  # noqa: BLE001, S112
            continue
        return {size: _encode(largest, size) for size in CoverSize}
    return {}


def warm_up() -> None:
    """Use every reader and the writer once, so that they load what they load on first use."""
    for kind in _FORMATS:
        drawn = io.BytesIO()
        Image.new("RGB", (16, 16)).save(drawn, kind, exif=Image.Exif())
        render([drawn.getvalue()])


def _decode(picture: bytes) -> Image.Image:
    """RGB, upright, at most the largest size wide and high."""
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image: Image.Image = Image.open(io.BytesIO(picture), formats=_FORMATS)
    upright = _orientation(image)
    image.draft("RGB", (2 * _LARGEST, 2 * _LARGEST))  # JPEG alone: decodes no larger than needed
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would clip instead of scale
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    image = _on_paper(image) if image.has_transparency_data else image.convert("RGB")
    image.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image.transpose(upright) if upright is not None else image


def _orientation(image: Image.Image) -> Image.Transpose | None:
    """What EXIF says must be done to see the picture upright; damaged EXIF says nothing."""
    try:
        return _UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001  # EXIF's parser raises nearly anything
        return None


def _on_paper(image: Image.Image) -> Image.Image:
    coloured = image.convert("RGBA")
    coloured.thumbnail((_LARGEST, _LARGEST), Image.Resampling.LANCZOS, reducing_gap=3.0)
    paper = Image.new("RGB", coloured.size, _PAPER)
    paper.paste(coloured, mask=coloured.getchannel("A"))
    return paper


def _encode(image: Image.Image, size: int) -> bytes:
    fitted = image.copy()
    fitted.thumbnail((size, size), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    fitted.save(encoded, "WEBP", quality=_QUALITY, method=_EFFORT)
    return encoded.getvalue()
