"""Signing in: server, e-mail, password, and a code where asked for. Kept where the command line keeps it."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Input, Label, Static

from tonearm_api import auth
from tonearm_api.design import WAVE_STEPS
from tonearm_api.errors import MailCodeNeeded, SecondFactorNeeded, TonearmError, WrongCode

if TYPE_CHECKING:
    from tonearm_api.client import Client

_WAVE = "".join(WAVE_STEPS[step] for step in map(int, "013564257643102354321046753210123453201356543210"))
"""A waveform as the player draws it; not amber, because nothing can be heard yet."""

_UNENCRYPTED = "This address is not encrypted: others on the network can read the password. Enter again to go on."


class SignedIn(Message):
    """`client` is signed in as the person called `name`."""

    def __init__(self, client: Client, name: str) -> None:
        super().__init__()
        self.client, self.name = client, name


class LoginScreen(Screen[None]):
    """Posts SignedIn. `reason` says why one has to sign in again."""

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the fields: what is typed right after enter or tab must reach the next field.
        Binding("enter", "enter", "Go on", show=False, priority=True),
        Binding("tab", "app.focus_next", "Next field", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Field before", show=False, priority=True),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Field before", show=False),
        Binding("escape", "app.quit", "Quit", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-mini"), (56, "-single")]  # noqa: RUF012 - Textual declares no ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (18, "-tall")]  # noqa: RUF012 - Textual declares no ClassVar

    def __init__(self, *, server: str, email: str, connect: Callable[[str], Client], reason: str = "") -> None:
        super().__init__()
        self._server, self._email, self._connect, self._reason = server, email, connect, reason
        self._accepted_plain = ""
        self._challenge: str | None = None
        """What the code that was mailed last belongs to."""

    def compose(self) -> ComposeResult:
        with Vertical(id="login"):
            yield Static("tonearm", id="login-wordmark", markup=False)
            yield Static(_WAVE, id="login-wave", markup=False)
            yield Static("your own music, in the terminal", id="login-motto", markup=False)
            yield Label("Server", markup=False)
            yield Input(self._server, placeholder="music.example.org", id="login-server", compact=True)
            yield Label("E-mail", markup=False)
            yield Input(self._email, placeholder="you@example.org", id="login-email", compact=True)
            yield Label("Password", markup=False)
            yield Input(password=True, id="login-password", compact=True)
            with Vertical(id="login-code-row"):
                yield Label("Code", markup=False)
                yield Input(id="login-code", compact=True, max_length=64)
            yield Button("Sign in", id="login-button", compact=True)
            yield Static(Content(self._reason), id="login-answer", markup=False)
            yield Static(
                "No account yet? The link that the server printed, or an invitation, opens in a browser.",
                id="login-hint",
                markup=False,
            )

    def on_mount(self) -> None:
        self.query_one("#login-code-row").display = False
        fields = [field for field in self.query(Input) if field.id != "login-code"]
        next((field for field in fields if not field.value), fields[-1]).focus()

    def action_enter(self) -> None:
        """From field to field; from a secret, sign in once the keys typed before have arrived."""
        if isinstance(self.focused, Input) and self.focused.id not in {"login-password", "login-code"}:
            self.focus_next(Input)
        else:
            (self.focused or self).call_later(self._try)

    @on(Button.Pressed)
    def _pressed(self) -> None:
        self._try()

    def _try(self) -> None:
        server = server_url(self.query_one("#login-server", Input).value)
        if "@" not in self.query_one("#login-email", Input).value:
            self._answer("An e-mail address has an @ in it", is_error=True)
            return
        if is_unencrypted(server) and self._accepted_plain != server:
            self._accepted_plain = server
            self._answer(_UNENCRYPTED, is_error=True)
            return
        self._answer("Signing in…")
        self._sign_in(server)

    @work(exclusive=True, exit_on_error=False)
    async def _sign_in(self, server: str) -> None:
        email = self.query_one("#login-email", Input).value.strip()
        password = self.query_one("#login-password", Input).value
        code = self.query_one("#login-code", Input).value.strip() or None
        client = self._connect(server)
        try:
            account = await client.log_in(email=email, password=password, code=code, challenge=self._challenge)
        except SecondFactorNeeded as error:
            await self._ask_for_code(client, error, email=email, password=password)
            await client.close()
        except TonearmError as error:
            await client.close()
            if isinstance(error, WrongCode):
                self.query_one("#login-code", Input).clear()
            self._answer(error.detail, is_error=True)
        else:
            self.post_message(SignedIn(client, account.name))

    async def _ask_for_code(self, client: Client, error: SecondFactorNeeded, *, email: str, password: str) -> None:
        """Show the field; have the code mailed where that is how this account confirms a sign-in."""
        text = "Type the code that your authenticator shows, or a recovery code."
        if isinstance(error, MailCodeNeeded):
            try:
                sent = await client.call(auth.MAIL_CODE, auth.MailCode(email=email, password=password))
            except TonearmError as refused:
                self._answer(refused.detail, is_error=True)
                return
            self._challenge = sent.challenge
            text = "A code is on its way to your mailbox: type it here."
        self.query_one("#login-code-row").display = True
        self.query_one("#login-code", Input).focus()
        self._answer(text)

    def _answer(self, text: str, *, is_error: bool = False) -> None:
        answer = self.query_one("#login-answer", Static)
        answer.set_class(is_error, "-error")
        answer.update(Content(f"! {text}" if is_error else text))


def server_url(text: str) -> str:
    """What a person typed, as an address: https unless they say otherwise or it is this machine."""
    text = text.strip().rstrip("/")
    if "://" in text:
        return text
    return f"http://{text}" if _is_loopback(urlsplit(f"//{text}").hostname) else f"https://{text}"


def is_unencrypted(server: str) -> bool:
    """Whether the password would cross a network in the clear."""
    parts = urlsplit(server)
    return parts.scheme != "https" and not _is_loopback(parts.hostname)


def _is_loopback(host: str | None) -> bool:
    if host is None or host == "localhost" or host.endswith(".localhost"):
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
