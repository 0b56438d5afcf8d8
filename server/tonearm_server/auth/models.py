"""Tables of accounts and sessions. Times are Unix milliseconds; secrets are stored hashed."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.CharField(max_length=32, primary_key=True)
    email = fields.CharField(max_length=254)
    email_key = fields.CharField(max_length=254, unique=True)
    """The address as it is compared: two spellings of one address are one account."""
    name = fields.CharField(max_length=100)
    password_hash = fields.CharField(max_length=255)
    is_admin = fields.BooleanField(db_default=False)
    created_at_ms = fields.BigIntField()
    disabled_at_ms = fields.BigIntField(null=True)

    class Meta:
        table = "user_account"


class LoginSession(Model):
    """One signed-in device: a browser with its cookie, or a client with its family of refresh tokens."""

    id = fields.CharField(max_length=32, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "tonearm.User", related_name="sessions", on_delete=fields.CASCADE, db_index=True
    )
    cookie_hash = fields.CharField(max_length=64, null=True, unique=True)
    device = fields.CharField(max_length=200)
    created_at_ms = fields.BigIntField()
    last_used_at_ms = fields.BigIntField()
    expires_at_ms = fields.BigIntField()

    user_id: str

    class Meta:
        table = "login_session"


class RefreshToken(Model):
    """One link of a family: consumed once, and its use after that ends the family."""

    token_hash = fields.CharField(max_length=64, primary_key=True)
    session: fields.ForeignKeyRelation[LoginSession] = fields.ForeignKeyField(
        "tonearm.LoginSession", related_name="refresh_tokens", on_delete=fields.CASCADE, db_index=True
    )
    expires_at_ms = fields.BigIntField()
    consumed_at_ms = fields.BigIntField(null=True)

    session_id: str

    class Meta:
        table = "refresh_token"


class Installation(Model):
    """One row, which says to whose keys this database belongs."""

    keys_fingerprint = fields.CharField(max_length=64, primary_key=True)

    class Meta:
        table = "installation"


class SignUpLink(Model):
    """A one-time link that makes an account: the owner's on a fresh server, or an invitation."""

    token_hash = fields.CharField(max_length=64, primary_key=True)
    makes_admin = fields.BooleanField(db_default=False)
    created_at_ms = fields.BigIntField()
    expires_at_ms = fields.BigIntField()

    class Meta:
        table = "signup_link"
