"""login, logout, auth status."""

from __future__ import annotations

import stat
from pathlib import Path

import httpx
import msgspec
import pytest
from tests.cli.console import Ran, on_terminal, tonearm
from tests.support import OWNER_EMAIL, OWNER_NAME, OWNER_PASSWORD, RunningServer

from tonearm_api.client import Client
from tonearm_api.credentials import DEFAULT_SERVER, CredentialStore, read_client_settings


async def sign_in(server: RunningServer, *more: str, password: str = OWNER_PASSWORD) -> Ran:
    return await tonearm("login", server.url, "--email", OWNER_EMAIL, "--password-stdin", *more, stdin=f"{password}\n")


@pytest.mark.usefixtures("owner")
async def test_login_talks_on_stderr_alone(server: RunningServer) -> None:
    ran = await sign_in(server)

    assert (0, "", f"Signed in to {server.url} as {OWNER_NAME}\n") == (ran.code, ran.stdout, ran.stderr)


@pytest.mark.usefixtures("owner")
async def test_login_as_json_is_the_account(server: RunningServer) -> None:
    ran = await sign_in(server, "--json")

    assert (1, server.url, OWNER_EMAIL) == (ran.document["v"], ran.document["server"], ran.document["account"]["email"])


@pytest.mark.usefixtures("owner")
async def test_the_login_is_kept_for_its_owner_alone(server: RunningServer) -> None:
    await sign_in(server)

    path = CredentialStore(read_client_settings()).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert OWNER_PASSWORD not in path.read_text()


@pytest.mark.usefixtures("owner")
async def test_a_wrong_password_is_exit_4_and_keeps_nothing(server: RunningServer) -> None:
    ran = await sign_in(server, password="not the password")

    assert (ran.code, ran.stdout) == (4, "")
    assert "E-mail or password is wrong" in ran.stderr
    assert CredentialStore(read_client_settings()).find() is None


@pytest.mark.usefixtures("owner")
async def test_a_second_login_ends_the_session_of_the_first(server: RunningServer) -> None:
    await sign_in(server)
    first = CredentialStore(read_client_settings()).find()
    assert first is not None

    await sign_in(server)

    client = Client(server.url)
    client.store.save(first)
    async with client:
        with pytest.raises(Exception, match=r"[Ss]ession|[Ss]ign in"):
            await client.me()


async def test_a_password_on_the_command_line_is_refused_and_not_repeated() -> None:
    ran = await tonearm("login", "http://127.0.0.1:1", "--email", OWNER_EMAIL, "--password", "s3cret")

    assert (ran.code, ran.stdout) == (2, "")
    assert "--password-stdin" in ran.stderr
    assert "s3cret" not in ran.stderr


async def test_a_password_is_not_sent_unencrypted_to_another_machine() -> None:
    ran = await tonearm("login", "http://192.0.2.1", "--email", OWNER_EMAIL, "--password-stdin", stdin="x\n")

    assert ran.code == 2
    assert "--allow-http" in ran.stderr


@pytest.mark.parametrize("missing", [("--password-stdin",), ("--email", OWNER_EMAIL)])
async def test_without_a_terminal_nothing_is_asked(missing: tuple[str, ...]) -> None:
    ran = await tonearm("login", "http://127.0.0.1:1", *missing)

    assert (ran.code, ran.stdout) == (2, "")
    assert "missing" in ran.stderr


async def test_no_server_there_is_exit_5() -> None:
    ran = await tonearm("login", "http://127.0.0.1:1", "--email", OWNER_EMAIL, "--password-stdin", stdin="x\n")

    assert ran.code == 5
    assert ran.stderr.startswith("tonearm: http://127.0.0.1:1 does not answer\n")


