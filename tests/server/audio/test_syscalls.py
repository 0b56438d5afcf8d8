"""The tables of system calls, where a slip would show on one architecture only."""

from __future__ import annotations

import pytest

from tonearm_server.audio.child import confine
from tonearm_server.audio.child.syscalls import NUMBERS


@pytest.mark.parametrize("machine", NUMBERS)
def test_every_call_that_a_cage_allows_has_a_number(machine: str) -> None:
    """A name that is misspelt would be refused silently. arm64 never had the calls that look names up directly."""
    names = {*confine.PARSER_CALLS, *confine.DECODER_CALLS}
    absent = {"access", "arch_prctl", "lstat", "poll", "readlink", "stat"} if machine == "aarch64" else {"ppoll"}

    assert names - NUMBERS[machine].keys() == absent
