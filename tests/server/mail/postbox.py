"""A mail server of our own on loopback: takes real SMTP, and says yes, later or never as a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from tests.support import until

USER, PASSWORD = "tonearm", "pass:word@1/2"


@dataclass
class Postbox:
    """Says yes to everybody but those in `answers`. It keeps what it took."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    """By recipient: what is said to the next tries, before yes."""
    seen: list[str] = field(default_factory=list)
    """Every recipient asked for, whatever the answer was."""
    messages: list[EmailMessage] = field(default_factory=list)
    used_tls: list[bool] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802  # aiosmtpd names it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.seen.append(address)
        if self.answers.get(address):
            return self.answers[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # as above
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        self.used_tls.append(session.ssl is not None)
        return "250 OK"

    def check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.password)
        return AuthResult(success=given == LoginPassword(USER.encode(), PASSWORD.encode()), handled=False)

    async def letter(self, to: str) -> EmailMessage:
        """The first letter to that address, once it is there."""

        async def arrived() -> EmailMessage | None:
            return next((message for message in self.messages if message["To"] == to), None)

        return await until(arrived, what=f"a letter to {to}")

    async def tried(self, address: str) -> None:
        """Returns when somebody has tried to deliver to that address."""

        async def asked_for() -> bool:
            return address in self.seen

        await until(asked_for, what=f"a try to deliver to {address}")


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """aiosmtpd connects to itself to see that it runs: to the port that the system has chosen, then."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd has not typed it


@contextlib.contextmanager
def running_postbox(
    *,
    context: ssl.SSLContext | None = None,
    starts_with_tls: bool = False,
    asks_for_password: bool = False,
    knows_all_scripts: bool = True,
) -> Iterator[Postbox]:
    """Take mail until the block ends. With a `context`, TLS is there at once or by STARTTLS."""
    postbox = Postbox()
    options: dict[str, Any] = {"enable_SMTPUTF8": knows_all_scripts}  # Any: keyword arguments of several types
    if asks_for_password:
        options |= {"authenticator": postbox.check, "auth_required": True, "auth_require_tls": context is not None}
    if context is not None:
        options |= {"ssl_context": context} if starts_with_tls else {"tls_context": context}
    controller = _Controller(postbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        postbox.port = controller.port
        yield postbox
    finally:
        controller.stop()


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate for 127.0.0.1 that nobody trusts yet, and the file to trust it by."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:127.1"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
