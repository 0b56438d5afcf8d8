"""The table of plays."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from tonearm_server.auth.models import User
from tonearm_server.library.models import Track


class Play(Model):
    """One person played one track. `play_id` is the player's, so that a report sent twice is one play."""

    row_id = fields.BigIntField(primary_key=True, generated=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "tonearm.User", related_name="plays", on_delete=fields.CASCADE
    )
    track: fields.ForeignKeyRelation[Track] = fields.ForeignKeyField(
        "tonearm.Track", related_name="play_rows", on_delete=fields.CASCADE
    )
    play_id = fields.CharField(max_length=64)
    started_at_ms = fields.BigIntField()
    listened_ms = fields.BigIntField()
    counted = fields.BooleanField()

    class Meta:
        table = "play"
        unique_together = (("user", "play_id"),)
        indexes = (Index(fields=("user_id", "started_at_ms")), Index(fields=("track_id",)))
