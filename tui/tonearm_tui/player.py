"""Sound: the Player protocol and MpvPlayer, the only code that imports mpv. Knows neither queue nor screen.

mpv's playlist never holds more than what plays and what follows; the queue is elsewhere. Commands go in
order to one thread that owns the handle; events come back through one callback, on mpv's own thread.
"""

from __future__ import annotations

import contextlib
import enum
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Protocol

from tonearm_api.library import AudioFormat

log = logging.getLogger(__name__)

INSTALL_HINT = "No sound: libmpv is missing. Install it with: apt install libmpv2"

FULL_VOLUME = 100

_CLOSE_S = 2.0
"""Closing takes 5 to 24 ms; a driver that hangs must not keep the terminal."""

_STEPS = 160
"""Positions are told apart this finely, about one per bar of a wide strip, and at least once a second."""

_LAVF_FORMATS = {
    AudioFormat.MP3: "mp3",
    AudioFormat.FLAC: "flac",
    AudioFormat.VORBIS: "ogg",
    AudioFormat.OPUS: "ogg",
    AudioFormat.AAC: "mp4",
    AudioFormat.ALAC: "mp4",
    AudioFormat.WAV: "wav",
}

_OPTIONS = {
    "audio-client-name": "tonearm",
    "idle": "yes",
    "config": "no",
    "terminal": "no",
    "input-default-bindings": "no",
    "video": "no",
    "vo": "null",
    "gapless-audio": "weak",
    "prefetch-playlist": "yes",
    "cache": "yes",
    "demuxer-max-bytes": "64MiB",
    "network-timeout": "10",
    "volume-max": str(FULL_VOLUME),
    # Only for short drops: until mpv gives up nobody asks for a new ticket, and with 5 here it held on for 15 s
    # after the last byte, with 2 for 3 s (libmpv 0.35.1, measured 2026-11-24).
    "stream-lavf-o": "reconnect=1,reconnect_streamed=1,reconnect_on_network_error=1,reconnect_delay_max=2",
    # A file that names other files, or a playlist dressed as audio, must not make this machine fetch them.
    "demuxer": "lavf",
    "ytdl": "no",
    "load-scripts": "no",
    "load-unsafe-playlists": "no",
    "access-references": "no",
    "audio-file-auto": "no",
    "sub-auto": "no",
    "cover-art-auto": "no",
}


@dataclass(frozen=True, eq=False, kw_only=True, slots=True)
class Source:
    """One thing to play. Compared by identity: playing the same track again is another source.

    `url` carries a ticket and stays out of every representation. `format` is what the API declared; nothing
    else is tried, so that bytes of another kind are refused rather than obeyed.
    """

    url: str = field(repr=False)
    format: AudioFormat
    duration_ms: int | None


class Failure(enum.Enum):
    """Why a source ended early."""

    TRANSPORT = "transport"
    UNPLAYABLE = "unplayable"
    NO_DEVICE = "no_device"


@dataclass(frozen=True, slots=True)
class Started:
    """`source` is open and its sound follows."""

    source: Source


@dataclass(frozen=True, slots=True)
class Progress:
    """Where `source` is. `buffered_ms` is how far its bytes have arrived, None while unknown."""

    source: Source
    position_ms: int
    buffered_ms: int | None


@dataclass(frozen=True, slots=True)
class Stalled:
    """Whether `source` waits for bytes."""

    source: Source
    waiting: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """`source` came to what the player takes for its end; `failure` is None where it saw no error."""

    source: Source
    position_ms: int
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """There will be no sound in this run; `reason` says why and what helps."""

    reason: str


PlayerEvent = Started | Progress | Stalled | Ended | Silent


class Player(Protocol):
    """What playback needs. No method waits; every one may be called at any time, after `close` without effect."""

    def start(self, on_event: Callable[[PlayerEvent], None]) -> None: ...
    def load(self, source: Source, *, start_ms: int, paused: bool) -> None: ...
    def follow_with(self, source: Source | None) -> None: ...
    def pause(self, *, paused: bool) -> None: ...
    def seek(self, position_ms: int) -> None: ...
    def set_volume(self, percent: int) -> None: ...
    def mute(self, *, muted: bool) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


Job = Callable[[Any], None]  # Any: an mpv handle, which ships no types


