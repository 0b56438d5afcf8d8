"""Who loads what: the server never loads a parser, and a caged child never has to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.audio import make_audio, picture
from tests.server.audio.files import id3_tag, id3_text

from tonearm_api.library import AudioFormat
from tonearm_server.audio.types import AudioTags


def test_the_server_side_loads_neither_mutagen_nor_pillow() -> None:
    program = "import sys, tonearm_server.audio.sandbox; print([m for m in ('mutagen', 'PIL') if m in sys.modules])"

    printed = subprocess.check_output([sys.executable, "-c", program], text=True, timeout=30)

    assert printed.strip() == "[]"


def test_parsing_imports_nothing_that_was_not_there_before(tmp_path: Path) -> None:
    """In the cage an import fails, and a tag parser may swallow that and return less."""
    tags = AudioTags(title="Тень", artists=["a", "b"], genres=["Rock"], year=2001, track_number=1)
    covers = [picture(80, 80, kind=kind) for kind in ("PNG", "JPEG", "WEBP")]
    files = [
        make_audio(tmp_path / f"{audio_format}-{number}", format=audio_format, tags=tags, cover=cover)
        for audio_format in AudioFormat
        for number, cover in enumerate(covers)
    ]
    old = make_audio(tmp_path / "old", format=AudioFormat.MP3)
    old.write_bytes(
        id3_tag([id3_text("TIT2", "ёё".encode("utf-16"), encoding=1), id3_text("TCON", b"(17)")]) + old.read_bytes()
    )
    program = (
        "import sys\n"
        "from tonearm_server.audio.child import parser\n"
        "parser.preload()\n"
        "before = set(sys.modules)\n"
        "for name in sys.argv[1:]:\n"
        "    for read in (parser.read_header, parser.render_covers):\n"
        "        with open(name, 'rb') as file:\n"
        "            assert b'refused' not in read(file), name\n"
        "print(sorted(set(sys.modules) - before))\n"
    )

    command = [sys.executable, "-I", "-c", program, *map(str, [*files, old])]
    printed = subprocess.check_output(command, text=True, timeout=60)

    assert printed.strip() == "[]"
