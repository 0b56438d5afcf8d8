"""`tonearm serve` and `tonearm server …` as an operator meets them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
from tests.support import OTHER_EMAIL, OTHER_PASSWORD, TONEARM, clean_environment, running_server

from tonearm_api.client import Client
from tonearm_server.running import address_of


def tonearm(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(**settings)
    return subprocess.run(
        [TONEARM, *arguments], input=stdin, text=True, capture_output=True, env=environment, timeout=60, check=False
    )


def add_user(
    data: Path, *, email: str = OTHER_EMAIL, password: str = OTHER_PASSWORD
) -> subprocess.CompletedProcess[str]:
    command = ("server", "user", "add", "--email", email, "--name", "Eve", "--password-stdin", "--data", str(data))
    return tonearm(*command, stdin=f"{password}\n")


async def can_sign_in(url: str) -> bool:
    async with Client(url) as client:
        return (await client.log_in(email=OTHER_EMAIL, password=OTHER_PASSWORD)).name == "Eve"


async def test_an_account_is_added_before_the_server_runs(tmp_path: Path) -> None:
    data = tmp_path / "data"

    result = add_user(data)

    assert (result.returncode, result.stderr) == (0, "")
    with running_server(data) as server:
        assert await can_sign_in(server.url)


async def test_an_account_is_added_beside_the_running_server(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        result = add_user(server.data)

        assert (result.returncode, result.stderr) == (0, "")
        assert await can_sign_in(server.url)
        assert (server.data / "control.sock").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("running", [False, True])
def test_a_refused_account_says_why(tmp_path: Path, running: bool) -> None:
    data = tmp_path / "data"
    if running:
        with running_server(data):
            weak, first, second = add_user(data, password="1234"), add_user(data), add_user(data)
    else:
        weak, first, second = add_user(data, password="1234"), add_user(data), add_user(data)

    assert (weak.returncode, "10 characters" in weak.stderr) == (2, True)
    assert first.returncode == 0
    assert (second.returncode, "e-mail" in second.stderr) == (2, True)


def test_an_account_is_checked_like_everybodys_sign_up(tmp_path: Path) -> None:
    result = add_user(tmp_path / "data", email="no address")

    assert (result.returncode, "email" in result.stderr) == (2, True)


def test_an_address_of_other_bytes_than_text_is_refused_in_a_sentence(tmp_path: Path) -> None:
    result = add_user(tmp_path / "data", email="eve\udcff@example.test")  # Python's word for the byte FF

    assert (2, "tonearm: An argument has bytes in it that are not UTF-8\n") == (result.returncode, result.stderr)


def test_a_data_folder_may_lie_deep(tmp_path: Path) -> None:
    data = tmp_path / ("deep" * 20) / ("deeper" * 20) / "data"
    data.parent.mkdir(parents=True)
    with running_server(data) as server:
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        assert add_user(data).returncode == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://Music.Example.org/", "https://music.example.org"),
        ("http://music.lan:80", "http://music.lan"),
        ("https://music.lan:8443", "https://music.lan:8443"),
    ],
)
def test_the_public_url_is_the_origin_that_browsers_send(tmp_path: Path, given: str, expected: str) -> None:
    data = ("--data", str(tmp_path / "data"))

    result = tonearm("server", "config", "check", *data, TONEARM_PUBLIC_URL=given)

    assert f"public_url = {expected}" in result.stdout.splitlines()


@pytest.mark.parametrize("given", ["10.0.0.5/8", "10.0.0.0/8, nginx", "10.0.0.0/8 192.168.0.0/16"])
def test_a_proxy_that_is_no_network_is_named(tmp_path: Path, given: str) -> None:
    data = ("--data", str(tmp_path / "data"))

    result = tonearm("server", "config", "check", *data, TONEARM_TRUSTED_PROXIES=given)

    assert result.returncode == 2
    assert [line for line in result.stderr.splitlines() if line.startswith("TONEARM_TRUSTED_PROXIES")] != []
    assert "like 10.0.0.0/8" in result.stderr


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1:8337"),  # noqa: S104  # nothing listens here
        ("::", "http://[::1]:8337"),
        ("192.0.2.7", "http://192.0.2.7:8337"),
        ("2001:db8::7", "http://[2001:db8::7]:8337"),
    ],
)
def test_the_address_that_a_server_prints_can_be_opened_on_its_machine(host: str, address: str) -> None:
    assert address == address_of(host, port=8337)


def test_one_data_folder_has_one_server(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        second = tonearm("serve", "--port", "0", "--data", str(server.data))

    assert second.returncode == 2
    assert "stop it first" in second.stderr


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        port = server.url.rpartition(":")[2]
        second = tonearm("serve", "--port", port, "--data", str(tmp_path / "other"))

    assert second.returncode == 2
    assert "Cannot listen" in second.stderr


def test_sigterm_drains_and_exits_0(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        assert httpx.get(f"{server.url}/readyz").status_code == 200

        assert server.stop() == 0


def test_every_fault_of_the_settings_is_named(tmp_path: Path) -> None:
    result = tonearm(
        "server",
        "config",
        "check",
        TONEARM_PORT="high",
        TONEARM_REGISTRATION="maybe",
        TONEARM_PUBLIC_URL="music.example.org/path",
        TONEARM_NO_SUCH_THING="1",
        TONEARM_PROFILE="the client's, which is no fault",
    )

    assert result.returncode == 2
    for name in ("TONEARM_PORT", "TONEARM_REGISTRATION", "TONEARM_PUBLIC_URL", "TONEARM_NO_SUCH_THING"):
        assert name in result.stderr
    assert "TONEARM_PROFILE" not in result.stderr


def test_settings_come_from_command_line_over_environment_over_file(tmp_path: Path) -> None:
    file = tmp_path / "tonearm.toml"
    file.write_text('port = 1\nregistration = "closed"\nverifiers = 3\n')
    data = ("--data", str(tmp_path / "data"))

    result = tonearm("server", "config", "check", *data, TONEARM_CONFIG=str(file), TONEARM_PORT="2")

    lines = result.stdout.splitlines()
    assert {"port = 2", "registration = closed", "verifiers = 3", f"data = {tmp_path / 'data'}"} <= set(lines)


@pytest.mark.parametrize("content", ["port = [", "no_such_setting = 1"])
def test_a_faulty_file_is_said(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tonearm.toml"
    file.write_text(content)

    result = tonearm("server", "config", "check", TONEARM_CONFIG=str(file))

    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr.strip()