class MpvPlayer:
    """libmpv. `audio_output` names one of mpv's outputs (`null` in tests); None lets mpv choose."""

    def __init__(self, *, audio_output: str | None = None) -> None:
        self._audio_output = audio_output
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._own, name="player", daemon=True)
        self._on_event: Callable[[PlayerEvent], None] = _ignore
        self._lock = threading.Lock()
        self._sources: dict[int, Source] = {}
        self._playing: Source | None = None
        self._position_ms = 0
        self._buffered_ms: int | None = None
        self._told_step = -1
        self._closed = False

    def start(self, on_event: Callable[[PlayerEvent], None]) -> None:
        """Import and open libmpv in its thread; `on_event` is called from other threads and must not wait."""
        self._on_event = on_event
        self._thread.start()

    def load(self, source: Source, *, start_ms: int, paused: bool) -> None:
        """Play `source` instead of everything else."""

        def job(handle: Any) -> None:
            handle["pause"] = paused
            self._enqueue(handle, source, mode="replace", options=f"start={start_ms / 1000:.3f}")

        self._jobs.put(job)

    def follow_with(self, source: Source | None) -> None:
        """Play `source` right after the current one; None takes back what was to follow.

        Call it once the current source is open: mpv opens the follower early, with the format set last,
        because it ignores options of single files there.
        """

        def job(handle: Any) -> None:
            handle.command("playlist-clear")  # spares what plays
            if source is not None:
                self._enqueue(handle, source, mode="append-play")

        self._jobs.put(job)

    def pause(self, *, paused: bool) -> None:
        self._jobs.put(lambda handle: _set(handle, "pause", paused))

    def seek(self, position_ms: int) -> None:
        self._jobs.put(lambda handle: handle.command("seek", f"{position_ms / 1000:.3f}", "absolute+exact"))

    def set_volume(self, percent: int) -> None:
        self._jobs.put(lambda handle: _set(handle, "volume", percent))

    def mute(self, *, muted: bool) -> None:
        self._jobs.put(lambda handle: _set(handle, "mute", muted))

    def stop(self) -> None:
        self._jobs.put(lambda handle: handle.command("stop"))

    def close(self) -> None:
        """End sound and events. Waits for a healthy driver, not for a hanging one."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(_CLOSE_S)

    # --- the thread that owns the handle ------------------------------------------------------------

    def _own(self) -> None:
        try:
            handle = self._open()
        except (OSError, ImportError, AttributeError) as error:
            log.warning("libmpv cannot be used: %s", error)
            self._tell(Silent(INSTALL_HINT))
            return
        try:
            while (job := self._jobs.get()) is not None:
                self._run(job, handle)
        finally:
            # Using the handle after this crashes the interpreter, and only this thread has it.
            handle.terminate()

    def _run(self, job: Job, handle: Any) -> None:
        try:
            job(handle)
        except SystemError as error:  # python-mpv's word for a refused command, such as a seek while idle
            log.info("mpv refused a command: %s", error.args[0] if error.args else "")

    def _open(self) -> Any:
        import mpv  # noqa: PLC0415 - 46 MB and 0.16 s, wanted only after the first paint; raises OSError without libmpv

        options = dict(_OPTIONS)
        if self._audio_output is not None:
            options["ao"] = self._audio_output
        handle = mpv.MPV(**options)
        handle.observe_property("time-pos", self._on_position)
        handle.observe_property("demuxer-cache-time", self._on_buffered)
        handle.observe_property("paused-for-cache", self._on_stalled)
        handle.event_callback("start-file", "file-loaded", "end-file")(self._on_mpv_event)
        return handle

    def _enqueue(self, handle: Any, source: Source, *, mode: str, options: str = "") -> None:
        handle["demuxer-lavf-format"] = _LAVF_FORMATS[source.format]
        # From 0.38 on an index stands before the options.
        place = ("-1",) if handle.mpv_version_tuple >= (0, 38) else ()
        with self._lock:
            answer = handle.command("loadfile", source.url, mode, *place, options)
            if mode == "replace":
                self._sources.clear()
            self._sources[answer["playlist_entry_id"]] = source

    # --- mpv's own thread ---------------------------------------------------------------------------

    def _tell(self, event: PlayerEvent) -> None:
        if not self._closed:
            self._on_event(event)

    def _on_mpv_event(self, event: Any) -> None:
        values = event.as_dict(decoder=_text)
        match values["event"]:
            case "start-file":
                self._begin(values["playlist_entry_id"])
            case "file-loaded" if self._playing is not None:
                self._tell(Started(self._playing))
            case "end-file":
                self._end(values)

    def _begin(self, entry_id: int) -> None:
        with self._lock:
            self._playing = self._sources.get(entry_id)
        self._position_ms, self._buffered_ms, self._told_step = 0, None, -1

    def _end(self, values: dict[str, Any]) -> None:
        with self._lock:
            source = self._sources.pop(values["playlist_entry_id"], None)
        if source is None or values["reason"] not in {"eof", "error"}:
            return
        failure = _failure(str(values.get("file_error", ""))) if values["reason"] == "error" else None
        self._tell(Ended(source, self._position_ms if source is self._playing else 0, failure))

    def _on_position(self, _name: str, seconds: float | None) -> None:
        source = self._playing
        if seconds is None or source is None:
            return
        self._position_ms = max(round(seconds * 1000), 0)
        step = self._position_ms // _step_ms(source.duration_ms)
        if step != self._told_step:
            self._told_step = step
            self._tell(Progress(source, self._position_ms, self._buffered_ms))

    def _on_buffered(self, _name: str, seconds: float | None) -> None:
        self._buffered_ms = None if seconds is None else round(seconds * 1000)

    def _on_stalled(self, _name: str, waiting: bool | None) -> None:
        if self._playing is not None and waiting is not None:
            self._tell(Stalled(self._playing, waiting))


def _ignore(_event: PlayerEvent) -> None:
    """Before `start` there is nobody to tell."""


def _set(handle: Any, name: str, value: object) -> None:
    handle[name] = value


def _text(value: Any) -> Any:  # Any: whatever stands in an mpv event
    with contextlib.suppress(AttributeError):
        return value.decode(errors="replace")
    return value


def _step_ms(duration_ms: int | None) -> int:
    return 1000 if duration_ms is None else min(max(duration_ms // _STEPS, 100), 1000)


def _failure(message: str) -> Failure:
    """mpv's error texts (client.h, `mpv_error_string`) in three kinds."""
    if "audio output" in message:
        return Failure.NO_DEVICE
    if "unrecognized" in message or "no audio" in message:
        return Failure.UNPLAYABLE
    return Failure.TRANSPORT
