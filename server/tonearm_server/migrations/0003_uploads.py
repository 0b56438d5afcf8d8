from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("tonearm", "0002_search")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Upload",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "tonearm.User",
                        source_field="owner_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="uploads",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("filename", fields.CharField(max_length=500)),
                ("length_bytes", fields.BigIntField()),
                ("offset_bytes", fields.BigIntField(db_default=0)),
                ("expires_at_ms", fields.BigIntField(db_index=True)),
                ("track_id", fields.CharField(null=True, max_length=32)),
                ("is_new", fields.BooleanField(null=True)),
                ("reason", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "upload",
                "app": "tonearm",
                "pk_attr": "id",
                "table_description": "A file on its way, and for a day what became of it: a track or a reason, never both.",
            },
            bases=["Model"],
        ),
    ]
