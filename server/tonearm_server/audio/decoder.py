"""How ffmpeg is called: one input it cannot choose, one codec, three outputs. A pure description; runs nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final, NamedTuple

import imageio_ffmpeg

from tonearm_api.library import AudioFormat
from tonearm_server.audio.waveform import SAMPLE_RATE_HZ

_MEMORY_BYTES: Final = 1 << 30
_LEAST_CPU_S: Final = 60
_MOST_CPU_S: Final = 3_600  # enough for two days of music; a declared length must not buy more
_FINGERPRINT_S: Final = "120"  # AcoustID compares the first two minutes
_PACKAGES = Path(__file__).parents[2]
_BOOT: Final = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from tonearm_server.audio.child.launcher import main; main(sys.argv[1:])"
)


class _Input(NamedTuple):
    demuxer: str
    decoders: str


_AUDIO_ONLY: Final = ("-vn", "-sn", "-dn", "-map_metadata", "-1", "-threads", "1")
_GRAPH: Final = (
    "[0:a:0]asetnsamples=n=48000:p=0,asplit=3[a][b][fingerprint];"
    "[a]ebur128=peak=true:framelog=quiet[loudness];"
    f"[b]aresample={SAMPLE_RATE_HZ},aformat=channel_layouts=mono[samples]"
)
"""One graph and large pieces: a FLAC in frames of 128 samples cost 7.6 s of CPU with a graph for each output and
costs 2.6 s so, since every frame wakes a thread at every step (two minutes, measured 2026-11-24)."""

_MP4_DEMUXER = "mov"
_INPUTS: Final = {
    AudioFormat.MP3: _Input("mp3", "mp3float"),
    AudioFormat.FLAC: _Input("flac", "flac"),
    AudioFormat.VORBIS: _Input("ogg", "vorbis"),
    AudioFormat.OPUS: _Input("ogg", "opus"),
    AudioFormat.AAC: _Input(_MP4_DEMUXER, "aac"),
    AudioFormat.ALAC: _Input(_MP4_DEMUXER, "alac"),
    AudioFormat.WAV: _Input(
        "wav", "pcm_u8,pcm_s16le,pcm_s24le,pcm_s32le,pcm_s64le,pcm_f32le,pcm_f64le,pcm_f16le,pcm_f24le"
    ),
}


LOSSLESS: Final = frozenset({AudioFormat.FLAC, AudioFormat.ALAC, AudioFormat.WAV})
"""Where a decoding error means damage; lossy streams are cut and joined all the time."""


class Budget(NamedTuple):
    """`wall_s` is twice the CPU time: the machine may be busy, a decoder that waits is not."""

    cpu_s: int
    wall_s: int


def budget_for(duration_ms: int | None) -> Budget:
    """Half the duration, and never less than a minute: a 61-minute FLAC of noise took 68 s (measured)."""
    cpu_s = min(max(_LEAST_CPU_S, (duration_ms or 0) // 2_000), _MOST_CPU_S)
    return Budget(cpu_s, 2 * cpu_s)


def find_ffmpeg(given: Path | None) -> Path:
    """The program to run: the one that was given, or the wheel's. Raises RuntimeError where there is neither."""
    return (given or Path(imageio_ffmpeg.get_ffmpeg_exe())).resolve()


def caged(ffmpeg: Path, *, arguments: list[str], budget: Budget, parent_pid: int) -> list[str]:
    """The command that becomes `ffmpeg` inside its cage; it ends with the process `parent_pid`, which starts it."""
    launcher = [sys.executable, "-I", "-S", "-c", _BOOT, str(_PACKAGES)]
    return [*launcher, str(parent_pid), str(budget.cpu_s), str(_MEMORY_BYTES), str(ffmpeg), *arguments]


def analysis_arguments(audio_format: AudioFormat, *, fingerprint_descriptor: int) -> list[str]:
    """Decode standard input once: samples to standard output, loudness to the log, a fingerprint to the descriptor.

    Nothing of the file's or a person's becomes an argument.
    """
    demuxer, decoders = _INPUTS[audio_format]
    quiet = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+verbose"]
    threads = ["-filter_threads", "1", "-filter_complex_threads", "1"]
    checks = ["-err_detect", "crccheck+explode"] if audio_format in LOSSLESS else []
    whitelists = ["-protocol_whitelist", "fd,pipe", "-format_whitelist", demuxer, "-codec_whitelist", decoders]
    source = ["-threads", "1", *checks, *whitelists, "-f", demuxer, "-fd", "0", "-i", "fd:"]
    loudness = ["-map", "[loudness]", *_AUDIO_ONLY, "-f", "null", "-"]
    samples = ["-map", "[samples]", *_AUDIO_ONLY, "-f", "s16le", "pipe:1"]
    fingerprint = ["-map", "[fingerprint]", *_AUDIO_ONLY, "-t", _FINGERPRINT_S, "-f", "chromaprint"]
    destination = ["-fp_format", "base64", f"pipe:{fingerprint_descriptor}"]
    return [*quiet, *threads, *source, "-filter_complex", _GRAPH, *loudness, *samples, *fingerprint, *destination]
