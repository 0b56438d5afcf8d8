"""The full-text indexes that search reads, kept current by triggers."""

from typing import Any

from tortoise import migrations
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations import operations as ops

_INDEXES = {
    # index: (table it mirrors, its columns)
    "track_words": ("track", ("title", "artist", "album_title")),
    "album_words": ("album", ("title", "artist")),
    "artist_words": ("artist", ("name",)),
}
_TRIGRAMS = {"track_trigrams": ("track", ("title", "artist", "album_title"))}

_WORDS = "tokenize=\"unicode61 remove_diacritics 2\", prefix='2 3'"
_PIECES = 'tokenize="trigram"'


def _create(index: str, table: str, columns: tuple[str, ...], options: str) -> str:
    names = ", ".join(columns)
    new = ", ".join(f"new.{c}" for c in columns)
    old = ", ".join(f"old.{c}" for c in columns)
    add = f"INSERT INTO {index}(rowid, {names}) VALUES (new.row_id, {new});"
    drop = f"INSERT INTO {index}({index}, rowid, {names}) VALUES ('delete', old.row_id, {old});"
    return f"""
        CREATE VIRTUAL TABLE {index} USING fts5({names}, content='{table}', content_rowid='row_id', {options});
        CREATE TRIGGER {index}_added AFTER INSERT ON {table} BEGIN {add} END;
        CREATE TRIGGER {index}_removed AFTER DELETE ON {table} BEGIN {drop} END;
        CREATE TRIGGER {index}_changed AFTER UPDATE OF {names} ON {table} BEGIN {drop} {add} END;
        INSERT INTO {index}({index}) VALUES ('rebuild');
    """


def _remove(index: str) -> str:
    triggers = "".join(f"DROP TRIGGER {index}_{event};" for event in ("added", "removed", "changed"))
    return f"{triggers} DROP TABLE {index};"


async def create_indexes(_apps: object, editor: Any) -> None:  # Any: one editor class per database
    client: BaseDBAsyncClient = editor.client
    for index, (table, columns) in _INDEXES.items():
        await client.execute_script(_create(index, table, columns, _WORDS))
    for index, (table, columns) in _TRIGRAMS.items():
        await client.execute_script(_create(index, table, columns, _PIECES))


async def remove_indexes(_apps: object, editor: Any) -> None:  # Any: one editor class per database
    client: BaseDBAsyncClient = editor.client
    for index in (*_INDEXES, *_TRIGRAMS):
        await client.execute_script(_remove(index))


class Migration(migrations.Migration):
    dependencies = [("tonearm", "0001_initial")]
    operations = [ops.RunPython(create_indexes, remove_indexes)]
