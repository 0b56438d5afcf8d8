"""Which files an upload means: files as named, folders searched for audio. Reads folders, never a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tonearm_api.errors import Invalid

AUDIO_SUFFIXES = frozenset(
    {".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".mp4", ".wav", ".wave"},
)
"""What a folder is searched for. The server decides by content; this only spares it pictures and texts."""


class NoSuchFile(Invalid):
    """What a person named is no file and no folder."""

    code = "no_such_file"
    title = "There is no such file or folder"


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Every file meant by `paths`, once, in order; folders sorted by name.

    Raises NoSuchFile for what is not there, and for pipes and devices, which may never end.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found |= dict.fromkeys(_walk(path))
        elif path.is_file():
            found[path] = None
        else:
            raise NoSuchFile(f"There is no file or folder {display_path(path)}")
    return list(found)


def display_path(path: Path) -> str:
    """The path as text: bytes that are not UTF-8 become `�`, which JSON and terminals can carry."""
    return os.fsencode(path).decode(errors="replace")


def _walk(folder: Path) -> Iterator[Path]:
    """Audio below `folder`. Hidden names are skipped: `._song.mp3` is what other systems leave beside a song."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and path.suffix.lower() in AUDIO_SUFFIXES and path.is_file():
                yield path
