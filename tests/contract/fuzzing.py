"""Requests made from the server's own OpenAPI document, sent by schemathesis; every answer is held against it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import clean_environment

SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))

SEED = "20261124"

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
"""All but `positive_data_acceptance`: a guessable password and a file that is no audio are valid and refused."""

_PATIENCE_S = 600

_RULES = str(Path(__file__).with_name("schemathesis.toml"))
_HOOKS = str(Path(__file__).with_name("fuzz_hooks.py"))


def fuzz(url: str, *, examples: int, phases: str, token: str | None = None) -> int:
    """Send up to `examples` requests an operation in each phase; returns how many there were.

    Raises AssertionError with what schemathesis found. The seed makes two runs send the same.
    """
    command = [
        SCHEMATHESIS,
        "--config-file",
        _RULES,
        "run",
        f"{url}/api/openapi.json",
        "--no-color",
        "--warnings",
        "off",
    ]
    command += ["--seed", SEED, "--max-examples", str(examples), "--phases", phases, "--checks", ",".join(_CHECKS)]
    command += ["--continue-on-failure", "--no-shrink", "--generation-database", "none", "--request-timeout", "20"]
    if token is not None:
        command += ["--header", f"Authorization: Bearer {token}", "--generation-with-security-parameters", "false"]
    with tempfile.TemporaryDirectory() as folder:  # schemathesis leaves its notes where it runs
        ran = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
            env=clean_environment(SCHEMATHESIS_HOOKS=_HOOKS),
        )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-5_000:]
    counted = re.search(r"(\d+) generated", ran.stdout)
    assert counted is not None, ran.stdout[-5_000:]
    return int(counted[1])
