"""Run the subjects that are named on the command line, else all of them, and print one table."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench import commands, ingest, listeners, queries, server, stream, terminal
from bench.measuring import print_header, print_row

SUBJECTS = {
    "commands": commands.measure,
    "server": server.measure,
    "stream": stream.measure,
    "listeners": listeners.measure,
    "queries": queries.measure,
    "ingest": ingest.measure,
    "terminal": terminal.measure,
}


def main() -> None:
    """About six minutes for everything."""
    wanted = sys.argv[1:] or list(SUBJECTS)
    unknown = sorted(set(wanted) - set(SUBJECTS))
    if unknown:
        raise SystemExit(f"no such subject: {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    print_header()
    for subject in wanted:
        with tempfile.TemporaryDirectory(prefix="tonearm-bench-") as folder:
            for row in SUBJECTS[subject](Path(folder)):
                print_row(row)


if __name__ == "__main__":
    main()
