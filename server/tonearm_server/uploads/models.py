"""The table of resumable uploads."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from tonearm_server.auth.models import User


class Upload(Model):
    """A file on its way, and for a day what became of it: a track or a reason, never both."""

    id = fields.CharField(max_length=32, primary_key=True)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "tonearm.User", related_name="uploads", on_delete=fields.CASCADE, db_index=True
    )
    owner_id: str
    filename = fields.CharField(max_length=500)
    length_bytes = fields.BigIntField()
    offset_bytes = fields.BigIntField(db_default=0)
    """Bytes that are synced to disk: what the staged file holds beyond them was never acknowledged."""
    expires_at_ms = fields.BigIntField(db_index=True)
    track_id = fields.CharField(max_length=32, null=True)
    is_new = fields.BooleanField(null=True)
    reason = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "upload"
