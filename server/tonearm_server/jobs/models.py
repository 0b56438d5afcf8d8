"""The table of jobs waiting, running or given up. Finished jobs are deleted."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Job(Model):
    row_id = fields.BigIntField(primary_key=True, generated=True)
    kind = fields.CharField(max_length=64)
    subject = fields.CharField(max_length=200)
    """What the job is about. A kind and a subject are queued once: adding it again changes nothing."""
    attempts = fields.IntField(db_default=0)
    due_at_ms = fields.BigIntField()
    leased_until_ms = fields.BigIntField(null=True)
    leased_by = fields.CharField(max_length=32, null=True)
    """The data folder of the process that works on it, or did last."""
    is_dead = fields.BooleanField(db_default=False)
    last_error = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "job"
        unique_together = (("kind", "subject"),)
        indexes = (Index(fields=("is_dead", "due_at_ms")),)
