"""Delivers letters, by SMTP or into files: the handler of the jobs of kind `outbox.DELIVER`."""

from __future__ import annotations

import asyncio
import logging
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from tonearm_server.config import Config, is_address
from tonearm_server.kit.clock import Clock
from tonearm_server.mail import outbox
from tonearm_server.mail.files import FileCarrier
from tonearm_server.mail.letters import Envelope, Undeliverable, compose
from tonearm_server.mail.models import Mail
from tonearm_server.mail.outbox import Sealer
from tonearm_server.mail.smtp import SMTPCarrier

log = logging.getLogger(__name__)


class Carrier(Protocol):
    async def carry(self, message: EmailMessage, *, mail_id: str, written_at_ms: int) -> None:
        """Returns when the letter is out of our hands. Raises Undeliverable where it never will be."""
        ...


class Postman:
    def __init__(self, carrier: Carrier, *, sender: str, host: str, sealer: Sealer, clock: Clock) -> None:
        self._carrier = carrier
        self._sender = sender
        self._host = host
        self._sealer = sealer
        self._clock = clock

    async def deliver(self, mail_id: str) -> None:
        """Deliver the letter unless that has been done. Raises what means: try again later.

        At least once: a crash between the mail server's "yes" and our note of it sends the letter again, with the
        same Message-ID, by which mail programs know it.
        """
        mail = await Mail.get_or_none(id=mail_id, sent_at_ms=None, refused_at_ms=None)
        if mail is None:
            return
        envelope = Envelope(mail_id=mail.id, written_at_ms=mail.created_at_ms, sender=self._sender, host=self._host)
        letter = outbox.open_letter(mail, sealer=self._sealer)
        try:
            message = await asyncio.to_thread(compose, letter, envelope)
            await self._carrier.carry(message, mail_id=mail.id, written_at_ms=mail.created_at_ms)
        except Undeliverable as error:
            log.warning("letter %s (%s) is not delivered: %s", mail.id, letter.template, error)
            await outbox.mark_refused(mail, clock=self._clock)
        else:
            log.info("letter %s (%s) is delivered", mail.id, letter.template)
            await outbox.mark_sent(mail, clock=self._clock)


def hire(config: Config, *, outbox_folder: Path, sealer: Sealer, clock: Clock) -> Postman:
    """The postman that the settings ask for: by SMTP where a server is named, else into files."""
    sender, server = config.mail_from, config.smtp
    public_host = urlsplit(config.public_url or "").hostname or ""
    host = public_host if public_host and not is_address(public_host) else sender.rpartition("@")[2]
    carrier = SMTPCarrier(server, sender=sender, host=host) if server else FileCarrier(outbox_folder)
    return Postman(carrier, sender=sender, host=host, sealer=sealer, clock=clock)
