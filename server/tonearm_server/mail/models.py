"""The table of letters that wait, and for a day of those that do not any more. Times are Unix milliseconds."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Mail(Model):
    id = fields.CharField(max_length=32, primary_key=True)
    sealed = fields.TextField()
    """Recipient, template and values, which hold one-time links. Emptied when nothing is left to do."""
    created_at_ms = fields.BigIntField(db_index=True)
    sent_at_ms = fields.BigIntField(null=True)
    refused_at_ms = fields.BigIntField(null=True)
    """When a mail server said for good that it will not take it, or that no mailbox has such an address."""

    class Meta:
        table = "mail"
