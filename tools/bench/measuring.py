"""Rows of the table, and what a process and its children have used (Linux's /proc)."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_TICKS_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line: ours beside a yardstick of the same run. `aim` is the most that it may be, or that the ratio may."""

    what: str
    measured: float
    unit: str
    yardstick: str = ""
    beside: float | None = None
    aim: float | None = None
    aim_is_ratio: bool = False

    @property
    def ratio(self) -> float | None:
        return self.measured / self.beside if self.beside else None

    @property
    def verdict(self) -> str:
        judged = self.ratio if self.aim_is_ratio else self.measured
        if self.aim is None or judged is None:
            return ""
        return "ok" if judged <= self.aim else "missed"


def print_header() -> None:
    print("| what | Tonearm | beside it | ratio | aim | |")
    print("|---|---|---|---|---|---|", flush=True)


def print_row(row: Row) -> None:
    beside = "" if row.beside is None else f"{row.yardstick} {row.beside:.3g}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    aim = "" if row.aim is None else f"≤ {row.aim:g}" + (" ×" if row.aim_is_ratio else f" {row.unit}")
    print(f"| {row.what} | {row.measured:.3g} {row.unit} | {beside} | {ratio} | {aim} | {row.verdict} |", flush=True)


def interleaved(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure, taken in turn, so that what else the machine does meets all of them."""
    taken: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for values, measure in zip(taken, measures, strict=True):
            values.append(measure())
    return [median(values) for values in taken]


def run_ms(command: Sequence[str], *, env: dict[str, str] | None = None) -> float:
    """How long the command takes to its end."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=60, env=env)
    return (time.perf_counter() - start) * 1000


def family(pid: int) -> list[int]:
    """The process and everything below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


def cpu_s(pid: int) -> float:
    """CPU of the process, its children and those that have ended; in steps of 10 ms."""
    return sum(_own_cpu_s(member) for member in family(pid))


def _own_cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS_S


def rss_mb(pid: int) -> float:
    """Memory of the process alone, shared pages included."""
    return _kb(Path(f"/proc/{pid}/status"), "VmRSS:") / 1024


def pss_mb(pid: int) -> float:
    """Memory of the process and its children, shared pages divided among their users."""
    return sum(_kb(Path(f"/proc/{member}/smaps_rollup"), "Pss:") for member in family(pid)) / 1024


def _kb(path: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in path.read_text().splitlines() if line.startswith(name))
