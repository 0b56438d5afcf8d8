"""Makes the scripts of tools/ importable, as they are to each other."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from music import music_folder


@pytest.fixture(scope="session")
def real_music() -> Path:
    """The folder that `make music` fills. Where it cannot be had, tests are skipped; in CI they fail."""
    folder = music_folder()
    if folder is not None:
        return folder
    missing = "there is no real music here; `make music` fetches it"
    return pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
