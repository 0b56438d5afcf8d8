"""What a letter says: a template and its values to one message of text and HTML. Knows neither database nor network.

Templates are text, and the HTML is made from the same words. A paragraph is a line or several; a line that is
an address makes its paragraph a button, labelled with the line above; an indented line is a code to copy.
"""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tonearm_api.design import LACQUER, SLEEVE
from tonearm_api.text import safe_text

if TYPE_CHECKING:
    import jinja2

_TEMPLATES = Path(__file__).parent / "templates"
_SENDER_NAME = "Tonearm"
_LINE = 76
"""Characters of a line of text, as RFC 5322 §2.1.1 likes them. Addresses are never broken."""

_HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.IGNORECASE)
_MAX_LOCAL_PART = 64
_LOOKS_LIKE_A_LINK = re.compile(r"\w\.\w|//|@|\bwww\b", re.IGNORECASE)
_MAX_NAME = 60

_WHERE = frozenset({"name", "when", "device", "address"})
VALUES: Mapping[str, frozenset[str]] = {
    "verify": frozenset({"name", "url", "hours"}),
    "already_have_account": frozenset({"name", "login_url", "forgot_url"}),
    "reset": frozenset({"name", "url", "minutes"}),
    "reset_by_admin": frozenset({"name", "url", "minutes"}),
    "invitation": frozenset({"invited_by", "url", "days", "server"}),
    "mail_code": frozenset({"name", "code", "minutes"}),
    "confirm_new_email": frozenset({"name", "url", "hours"}),
    "email_will_change": frozenset({"name", "new_email_masked"}),
    "email_changed": frozenset({"name"}),
    "password_changed": _WHERE,
    "factor_added": _WHERE,
    "factor_removed": _WHERE,
    "recovery_codes_renewed": _WHERE,
    "recovery_code_used": frozenset({"name", "left"}),
    "new_device": _WHERE,
    "sessions_stolen": frozenset({"name"}),
    "account_deleted": frozenset({"name"}),
}
"""Every template and the values that it needs. `when` is Unix milliseconds, numbers are whole, the rest is text."""


class Undeliverable(Exception):
    """No mail can ever reach that address, or no server takes this letter. Says nothing of whose it is."""


@dataclass(frozen=True)
class Letter:
    """`template` is one of `VALUES`, with exactly those values. Addresses in it are whole, made from the public URL."""

    to: str = field(repr=False)
    template: str
    values: Mapping[str, str | int] = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError for a template or values that do not exist: found in the request, not in the job."""
        if VALUES.get(self.template) != frozenset(self.values):
            raise ValueError(f"the letter {self.template!r} has not the values {sorted(self.values)}")


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What a letter needs from outside: who sends it, and what makes it the same letter when it is sent again."""

    mail_id: str
    written_at_ms: int
    sender: str
    host: str
    """The right-hand side of the Message-ID: where this server is."""


def compose(letter: Letter, envelope: Envelope) -> EmailMessage:
    """The whole message. Loads Jinja2 when first called: do so off the event loop. Raises Undeliverable."""
    rendered = _environment().get_template(f"{letter.template}.txt").render(_shown(letter.values))
    subject, _, body = rendered.partition("\n\n")
    subject = subject.removeprefix("Subject: ")
    paragraphs = [_paragraph(each) for each in body.strip().split("\n\n")]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_SENDER_NAME, addr_spec=envelope.sender)
    message["To"] = mailbox(letter.to)
    message["Subject"] = subject
    message["Date"] = format_datetime(_moment(envelope.written_at_ms))
    message["Message-ID"] = f"<{envelope.mail_id}@{envelope.host}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no holiday note answers it
    _set_text(message, _wrapped(body))
    html = _environment().get_template("layout.html").render(subject=subject, paragraphs=paragraphs)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def mailbox(address: str) -> Address:
    """The address as mail servers take it: its host in ASCII (RFC 5891), its local part quoted where needed.

    Raises Undeliverable. A local part in other scripts stays as it is; it needs a server with SMTPUTF8 (RFC 6531).
    """
    local_part, _, host = address.rpartition("@")
    try:
        ascii_host = host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Undeliverable("the host is no name") from error
    is_clean = local_part.isprintable() and not any(character.isspace() for character in local_part)
    if not (0 < len(local_part) <= _MAX_LOCAL_PART and is_clean and _HOST.fullmatch(ascii_host)):
        raise Undeliverable("it is no address of a mailbox")
    return Address(username=local_part, domain=ascii_host)


@dataclass(frozen=True)
class _Paragraph:
    lines: tuple[str, ...]
    link: str | None = None
    code: str | None = None


def _paragraph(text: str) -> _Paragraph:
    lines = text.splitlines()
    if lines[-1].startswith(("https://", "http://")):
        label = " ".join(lines[:-1]).rstrip(":")
        return _Paragraph((label,), link=lines[-1])
    if text.startswith("    "):
        return _Paragraph((), code=text.strip())
    return _Paragraph(tuple(lines))


def _wrapped(body: str) -> str:
    wrap = functools.partial(textwrap.fill, width=_LINE, break_long_words=False, break_on_hyphens=False)
    return "\n".join(line if line.startswith("    ") else wrap(line) for line in body.strip().splitlines()) + "\n"


def _set_text(message: EmailMessage, text: str) -> None:
    """In plain sight where it is ASCII: a link in an .eml file can then be read and copied."""
    message.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")


def _shown(values: Mapping[str, str | int]) -> dict[str, str | int]:
    """Values on one line each, without anything that a reader obeys."""
    shown = {name: safe_text(value) if isinstance(value, str) else value for name, value in values.items()}
    return {**shown, **{name: _as_a_name(shown[name]) for name in ("name", "invited_by") if name in shown}}


def _as_a_name(value: str | int) -> str:
    """The name, or nothing where mail programs would make a link of it: who signs up with a stranger's address
    could else have us send him an advertisement."""
    name = str(value).strip()
    return "" if len(name) > _MAX_NAME or _LOOKS_LIKE_A_LINK.search(name) else name


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)


def _moment_text(at_ms: int) -> str:
    return f"{_moment(at_ms):%Y-%m-%d %H:%M} UTC"


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415  # 150 ms of the server's start, which only a letter needs

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=jinja2.select_autoescape(("html",)),
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
    )
    environment.filters["moment"] = _moment_text
    environment.globals |= {"light": SLEEVE, "dark": LACQUER}
    return environment
