"""A file to look into by offset; standard library only."""

from __future__ import annotations

from typing import BinaryIO


class Source:
    """Reads any stretch of a file; what lies beyond the end is simply missing."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size_bytes = file.seek(0, 2)
        file.seek(0)

    def read(self, offset: int, length: int) -> bytes:
        self.file.seek(offset)
        return self.file.read(length)
