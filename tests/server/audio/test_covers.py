"""Covers: what is rendered of honest pictures, and what of the others."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from tests.audio import make_audio, picture, png_cover
from tests.server.audio.files import covers_of, id3_frame, id3_tag

from tonearm_api.library import AudioFormat, CoverSize
from tonearm_server.audio.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def render(sandbox: Sandbox, tmp_path: Path, cover: bytes) -> dict[int, Image.Image]:
    path = make_audio(tmp_path / "x", format=AudioFormat.FLAC, cover=cover)
    return {size: Image.open(io.BytesIO(webp)) for size, webp in (await covers_of(sandbox, path)).items()}


@pytest.mark.parametrize("audio_format", AudioFormat)
async def test_every_format_gives_its_cover(sandbox: Sandbox, tmp_path: Path, audio_format: AudioFormat) -> None:
    path = make_audio(tmp_path / "x", format=audio_format, cover=png_cover(100))

    assert set(await covers_of(sandbox, path)) == set(CoverSize)


async def test_covers_fit_each_size_and_keep_their_shape(sandbox: Sandbox, tmp_path: Path) -> None:
    covers = await render(sandbox, tmp_path, picture(2000, 1000))

    assert {size: cover.size for size, cover in covers.items()} == {
        64: (64, 32),
        160: (160, 80),
        320: (320, 160),
        640: (640, 320),
        1024: (1024, 512),
    }
    assert {(cover.format, cover.mode) for cover in covers.values()} == {("WEBP", "RGB")}


async def test_small_covers_are_not_enlarged(sandbox: Sandbox, tmp_path: Path) -> None:
    covers = await render(sandbox, tmp_path, png_cover(100))

    assert {cover.size for cover in covers.values()} == {(64, 64), (100, 100)}


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "P"), ("PNG", "RGBA"), ("PNG", "1"), ("WEBP", "RGB")],
)
async def test_colours_survive_every_way_of_storing_them(
    sandbox: Sandbox, tmp_path: Path, kind: str, mode: str
) -> None:
    covers = await render(sandbox, tmp_path, picture(200, 200, kind=kind, mode=mode, colour="#ffffff"))

    assert all(channel > 250 for channel in _pixel(covers[64]))


async def test_sixteen_bits_of_grey_are_scaled(sandbox: Sandbox, tmp_path: Path) -> None:
    encoded = io.BytesIO()
    Image.new("I;16", (100, 100), 0x8000).save(encoded, "PNG")

    covers = await render(sandbox, tmp_path, encoded.getvalue())

    assert _pixel(covers[64]) == pytest.approx((128, 128, 128), abs=3)


async def test_what_is_transparent_shows_white_paper(sandbox: Sandbox, tmp_path: Path) -> None:
    encoded = io.BytesIO()
    Image.new("RGBA", (100, 100), (255, 0, 0, 0)).save(encoded, "PNG")

    covers = await render(sandbox, tmp_path, encoded.getvalue())

    assert all(channel > 250 for channel in _pixel(covers[64]))


async def test_pictures_are_turned_upright(sandbox: Sandbox, tmp_path: Path) -> None:
    lying = Image.new("RGB", (200, 100), "white")
    lying.paste("red", (0, 0, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # the left edge is the top when seen upright
    encoded = io.BytesIO()
    lying.save(encoded, "JPEG", exif=exif)

    cover = (await render(sandbox, tmp_path, encoded.getvalue()))[64]

    assert cover.size == (32, 64)
    red, green, _ = _pixel(cover, at=(16, 8))
    assert red > 200
    assert green < 60


async def test_the_front_cover_comes_first(sandbox: Sandbox, tmp_path: Path) -> None:
    back, front = png_cover(100, "#0000ff"), png_cover(100, "#ff0000")
    frames = [
        id3_frame("APIC", b"\0image/png\0" + bytes([kind]) + b"\0" + data) for kind, data in ((4, back), (3, front))
    ]
    path = make_audio(tmp_path / "x", format=AudioFormat.MP3)
    path.write_bytes(id3_tag(frames) + path.read_bytes())

    covers = await covers_of(sandbox, path)

    red, _, blue = _pixel(Image.open(io.BytesIO(covers[64])))
    assert red > blue


async def test_no_picture_gives_no_covers(sandbox: Sandbox, tmp_path: Path) -> None:
    assert await covers_of(sandbox, make_audio(tmp_path / "x", format=AudioFormat.OPUS)) == {}


def _png_of(width: int, height: int) -> bytes:
    """A PNG whose few bytes inflate to black pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((width + 7) // 8 + 1) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _png_with(name: bytes, content: bytes) -> bytes:
    """A PNG of one pixel with a chunk of its own before the pixels."""
    chunk = struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    pixel = picture(1, 1)
    place = pixel.index(b"IDAT") - 4
    return pixel[:place] + chunk + pixel[place:]


def _gif() -> bytes:
    return picture(50, 50, kind="GIF", mode="P")


REFUSED = {
    "a flood of pixels": _png_of(13_000, 13_000),
    "half a picture": picture(400, 400, kind="JPEG")[:300],
    "a text": b"not a picture",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "gif": _gif(),
    "tiff": picture(50, 50, kind="TIFF"),
    "bmp": picture(50, 50, kind="BMP"),
    "ico": picture(32, 32, kind="ICO"),
    "psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 50, 50, 8, 3) + bytes(8_000),
    "fits": b"SIMPLE  =                    T".ljust(2880) + bytes(2880),
    "a compressed text of 100 MB": _png_with(b"zTXt", b"x\0\0" + zlib.compress(bytes(100 << 20))),
    "nothing": b"",
}


@pytest.mark.parametrize("cover", REFUSED.values(), ids=REFUSED)
async def test_other_pictures_give_no_covers(sandbox: Sandbox, tmp_path: Path, cover: bytes) -> None:
    assert await render(sandbox, tmp_path, cover) == {}


async def test_an_animation_shows_its_first_picture(sandbox: Sandbox, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), (shade % 256, 0, 255 - shade % 256)) for shade in range(2_000)]
    animation = io.BytesIO()
    frames[0].save(animation, "WEBP", save_all=True, append_images=frames[1:], duration=10)

    covers = await render(sandbox, tmp_path, animation.getvalue())

    shown = covers[CoverSize.PX64]
    red, _, blue = _pixel(shown, at=(4, 4))
    assert (getattr(shown, "n_frames", 1), red < 60, blue > 195) == (1, True, True)


async def test_twenty_five_megapixels_are_within_the_budget(sandbox: Sandbox, tmp_path: Path) -> None:
    covers = await render(sandbox, tmp_path, picture(5000, 5000, mode="RGBA"))

    assert set(covers) == set(CoverSize)


def _pixel(image: Image.Image, *, at: tuple[int, int] = (20, 20)) -> tuple[int, int, int]:
    red, green, blue = image.convert("RGB").split()
    values = [channel.crop((*at, at[0] + 1, at[1] + 1)).tobytes()[0] for channel in (red, green, blue)]
    return values[0], values[1], values[2]
