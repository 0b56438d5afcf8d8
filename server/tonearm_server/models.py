"""Every module with tables, for the ORM and its migrations."""

from __future__ import annotations

from pathlib import Path

from tonearm_server.kit.db import orm_config

MODELS = (
    "tonearm_server.auth.models",
    "tonearm_server.library.models",
    "tonearm_server.plays.models",
    "tonearm_server.jobs.models",
    "tonearm_server.mail.models",
    "tonearm_server.uploads.models",
)

MIGRATION_SETTINGS = orm_config(Path("unused.db"), MODELS)
"""For `tortoise -c tonearm_server.models.MIGRATION_SETTINGS makemigrations`."""
