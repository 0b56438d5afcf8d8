"""Letters handed to a mail server. Its answers become two: never, or not now. Nothing of them reaches the log."""

from __future__ import annotations

import asyncio
import importlib
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from tonearm_api.errors import Unavailable
from tonearm_server.config import SMTPServer, is_loopback
from tonearm_server.mail.letters import Undeliverable

if TYPE_CHECKING:
    import aiosmtplib

_ANSWER_S = 15
"""Of each command. RFC 5321 §4.5.3.2 allows minutes; a job that is tried again need not wait so long."""

_ALL_S = 60
_PERMANENT = range(500, 600)


class SMTPCarrier:
    """One connection for each letter: a music server sends few."""

    def __init__(self, server: SMTPServer, *, sender: str, host: str) -> None:
        self._server = server
        self._sender = sender
        self._host = host

    async def carry(self, message: EmailMessage, *, mail_id: str, written_at_ms: int) -> None:  # noqa: ARG002  # a carrier's
        """Raises Undeliverable where the server says never, and Unavailable where it says: not now."""
        smtp = await asyncio.to_thread(importlib.import_module, "aiosmtplib")
        recipient = message["To"].addresses[0].addr_spec
        try:
            async with asyncio.timeout(_ALL_S):
                await smtp.send(message, sender=self._sender, recipients=[recipient], **self._options())
        except smtp.SMTPRecipientsRefused as error:
            raise _verdict(error.recipients[0]) from None
        except smtp.SMTPDataError as error:
            raise _verdict(error) from None
        except smtp.SMTPNotSupported:
            raise Undeliverable("the mail server takes no addresses in this script (SMTPUTF8)") from None
        except (smtp.SMTPException, OSError) as error:
            raise _not_now(error) from None

    def _options(self) -> dict[str, Any]:  # Any: keyword arguments of several types
        """How to speak to the server.

        A password travels over a verified TLS connection only, unless the server is this machine. A relay without
        one is offered whatever TLS it has: who could fake its certificate could as well hide that it offers any.
        """
        server = self._server
        needs_tls = server.password is not None and not is_loopback(server.host)
        return {
            "hostname": server.host,
            "port": server.port,
            "username": server.user,
            "password": server.password,
            "use_tls": server.is_tls,
            "start_tls": False if server.is_tls else (needs_tls or None),
            "validate_certs": server.is_tls or needs_tls,
            "local_hostname": self._host,
            "timeout": _ANSWER_S,
        }


def _verdict(answer: aiosmtplib.SMTPResponseException) -> Exception:
    """What the server said of this recipient or this letter. A code of 5xx is for good (RFC 5321 §4.2.1)."""
    return Undeliverable(f"the mail server answered {answer.code}") if answer.code in _PERMANENT else _not_now(answer)


def _not_now(error: Exception) -> Unavailable:
    """Without what the server said and without a cause: both may name the recipient, and the log would show it.

    What went wrong below SMTP, a certificate or a name that nobody knows, is said in full.
    """
    said = error if isinstance(error, OSError) else getattr(error, "code", "")
    return Unavailable(f"The mail server does not take the letter: {type(error).__name__} {said}".rstrip())
