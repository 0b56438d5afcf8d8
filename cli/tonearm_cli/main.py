"""The entry point of `tonearm`: answers `--version` at once, leaves everything else to the root command."""

from __future__ import annotations

import sys

from tonearm_api import __version__


def run() -> None:
    """What the `tonearm` script calls. Ends the process with the command's exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"tonearm {__version__}\n")
        return
    from tonearm_cli.root import main  # noqa: PLC0415  # Typer costs 80 ms, which a version does not need

    sys.exit(main(sys.argv[1:]))
