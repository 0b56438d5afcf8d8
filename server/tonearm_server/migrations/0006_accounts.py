from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("tonearm", "0005_installation")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Authenticator",
            fields=[
                (
                    "user",
                    fields.OneToOneField(
                        "tonearm.User",
                        source_field="user_id",
                        primary_key=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="authenticator",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("sealed_seed", fields.CharField(max_length=255)),
                ("last_step", fields.BigIntField(db_default=0)),
                ("created_at_ms", fields.BigIntField()),
                ("confirmed_at_ms", fields.BigIntField(null=True)),
            ],
            options={
                "table": "authenticator",
                "app": "tonearm",
                "pk_attr": "user_id",
                "table_description": "An app that shows codes by the clock (TOTP, RFC 6238). Counts once it is confirmed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ForgottenPassword",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("email_key", fields.CharField(max_length=254)),
                ("base_url", fields.CharField(max_length=300)),
            ],
            options={
                "table": "forgotten_password",
                "app": "tonearm",
                "pk_attr": "id",
                "table_description": "Somebody asks for a new password for that address. Looked into after the answer, which is the same for all.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="KnownDevice",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "tonearm.User",
                        source_field="user_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="known_devices",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("secret_hash", fields.CharField(unique=True, max_length=64)),
                ("device", fields.CharField(max_length=200)),
                ("created_at_ms", fields.BigIntField()),
                ("last_used_at_ms", fields.BigIntField()),
                ("expires_at_ms", fields.BigIntField()),
                ("trusted_until_ms", fields.BigIntField(db_default=0)),
            ],
            options={
                "table": "known_device",
                "app": "tonearm",
                "pk_attr": "id",
                "table_description": "A browser that somebody has signed in from before, by a cookie that outlives the session.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Mail",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("sealed", fields.TextField(unique=False)),
                ("created_at_ms", fields.BigIntField(db_index=True)),
                ("sent_at_ms", fields.BigIntField(null=True)),
                ("refused_at_ms", fields.BigIntField(null=True)),
            ],
            options={"table": "mail", "app": "tonearm", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OneTimeToken",
            fields=[
                ("token_hash", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("purpose", fields.CharField(max_length=32)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "tonearm.User",
                        source_field="user_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="one_time_tokens",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("email", fields.CharField(null=True, max_length=254)),
                ("code_mac", fields.CharField(null=True, max_length=64)),
                ("tries", fields.IntField(db_default=0)),
                ("expires_at_ms", fields.BigIntField(db_index=True)),
            ],
            options={
                "table": "one_time_token",
                "app": "tonearm",
                "pk_attr": "token_hash",
                "table_description": "What a link or a challenge stands for. Works once, for one purpose.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PendingSignUp",
            fields=[
                ("token_hash", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("email", fields.CharField(max_length=254)),
                ("email_key", fields.CharField(db_index=True, max_length=254)),
                ("name", fields.CharField(max_length=100)),
                ("password_hash", fields.CharField(max_length=255)),
                ("link_hash", fields.CharField(null=True, max_length=64)),
                ("tries", fields.IntField(db_default=0)),
                ("expires_at_ms", fields.BigIntField(db_index=True)),
            ],
            options={
                "table": "pending_signup",
                "app": "tonearm",
                "pk_attr": "token_hash",
                "table_description": "A sign-up whose address is not verified yet. Nobody can sign in to it, and it holds no address.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RecoveryCode",
            fields=[
                ("row_id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "tonearm.User",
                        source_field="user_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="recovery_codes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("opening", fields.CharField(max_length=2)),
                ("code_hash", fields.CharField(max_length=255)),
            ],
            options={
                "table": "recovery_code",
                "app": "tonearm",
                "pk_attr": "row_id",
                "table_description": "A code on paper, good once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SignInFailure",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("failures", fields.IntField(db_default=0)),
                ("free_at_ms", fields.BigIntField(db_default=0)),
                ("last_at_ms", fields.BigIntField(db_index=True)),
            ],
            options={
                "table": "sign_in_failure",
                "app": "tonearm",
                "pk_attr": "key",
                "table_description": "How often a proof of an account failed in a row. Keyed by a MAC: addresses without an account have one, too.",
            },
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="LoginSession",
            options={
                "table": "login_session",
                "app": "tonearm",
                "pk_attr": "id",
                "table_description": "One signed-in device: a browser with its cookie, or a program with its family of refresh tokens.",
            },
        ),
        ops.AddField(
            model_name="LoginSession",
            name="address",
            field=fields.CharField(db_default="", max_length=64),
        ),
        ops.AddField(
            model_name="LoginSession",
            name="has_second_factor",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name="LoginSession",
            name="proved_at_ms",
            field=fields.BigIntField(db_default=0),
        ),
        ops.AddField(
            model_name="SignUpLink",
            name="email_key",
            field=fields.CharField(null=True, max_length=254),
        ),
        ops.AddField(
            model_name="SignUpLink",
            name="id",
            field=fields.CharField(null=True, unique=True, max_length=32),
        ),
        ops.AddField(
            model_name="SignUpLink",
            name="invited_by",
            field=fields.ForeignKeyField(
                "tonearm.User",
                source_field="invited_by_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="invitations",
                on_delete=OnDelete.CASCADE,
            ),
        ),
        ops.AddField(
            model_name="User",
            name="confirms_by_mail",
            field=fields.BooleanField(db_default=False),
        ),
        ops.AddField(
            model_name="User",
            name="handle",
            field=fields.CharField(null=True, unique=True, max_length=32),
        ),
    ]
