"""Real music for tests: `python tools/music.py` fetches Debian's `singularity-music` into `.music/`.

Two albums by Maxstack (Max McCracken), CC BY-SA 3.0, tagged Ogg Vorbis. The package is downloaded with apt's own
checks and unpacked, not installed; a few of its tracks are then encoded to the other formats that Tonearm takes.
"""

from __future__ import annotations

import base64
import io
import os
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
from PIL import Image

from demo_album.sleeve import sleeve

PACKAGE = "singularity-music"
ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".music"
ORIGINALS, ENCODED, STAMP = FOLDER / "originals", FOLDER / "encoded", FOLDER / ".edition"
EDITION = "2"

COVER_PX = 500
SECONDS_ENCODED = 120
"""Enough to seek in; the originals are two to six minutes long."""

AS_FRONT_COVER = (
    "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic", "-metadata:s:v", "comment=Cover (front)",
)  # fmt: skip
EVEN_PACKETS = "asetpts=N/SR/TB,asetnsamples=n=4608:p=0"
"""Times counted in samples, as Vorbis packets overlap in ways that some encoders complain about, line by line; and
packets of an even size, without which FLAC gets frames of 128 samples that take four times as long to decode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One track as one more file: how it is encoded and whether the container holds a cover as a picture stream."""

    track: str
    suffix: str
    codec: tuple[str, ...]
    picture: bool = True


ENCODINGS = (
    Encoding(track="Awakening", suffix=".mp3", codec=("-c:a", "libmp3lame", "-q:a", "2")),
    Encoding(track="Coherence", suffix=".flac", codec=("-c:a", "flac", "-sample_fmt", "s16")),
    Encoding(track="Inevitable", suffix=".opus", codec=("-c:a", "libopus", "-b:a", "128k"), picture=False),
    Encoding(track="Through Space", suffix=".aac.m4a", codec=("-c:a", "aac", "-b:a", "160k")),
    Encoding(track="Enemy Unknown", suffix=".alac.m4a", codec=("-c:a", "alac", "-sample_fmt", "s16p")),
    Encoding(track="Orbital Elevator", suffix=".wav", codec=("-c:a", "pcm_s16le"), picture=False),
)


class MusicMissing(Exception):
    """The package could not be had; the message says why and what to do."""


def music_folder() -> Path | None:
    """The folder with `originals/` and `encoded/` when `make music` has filled it, else None."""
    return FOLDER if STAMP.is_file() and STAMP.read_text() == EDITION else None


def main() -> int:
    """Fill the folder. Where Debian's package cannot be had: 1 in CI, elsewhere 0 with a word of warning."""
    if music_folder():
        return 0
    try:
        _unpack(_download())
    except MusicMissing as missing:
        print(f"No real music: {missing}", file=sys.stderr)
        print("Tests marked `music` will be skipped here; in CI they fail.", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    _encode_all()
    STAMP.write_text(EDITION)
    print(f"{len(list(ORIGINALS.glob('*.ogg')))} tracks and {len(ENCODINGS)} encoded ones are in {FOLDER}")
    return 0


def _download() -> Path:
    """The `.deb`, from whichever mirror apt is set to; asks for fresh package lists once if that fails."""
    if not shutil.which("apt-get"):
        raise MusicMissing(f"it comes as the Debian package {PACKAGE}, and there is no apt-get here")
    FOLDER.mkdir(exist_ok=True)
    print(f"Downloading the Debian package {PACKAGE} (52 MB) to {FOLDER}")
    # Root's apt downloads as its own user elsewhere; that user may not write into this folder.
    fetch = ["apt-get", "--quiet=2", "-o", "APT::Sandbox::User=root", "download", PACKAGE]
    if not _works(fetch) and not (_works(["apt-get", "--quiet=2", "update"]) and _works(fetch)):
        raise MusicMissing(f"`apt-get download {PACKAGE}` failed; try `sudo apt-get update` first")
    return max(FOLDER.glob(f"{PACKAGE}_*.deb"))


def _works(command: list[str]) -> bool:
    return subprocess.run(command, cwd=FOLDER, stdin=subprocess.DEVNULL, check=False, timeout=300).returncode == 0


def _unpack(package: Path) -> None:
    """Keep the music and its licence; the songs for winning and losing a game lie in folders of their own."""
    unpacked = FOLDER / "unpacked"
    subprocess.run(["dpkg-deb", "-x", package, unpacked], check=True, timeout=120)
    ORIGINALS.mkdir(exist_ok=True)
    for track in (unpacked / "usr/share/games/singularity/music").rglob("*.ogg"):
        track.replace(ORIGINALS / track.name)
    (unpacked / "usr/share/doc" / PACKAGE / "copyright").replace(FOLDER / "copyright")
    shutil.rmtree(unpacked)
    package.unlink()


def _encode_all() -> None:
    ENCODED.mkdir(exist_ok=True)
    cover_path = FOLDER / "cover.jpg"
    cover_path.write_bytes(_cover())
    for number, encoding in enumerate(ENCODINGS, start=1):
        _encode(encoding, number, cover_path)


def _cover() -> bytes:
    """The demo album's sleeve with other words and an even ring."""
    large = sleeve([0.35 + 0.3 * (i * 0.618 % 1) for i in range(192)], album="Endgame: Singularity")
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(large)) as picture:
        picture.resize((COVER_PX, COVER_PX)).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _encode(encoding: Encoding, number: int, cover_path: Path) -> None:
    source = ORIGINALS / f"{encoding.track}.ogg"
    ogg = encoding.suffix == ".opus"
    subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", "-i", source, "-i", cover_path,
            "-t", str(SECONDS_ENCODED), "-map", "0:a",
            "-af", EVEN_PACKETS, *(AS_FRONT_COVER if encoding.picture else ()),
            *encoding.codec, "-map_metadata", "0:s:a:0", "-metadata", f"track={number}/{len(ENCODINGS)}",
            *(("-metadata", f"METADATA_BLOCK_PICTURE={_picture_block(cover_path.read_bytes())}") if ogg else ()),
            ENCODED / f"{encoding.track}{encoding.suffix}",
        ],
        check=True, timeout=180,
    )  # fmt: skip


def _picture_block(jpeg: bytes) -> str:
    """A cover as Ogg files carry it: FLAC's picture block (RFC 9639, 8.8) as base64 in a comment."""
    kind, mime = 3, b"image/jpeg"
    head = struct.pack(f">II{len(mime)}sI", kind, len(mime), mime, 0)
    size = struct.pack(">IIIII", COVER_PX, COVER_PX, 24, 0, len(jpeg))
    return base64.b64encode(head + size + jpeg).decode()


if __name__ == "__main__":
    sys.exit(main())
