"""Whose keys a database belongs to, and whose jobs are whose."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("tonearm", "0004_words")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Installation",
            fields=[
                ("keys_fingerprint", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
            ],
            options={
                "table": "installation",
                "app": "tonearm",
                "pk_attr": "keys_fingerprint",
                "table_description": "One row, which says to whose keys this database belongs.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Job",
            name="leased_by",
            field=fields.CharField(null=True, max_length=32),
        ),
    ]