async def test_a_token_file_wins_and_login_says_so(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc")

    ran = await tonearm(
        "login", "http://127.0.0.1:1", "--email", "a@b", "--password-stdin", stdin="x\n", TONEARM_TOKEN_FILE=str(token)
    )

    assert ran.code == 2
    assert "TONEARM_TOKEN_FILE" in ran.stderr


async def test_a_token_file_signs_in(server: RunningServer, owner: Client, tmp_path: Path) -> None:
    stored = owner.store.find()
    assert stored is not None
    token = tmp_path / "token"
    token.write_text(stored.access_token + "\n")

    ran = await tonearm("auth", "status", "--json", TONEARM_TOKEN_FILE=str(token), TONEARM_SERVER=server.url)

    assert (0, str(token)) == (ran.code, ran.document["kept_in"])


@pytest.mark.usefixtures("owner")
async def test_on_a_terminal_login_asks_and_shows_no_password(server: RunningServer) -> None:
    answers = [("E-mail", f"{OWNER_EMAIL}\n"), ("Password", f"{OWNER_PASSWORD}\n")]

    code, lines = await on_terminal("login", server.url, answers=answers)

    assert code == 0
    assert f"Signed in to {server.url} as {OWNER_NAME}" == lines[-1]
    assert OWNER_PASSWORD not in "\n".join(lines)


@pytest.mark.usefixtures("login")
async def test_status_says_who_where_and_how_it_is_kept(server: RunningServer) -> None:
    ran = await tonearm("auth", "status")

    said = dict(ran.rows)
    assert (server.url, f"{OWNER_NAME} <{OWNER_EMAIL}>") == (said["server"], said["account"])
    assert str(CredentialStore(read_client_settings()).path) == said["kept in"]


async def test_status_of_nobody_is_exit_4_with_the_command_to_type() -> None:
    ran = await tonearm("auth", "status", "--json")

    assert (ran.code, ran.stdout) == (4, "")
    assert (ran.error["code"], ran.error["hint"]) == ("unauthenticated", f"tonearm login {DEFAULT_SERVER}")


@pytest.mark.usefixtures("owner")
async def test_login_without_a_url_says_for_which_server(server: RunningServer) -> None:
    ran = await tonearm(
        "login", "--email", OWNER_EMAIL, "--password-stdin", stdin=f"{OWNER_PASSWORD}\n", TONEARM_SERVER=server.url
    )

    assert ran.code == 0
    assert ran.stderr.startswith(f"Signing in to {server.url}\n")


@pytest.mark.usefixtures("login")
async def test_a_token_on_a_pipe_signs_in_other_programs(server: RunningServer) -> None:
    ran = await tonearm("auth", "token")

    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {ran.stdout.strip()}"}) as http:
        answer = await http.get(f"{server.url}/api/v1/tracks")
    assert (ran.code, ran.stderr, answer.status_code) == (0, "", 200)


@pytest.mark.usefixtures("owner")
async def test_a_token_that_is_about_to_end_is_renewed_first(server: RunningServer) -> None:
    await sign_in(server)
    store = CredentialStore(read_client_settings())
    old = store.find()
    assert old is not None
    store.save(msgspec.structs.replace(old, access_token="ended", access_expires_at=0.0))

    ran = await tonearm("auth", "token")

    new = store.find()
    assert new is not None
    assert f"{new.access_token}\n" == ran.stdout
    assert ran.stdout != "ended\n"


@pytest.mark.usefixtures("login")
async def test_a_token_is_not_shown_on_a_terminal_unasked() -> None:
    login = CredentialStore(read_client_settings()).find()
    assert login is not None

    code, lines = await on_terminal("auth", "token", columns=200)
    asked, shown = await on_terminal("auth", "token", "--yes-print-secret", columns=2000)

    assert (code, login.access_token in "".join(lines)) == (2, False)
    assert "--yes-print-secret" in lines[0]
    assert (asked, [login.access_token]) == (0, shown)


async def test_a_token_of_nobody_is_exit_4() -> None:
    ran = await tonearm("auth", "token")

    assert (ran.code, ran.stdout) == (4, "")


@pytest.mark.usefixtures("login")
async def test_profiles_are_apart(server: RunningServer) -> None:
    ran = await tonearm("auth", "status", "--profile", "work", "--server", server.url)

    assert ran.code == 4
    assert f"try: tonearm login {server.url} --profile work\n" in ran.stderr


@pytest.mark.usefixtures("login")
async def test_a_login_is_never_used_at_another_server() -> None:
    ran = await tonearm("ls", "--server", "http://127.0.0.1:1")

    assert ran.code == 4
    assert "You are not signed in to http://127.0.0.1:1" in ran.stderr


@pytest.mark.usefixtures("owner")
async def test_logout_ends_the_session_and_forgets_it(server: RunningServer) -> None:
    await sign_in(server)

    out = await tonearm("logout")

    after = await tonearm("auth", "status")
    assert (out.code, out.stdout, after.code) == (0, "", 4)


async def test_logout_of_nobody_is_no_failure() -> None:
    ran = await tonearm("logout", "--json")

    assert (ran.code, ran.document["signed_in"]) == (0, False)
