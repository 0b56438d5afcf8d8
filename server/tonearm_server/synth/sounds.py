"""Small real audio files: one tone in each format, and as many files of it as there are uploads, all different.

What differs is a number in a comment: every file decodes to the same sound, so that it is measured only once.
"""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tonearm_api.errors import Unavailable
from tonearm_api.library import AudioFormat
from tonearm_server.audio.decoder import find_ffmpeg
from tonearm_server.audio.sandbox import Sandbox
from tonearm_server.audio.types import Analysis, AudioHeader

SECONDS: Final = 2
_TONE: Final = f"aevalsrc=0.4*sin(660*PI*t)*exp(-1.5*t):s=22050:d={SECONDS}"
_DIGITS: Final = 8
_MARK: Final = "tonearm synth "
_ENCODE_S: Final = 60

_ENCODERS: Final = {
    AudioFormat.MP3: ("-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"),
    AudioFormat.FLAC: ("-c:a", "flac", "-sample_fmt", "s16", "-f", "flac"),
    AudioFormat.VORBIS: ("-c:a", "libvorbis", "-q:a", "0", "-f", "ogg"),
    AudioFormat.OPUS: ("-c:a", "libopus", "-b:a", "32k", "-f", "ogg"),
    AudioFormat.AAC: ("-c:a", "aac", "-b:a", "48k", "-f", "ipod"),
    AudioFormat.ALAC: ("-c:a", "alac", "-sample_fmt", "s16p", "-f", "ipod"),
    AudioFormat.WAV: ("-c:a", "pcm_s16le", "-f", "wav"),
}
_OGG: Final = {AudioFormat.VORBIS, AudioFormat.OPUS}

_PAGE_HEADER: Final = 27
_PAGE_CHECKSUM: Final = slice(22, 26)
"""RFC 3533 §6."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """One format's tone, with what the sandbox says about it."""

    content: bytes
    header: AudioHeader
    analysis: Analysis

    def numbered(self, number: int) -> bytes:
        """The file with that number in its comment, at most eight digits."""
        at = self.content.index(_MARK.encode()) + len(_MARK)
        content = bytearray(self.content)
        content[at : at + _DIGITS] = b"%08d" % number
        if self.header.format in _OGG:
            _mend_page(content, at)
        return bytes(content)


async def make_sounds(*, ffmpeg: Path | None) -> dict[AudioFormat, Sound]:
    """Every format's tone. Runs ffmpeg once a format, and the sandbox; a few seconds. Raises Unavailable."""
    program = find_ffmpeg(ffmpeg)
    sandbox = Sandbox(ffmpeg=ffmpeg)
    await sandbox.start()
    try:
        return {audio_format: await _make(audio_format, program, sandbox) for audio_format in _ENCODERS}
    finally:
        await sandbox.close()


async def _make(audio_format: AudioFormat, program: Path, sandbox: Sandbox) -> Sound:
    with tempfile.TemporaryDirectory(prefix="tonearm-synth-") as folder:
        path = Path(folder) / "tone"
        await asyncio.to_thread(_encode, audio_format, program, path)
        with path.open("rb") as file:
            header = await sandbox.read_header(file.fileno())
            analysis = await sandbox.analyse(file.fileno(), header=header)
            return Sound(content=file.read(), header=header, analysis=analysis)


def _encode(audio_format: AudioFormat, program: Path, path: Path) -> None:
    """The same version of ffmpeg writes the same bytes."""
    source = [str(program), "-v", "error", "-nostdin", "-threads", "1", "-f", "lavfi", "-i", _TONE]
    comment = ["-metadata", f"comment={_MARK}{0:0{_DIGITS}d}"]
    exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact"]
    try:
        subprocess.run(
            [*source, "-ac", "1", *comment, *exact, *_ENCODERS[audio_format], str(path)], check=True, timeout=_ENCODE_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"ffmpeg cannot encode {audio_format.value} here: see TONEARM_FFMPEG") from error


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _mend_page(content: bytearray, at: int) -> None:
    """Write the checksum of the Ogg page that holds position `at`."""
    start = content.rindex(b"OggS", 0, at)
    segments = content[start + _PAGE_HEADER - 1]
    body = start + _PAGE_HEADER + segments
    page = content[start : body + sum(content[start + _PAGE_HEADER : body])]
    page[_PAGE_CHECKSUM] = bytes(4)
    content[start + _PAGE_CHECKSUM.start : start + _PAGE_CHECKSUM.stop] = _checksum(page).to_bytes(4, "little")


def _table() -> tuple[int, ...]:
    return tuple(_shifted(byte << 24) for byte in range(256))


def _shifted(register: int) -> int:
    for _ in range(8):
        register = (register << 1) ^ (0x04C11DB7 if register & 0x80000000 else 0)
    return register & 0xFFFFFFFF


_CHECKSUMS: Final = _table()


def _checksum(page: bytearray) -> int:
    """RFC 3533 §6: CRC-32 with polynomial 0x04c11db7, unreflected, begun and ended with zero."""
    register = 0
    for byte in page:
        register = ((register << 8) & 0xFFFFFFFF) ^ _CHECKSUMS[(register >> 24) ^ byte]
    return register
