"""The script that asks Debian for what is missing, run for real: with its own dpkg and without root."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "system_packages.sh"
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()

pytestmark = pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="the script is about Debian")


def ask_for(*packages: str) -> subprocess.CompletedProcess[str]:
    """The script comes through stdin, because nobody may not be allowed to open it where it lies."""
    command = [*AS_NOBODY, "sh", "-s", *packages]
    return subprocess.run(
        command, input=SCRIPT.read_text(), capture_output=True, text=True, check=False, timeout=30, cwd="/"
    )


def test_what_is_installed_is_left_alone_without_a_word() -> None:
    asked = ask_for("dpkg", "coreutils")

    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "", "")


def test_without_root_it_says_the_exact_command() -> None:
    asked = ask_for("dpkg", "no-such-package-one", "no-such-package-two")

    assert asked.returncode == 1
    assert (
        asked.stderr.splitlines()[-1].strip()
        == "sudo apt-get install --no-install-recommends no-such-package-one no-such-package-two"
    )
