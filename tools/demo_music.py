"""Make the demo album: `python tools/demo_music.py OUTDIR` writes an MP3, two FLAC files and prints their paths.

The music is composed and synthesised here (see `demo_album/`), encoded and tagged by the project's ffmpeg.
Everything is made again only when `EDITION` changed or a file is missing.
"""

from __future__ import annotations

import array
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import imageio_ffmpeg

from demo_album.pieces import PIECES, Piece
from demo_album.sleeve import sleeve
from demo_album.tape import SAMPLE_RATE_HZ

EDITION = "2"
ARTIST = "Õhtu Trio"
ALBUM = "A Room with One Lamp"
YEAR = "2026"
SUFFIXES = (".mp3", ".flac", ".flac")
ENCODERS = {
    ".mp3": ("-c:a", "libmp3lame", "-q:a", "2"),
    ".flac": ("-c:a", "flac", "-sample_fmt", "s16", "-compression_level", "8"),
}
LEVELS_A_PIECE = 64
"""64 bars of waveform for each piece make the ring on the sleeve."""


def main(arguments: Sequence[str]) -> int:
    """Make the album in the folder named on the command line; 2 when none is named."""
    if len(arguments) != 1:
        print("usage: python tools/demo_music.py OUTDIR", file=sys.stderr)
        return 2
    for path in make_album(Path(arguments[0])):
        print(path)
    return 0


def make_album(folder: Path) -> list[Path]:
    """The files of the album in playing order, made when they are not there yet."""
    stamp = folder / ".edition"
    paths = [folder / _file_name(piece, number) for number, piece in enumerate(PIECES, start=1)]
    if stamp.is_file() and stamp.read_text() == EDITION and all(path.is_file() for path in paths):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        recordings = list(pool.map(Piece.pcm, PIECES))
    sleeve_path = folder / "sleeve.jpg"
    sleeve_path.write_bytes(sleeve(_ring(recordings), album=ALBUM))
    for number, (piece, pcm, path) in enumerate(zip(PIECES, recordings, paths, strict=True), start=1):
        _encode(pcm, path, sleeve_path=sleeve_path, tags=_tags(piece, number))
    stamp.write_text(EDITION)
    return paths


def _file_name(piece: Piece, number: int) -> str:
    """Without commas, which curl's `-F file=@…` takes for the end of a name."""
    return f"{number:02} {piece.title.replace(',', '')}{SUFFIXES[number - 1]}"


def _ring(recordings: Sequence[bytes]) -> list[float]:
    """The loudest sample of each stretch, relative to the loudest of all."""
    peaks = []
    for pcm in recordings:
        samples = array.array("h", pcm)
        stretch = len(samples) // LEVELS_A_PIECE
        peaks += [max(samples[i * stretch : (i + 1) * stretch]) for i in range(LEVELS_A_PIECE)]
    return [peak / max(peaks) for peak in peaks]


def _encode(pcm: bytes, path: Path, *, sleeve_path: Path, tags: Mapping[str, str]) -> None:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y",
        "-f", "s16le", "-ar", str(SAMPLE_RATE_HZ), "-ac", "2", "-i", "pipe:0", "-i", str(sleeve_path),
        "-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic",
        "-metadata:s:v", "comment=Cover (front)", *ENCODERS[path.suffix],
        *(word for name, value in tags.items() for word in ("-metadata", f"{name}={value}")), str(path),
    ]  # fmt: skip
    subprocess.run(command, input=pcm, check=True, timeout=120)


def _tags(piece: Piece, number: int) -> dict[str, str]:
    return {
        "title": piece.title,
        "artist": ARTIST,
        "album": ALBUM,
        "album_artist": ARTIST,
        "track": f"{number}/{len(PIECES)}",
        "date": YEAR,
        "genre": piece.genre,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
