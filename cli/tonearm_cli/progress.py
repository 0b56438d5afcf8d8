"""How an upload looks while it runs: bars on a terminal, a line a file elsewhere. Sends nothing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Column
from rich.text import Text
from rich.theme import Theme

from tonearm_api.errors import TonearmError
from tonearm_api.sending.files import display_path
from tonearm_api.sending.transfers import Verdict
from tonearm_api.text import safe_text, size_text
from tonearm_cli import display, output

_ROOMY_CELLS = 72
"""From here on a name of some length, a long bar and the speed fit beside each other."""

_THERE = "already there"

_THEME = Theme({"progress.data.speed": "dim", "progress.download": "dim", "bar.back": "dim"})


class Lines:
    """Prints each verdict as it comes, unless it is to be silent, and keeps them all."""

    def __init__(self, *, silent: bool = False, quiet: bool = False) -> None:
        self.verdicts: dict[Path, Verdict] = {}
        self._silent = silent
        self._quiet = quiet or silent
        self._resumed_at_bytes: dict[Path, int] = {}

    def started(self, path: Path) -> None: ...

    def sent(self, path: Path, *, sent_bytes: int) -> None: ...

    def resumed(self, path: Path, *, at_bytes: int) -> None:
        self._resumed_at_bytes[path] = at_bytes
        self._tell(path, f"resumed at {size_text(at_bytes)}")

    def interrupted(self, path: Path, error: TonearmError) -> None:
        self._tell(path, f"{error.detail}; trying again")

    def verifying(self, path: Path) -> None: ...

    def decided(self, path: Path, verdict: Verdict) -> None:
        verdict = msgspec.structs.replace(verdict, resumed_at_bytes=self._resumed_at_bytes.get(path))
        self.verdicts[path] = verdict
        if not self._silent:
            self.show(verdict)

    def talk(self, text: str) -> None:
        """A line for the person, on stderr."""
        sys.stderr.write(text + "\n")

    def _tell(self, path: Path, what: str) -> None:
        if not self._quiet:
            self.talk(safe_text(f"{display_path(Path(path.name))}: {what}"))

    def show(self, verdict: Verdict) -> None:
        """One line of data: state, id, path, title, whether it was there before; or refused, code, path, reason."""
        track = verdict.track
        if verdict.state == "refused":
            output.line(verdict.state, verdict.code or "", verdict.path, verdict.message or "")
        else:
            output.line(
                verdict.state,
                track.id if track else "",
                verdict.path,
                track.title if track else "",
                _THERE if verdict.new is False else "",
            )


class Bars(Lines):
    """A bar for the whole and one for each file under way; verdicts scroll by above them."""

    def __init__(self, progress: Progress, paths: Sequence[Path], *, silent: bool) -> None:
        super().__init__(silent=silent)
        self._progress = progress
        self._size_bytes = {path: _size_bytes(path) for path in paths}
        self._bars: dict[Path, TaskID] = {}
        self._total = progress.add_task(
            display.counted(len(paths), "file", "files"), total=sum(self._size_bytes.values())
        )
        self._sent_bytes: dict[Path, int] = {}

    def started(self, path: Path) -> None:
        name = safe_text(display_path(Path(path.name)))
        self._bars[path] = self._progress.add_task(f"  {name}", total=self._size_bytes[path])

    def sent(self, path: Path, *, sent_bytes: int) -> None:
        self._move(path, sent_bytes=sent_bytes)

    def verifying(self, path: Path) -> None:
        self._progress.update(self._bars[path], total=None)

    def decided(self, path: Path, verdict: Verdict) -> None:
        self._move(path, sent_bytes=self._size_bytes[path])
        self._progress.remove_task(self._bars.pop(path))
        super().decided(path, verdict)

    def talk(self, text: str) -> None:
        self._progress.console.print(Text(text, "dim"))

    def show(self, verdict: Verdict) -> None:
        if output.for_people():
            self._progress.console.print(_told(verdict))
        else:
            super().show(verdict)

    def _move(self, path: Path, *, sent_bytes: int) -> None:
        self._progress.update(self._bars[path], completed=sent_bytes)
        self._sent_bytes[path] = sent_bytes
        self._progress.update(self._total, completed=sum(self._sent_bytes.values()))


@contextlib.contextmanager
def watching(paths: Sequence[Path], *, quiet: bool, as_json: bool) -> Iterator[Lines]:
    """The watcher that fits the terminal; bars are on stderr and go when the upload ends."""
    console = Console(stderr=True, markup=False, emoji=False, highlight=False, theme=_THEME)
    if quiet or not console.is_terminal:
        yield Lines(silent=as_json, quiet=quiet)
        return
    with _progress(console) as progress:
        yield Bars(progress, paths, silent=as_json)


def _progress(console: Console) -> Progress:
    name = TextColumn(
        "{task.description}",
        markup=False,
        table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
    )
    roomy = console.width >= _ROOMY_CELLS
    bar = BarColumn(bar_width=24 if roomy else 10, complete_style="green", finished_style="green", pulse_style="green")
    speed = (TransferSpeedColumn(),) if roomy else ()
    return Progress(name, bar, DownloadColumn(), *speed, console=console, transient=True, expand=True)


def _told(verdict: Verdict) -> Text:
    """A verdict for people: a mark, then what it is about."""
    if verdict.state == "refused" or verdict.track is None:
        reason = safe_text(verdict.message or "refused")
        return Text.assemble(("✗ ", "red"), safe_text(verdict.path), (f"  {reason}", "dim"))
    track = verdict.track
    mark = ("✓ ", "green") if verdict.state == "ready" else ("… ", "dim")
    there = _THERE if verdict.new is False else ""
    rest = display.joined((track.artist, track.album or "", display.duration(track.duration_ms), there))
    return Text.assemble(mark, (safe_text(track.title), "bold"), (f"  {safe_text(rest)}", "dim"))


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
