"""`make` by itself."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROMISED = {"setup", "setup-dev", "run", "test", "test-all", "check", "bench"}


def test_make_alone_lists_every_promised_command() -> None:
    listing = subprocess.run(["make", "-C", ROOT], capture_output=True, text=True, check=True, timeout=30)

    listed = set(re.findall(r"^ +make ([a-z-]+) ", listing.stdout, re.MULTILINE))

    assert not PROMISED - listed


def test_no_lock_file_names_a_host() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        lines = [line for line in lock.read_text().splitlines() if "://" in line or line.startswith("--")]

        assert not lines, lock


def test_every_locked_package_has_a_hash() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        bare = re.findall(r"^[a-z0-9][^\\\n]*$", lock.read_text(), re.MULTILINE)

        assert not bare, lock
