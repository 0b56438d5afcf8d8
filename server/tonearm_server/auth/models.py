"""Tables of accounts and sessions. Times are Unix milliseconds; secrets are stored hashed or sealed."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.CharField(max_length=32, primary_key=True)
    email = fields.CharField(max_length=254)
    email_key = fields.CharField(max_length=254, unique=True)
    """The address as it is compared: two spellings of one address are one account."""
    name = fields.CharField(max_length=100)
    handle = fields.CharField(max_length=32, null=True, unique=True)
    password_hash = fields.CharField(max_length=255)
    confirms_by_mail = fields.BooleanField(db_default=False)
    """Without an authenticator: each sign-in asks for a code that is mailed."""
    is_admin = fields.BooleanField(db_default=False)
    created_at_ms = fields.BigIntField()
    disabled_at_ms = fields.BigIntField(null=True)

    class Meta:
        table = "user_account"


class LoginSession(Model):
    """One signed-in device: a browser with its cookie, or a program with its family of refresh tokens."""

    id = fields.CharField(max_length=32, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "tonearm.User", related_name="sessions", on_delete=fields.CASCADE, db_index=True
    )
    cookie_hash = fields.CharField(max_length=64, null=True, unique=True)
    """Null for a program, which has refresh tokens instead."""
    device = fields.CharField(max_length=200)
    address = fields.CharField(max_length=64, db_default="")
    created_at_ms = fields.BigIntField()
    last_used_at_ms = fields.BigIntField()
    expires_at_ms = fields.BigIntField()
    proved_at_ms = fields.BigIntField(db_default=0)
    """When the person last gave what proves an account; what is dangerous wants that to be lately."""
    has_second_factor = fields.BooleanField(db_default=False)
    """Whether a second factor was among what they gave, now or when this device was remembered."""

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
    id = fields.CharField(max_length=32, null=True, unique=True)
    """What an invitation is listed and withdrawn by. Null for the owner's link."""
    makes_admin = fields.BooleanField(db_default=False)
    email_key = fields.CharField(max_length=254, null=True)
    """The one address that an invitation is good for. Null: any."""
    invited_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "tonearm.User", related_name="invitations", on_delete=fields.CASCADE, null=True
    )
    created_at_ms = fields.BigIntField()
    expires_at_ms = fields.BigIntField()

    invited_by_id: str | None

    class Meta:
        table = "signup_link"


class PendingSignUp(Model):
    """A sign-up whose address is not verified yet. Nobody can sign in to it, and it holds no address."""

    token_hash = fields.CharField(max_length=64, primary_key=True)
    email = fields.CharField(max_length=254)
    email_key = fields.CharField(max_length=254, db_index=True)
    name = fields.CharField(max_length=100)
    password_hash = fields.CharField(max_length=255)
    link_hash = fields.CharField(max_length=64, null=True)
    """The link it came with, which is used up when the address is verified."""
    tries = fields.IntField(db_default=0)
    expires_at_ms = fields.BigIntField(db_index=True)

    class Meta:
        table = "pending_signup"


class OneTimeToken(Model):
    """What a link or a challenge stands for. Works once, for one purpose."""

    token_hash = fields.CharField(max_length=64, primary_key=True)
    purpose = fields.CharField(max_length=32)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "tonearm.User", related_name="one_time_tokens", on_delete=fields.CASCADE, db_index=True
    )
    email = fields.CharField(max_length=254, null=True)
    """The address that a change of address is about."""
    code_mac = fields.CharField(max_length=64, null=True)
    """The code that was mailed with a challenge, under a key outside the database."""
    tries = fields.IntField(db_default=0)
    expires_at_ms = fields.BigIntField(db_index=True)

    user_id: str

    class Meta:
        table = "one_time_token"


class Authenticator(Model):
    """An app that shows codes by the clock (TOTP, RFC 6238). Counts once it is confirmed."""

    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "tonearm.User", related_name="authenticator", on_delete=fields.CASCADE, primary_key=True
    )
    sealed_seed = fields.CharField(max_length=255)
    last_step = fields.BigIntField(db_default=0)
    """The time step of the last code that was accepted; only later ones are, so that none works twice."""
    created_at_ms = fields.BigIntField()
    confirmed_at_ms = fields.BigIntField(null=True)

    user_id: str

    class Meta:
        table = "authenticator"


class RecoveryCode(Model):
    """A code on paper, good once."""

    row_id = fields.BigIntField(primary_key=True, generated=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "tonearm.User", related_name="recovery_codes", on_delete=fields.CASCADE, db_index=True
    )
    opening = fields.CharField(max_length=2)
    """Its first characters, so that one hash is computed and not ten."""
    code_hash = fields.CharField(max_length=255)

    user_id: str

    class Meta:
        table = "recovery_code"


class KnownDevice(Model):
    """A browser that somebody has signed in from before, by a cookie that outlives the session."""

    id = fields.CharField(max_length=32, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "tonearm.User", related_name="known_devices", on_delete=fields.CASCADE, db_index=True
    )
    secret_hash = fields.CharField(max_length=64, unique=True)
    device = fields.CharField(max_length=200)
    created_at_ms = fields.BigIntField()
    last_used_at_ms = fields.BigIntField()
    expires_at_ms = fields.BigIntField()
    trusted_until_ms = fields.BigIntField(db_default=0)
    """Until then it is not asked for a second factor."""

    user_id: str

    class Meta:
        table = "known_device"


class SignInFailure(Model):
    """How often a proof of an account failed in a row. Keyed by a MAC: addresses without an account have one, too."""

    key = fields.CharField(max_length=64, primary_key=True)
    failures = fields.IntField(db_default=0)
    free_at_ms = fields.BigIntField(db_default=0)
    """Until then nothing is tried."""
    last_at_ms = fields.BigIntField(db_index=True)

    class Meta:
        table = "sign_in_failure"


class ForgottenPassword(Model):
    """Somebody asks for a new password for that address. Looked into after the answer, which is the same for all."""

    id = fields.CharField(max_length=32, primary_key=True)
    email_key = fields.CharField(max_length=254)
    base_url = fields.CharField(max_length=300)
    """Where this server is reached, for the link."""

    class Meta:
        table = "forgotten_password"
