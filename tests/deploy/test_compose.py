"""The container files: valid, confined, without a secret, and the image's own steps make a server that runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.deploy.proxy import ROOT, make_certificate
from tests.support import clean_environment

COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "Dockerfile"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def compose() -> dict[str, Any]:  # Any: YAML of whatever shape
    read: dict[str, Any] = YAML(typ="safe").load(COMPOSE)
    return read


def run(*command: str | Path, settings: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A program of this environment, or of the system."""
    first, *rest = map(str, command)
    own = Path(sys.executable).with_name(first)
    program = str(own) if own.exists() else first
    environment = clean_environment(**(settings or {}))
    return subprocess.run(
        [program, *rest], capture_output=True, text=True, check=False, timeout=60, cwd=ROOT, env=environment
    )


def test_the_compose_file_is_one() -> None:
    checked = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)

    assert checked.returncode == 0, checked.stdout


def test_the_dockerfile_has_nothing_that_hadolint_warns_of() -> None:
    linted = run("hadolint", DOCKERFILE)

    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_the_workflow_is_one(workflow: Path) -> None:
    checked = run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", workflow)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", sorted(compose()["services"]))
def test_every_service_is_confined(name: str) -> None:
    service = compose()["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert not service.get("privileged")


def test_nobody_outside_reaches_anything_but_nginx() -> None:
    services = compose()["services"]

    assert {name for name, service in services.items() if service.get("ports")} == {"nginx"}
    assert {name for name, service in services.items() if "inside" in service.get("networks", ())} == {
        "nginx",
        "tonearm",
    }


def test_the_server_is_an_unprivileged_user_with_a_health_check() -> None:
    text = DOCKERFILE.read_text()

    assert "\nUSER 10001:10001\n" in text.rpartition("\nFROM ")[2]
    assert "/healthz" in text
    assert "STOPSIGNAL SIGTERM" in text


def test_every_setting_of_the_compose_file_is_one(tmp_path: Path) -> None:
    settings = compose()["services"]["tonearm"]["environment"]
    plain = {name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in settings.items()}

    checked = run("tonearm", "server", "config", "check", "--data", tmp_path, settings=plain)

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("path", [COMPOSE, DOCKERFILE], ids=lambda path: path.name)
def test_no_secret_has_a_default(path: Path) -> None:
    assert re.search(r"(?i)(password|secret|token|key)\w*\s*[:=]\s*[\w$\"']", path.read_text()) is None


def test_every_file_that_is_mounted_or_copied_exists() -> None:
    mounted = [v.split(":")[0] for s in compose()["services"].values() for v in s["volumes"] if v.startswith("./")]
    copied = [
        name
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE.read_text(), re.MULTILINE)
        for name in line.split()
    ]

    assert [name for name in (*mounted, *copied) if not (ROOT / name).exists()] == []
    kept = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert {name.rstrip("/") for name in copied} == set(kept)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://music.example.org", "DNS:music.example.org"),
        ("https://music.example.org:8443/", "DNS:music.example.org"),
        ("https://localhost", "DNS:localhost"),
        ("https://192.168.1.20", "IP Address:192.168.1.20"),
        ("https://[fd00::7]:8443", "IP Address:FD00:0:0:0:0:0:0:7"),
    ],
)
def test_a_certificate_is_made_for_the_public_url(tmp_path: Path, url: str, name: str) -> None:
    make_certificate(tmp_path, url)

    shown = run("openssl", "x509", "-in", tmp_path / "certificate.pem", "-noout", "-ext", "subjectAltName")
    assert shown.stdout.splitlines()[1].strip() == name
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600


def test_a_certificate_stays_until_the_address_changes(tmp_path: Path) -> None:
    made = [make_certificate(tmp_path, url) for url in ("https://a.example", "https://a.example", "https://b.example")]

    assert ["" if not said else said.split()[4].rstrip(";") for said in made] == ["a.example", "", "b.example"]


def test_a_certificate_from_elsewhere_is_never_touched(tmp_path: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "1", "-subj", "/O=Somebody else/CN=a.example"]
    run(*command, "-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem")
    before = (tmp_path / "certificate.pem").read_bytes()

    make_certificate(tmp_path, "https://b.example")

    assert before == (tmp_path / "certificate.pem").read_bytes()
