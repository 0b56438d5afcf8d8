"""What search reads, folded by Tonearm itself, and so the same on SQLite and PostgreSQL; replaces what 0002 made.

Beside each table stands one with its folded words: FTS5 reads it on SQLite, a generated TSVECTOR on PostgreSQL.
Then the vocabulary of all tracks, with the pieces of its words, for what is mistyped.
"""

import importlib
from typing import Any

from tortoise import migrations
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations import operations as ops

from tonearm_server.kit.db import fetch
from tonearm_server.library.indexing import album_text, index, track_text
from tonearm_server.library.words import Kind

_KINDS: tuple[Kind, ...] = ("track", "album", "artist")
_FIRST_INDEXES = ("track_words", "album_words", "artist_words", "track_trigrams")
_BATCH = 1000

_VOCABULARY = """
    CREATE TABLE search_word (word {text} NOT NULL PRIMARY KEY){narrow};
    CREATE TABLE search_piece (piece {text} NOT NULL, word {text} NOT NULL, PRIMARY KEY (piece, word)){narrow};
"""

# The words are folded before they come here, so that ASCII's tokenizer, which parts at spaces, is what it takes.
# Nobody asks where in a text a word stands: without places the index is a third smaller.
_ON_SQLITE = """
    CREATE TABLE {kind}_search (
        row_id INTEGER PRIMARY KEY REFERENCES {kind} (row_id) ON DELETE CASCADE,
        folded TEXT NOT NULL
    );
    CREATE VIRTUAL TABLE {kind}_words USING fts5(
        folded, content='{kind}_search', content_rowid='row_id', tokenize='ascii', prefix='1 2 3', detail='none',
        columnsize=0
    );
    CREATE TRIGGER {kind}_words_added AFTER INSERT ON {kind}_search BEGIN
        INSERT INTO {kind}_words(rowid, folded) VALUES (new.row_id, new.folded);
    END;
    CREATE TRIGGER {kind}_words_removed AFTER DELETE ON {kind}_search BEGIN
        INSERT INTO {kind}_words({kind}_words, rowid, folded) VALUES ('delete', old.row_id, old.folded);
    END;
    CREATE TRIGGER {kind}_words_changed AFTER UPDATE ON {kind}_search BEGIN
        INSERT INTO {kind}_words({kind}_words, rowid, folded) VALUES ('delete', old.row_id, old.folded);
        INSERT INTO {kind}_words(rowid, folded) VALUES (new.row_id, new.folded);
    END;
"""
_ON_POSTGRES = """
    CREATE TABLE {kind}_search (
        row_id BIGINT PRIMARY KEY REFERENCES {kind} (row_id) ON DELETE CASCADE,
        folded TEXT NOT NULL,
        words TSVECTOR NOT NULL GENERATED ALWAYS AS (array_to_tsvector(string_to_array(folded, ' '))) STORED
    );
    CREATE INDEX {kind}_search_words ON {kind}_search USING gin (words);
"""

_DROP_FIRST_ON_SQLITE = """
    DROP TRIGGER {index}_added; DROP TRIGGER {index}_removed; DROP TRIGGER {index}_changed; DROP TABLE {index};
"""
_DROP_FIRST_ON_POSTGRES = """
    DROP TRIGGER {kind}_search_kept ON {kind};
    DROP FUNCTION keep_{kind}_search();
    DROP TABLE {kind}_search;
"""
_DROP_FUNCTIONS = """
    DROP FUNCTION tonearm_query(TEXT);
    DROP FUNCTION tonearm_words(TEXT);
    DROP FUNCTION tonearm_fold(TEXT);
"""

_ROWS: dict[Kind, str] = {
    "track": "SELECT row_id, title, artist, album_title FROM track WHERE row_id > ? ORDER BY row_id LIMIT ?",
    "album": "SELECT row_id, title, artist FROM album WHERE row_id > ? ORDER BY row_id LIMIT ?",
    "artist": "SELECT row_id, name FROM artist WHERE row_id > ? ORDER BY row_id LIMIT ?",
}


def _is_postgres(client: BaseDBAsyncClient) -> bool:
    return client.capabilities.dialect == "postgres"


async def create_words(_apps: object, editor: Any) -> None:  # Any: one editor class per database
    client: BaseDBAsyncClient = editor.client
    if _is_postgres(client):
        await client.execute_script("".join(_DROP_FIRST_ON_POSTGRES.format(kind=kind) for kind in _KINDS))
        await client.execute_script(_DROP_FUNCTIONS)
        # By code point, as SQLite compares.
        await client.execute_script(_VOCABULARY.format(text='TEXT COLLATE "C"', narrow=""))
    else:
        for index_name in _FIRST_INDEXES:
            await client.execute_script(_DROP_FIRST_ON_SQLITE.format(index=index_name))
        await client.execute_script(_VOCABULARY.format(text="TEXT", narrow=" WITHOUT ROWID"))
    tables = _ON_POSTGRES if _is_postgres(client) else _ON_SQLITE
    for kind in _KINDS:
        await client.execute_script(tables.format(kind=kind))
    await _fill(client)


async def _fill(client: BaseDBAsyncClient) -> None:
    for kind in _KINDS:
        last = 0
        while rows := await fetch(client, _ROWS[kind], [last, _BATCH]):
            await index(kind, [(row["row_id"], _text(row, kind=kind)) for row in rows], connection=client)
            last = rows[-1]["row_id"]


def _text(row: dict[str, Any], *, kind: Kind) -> str:  # Any: what the columns hold
    if kind == "artist":
        return str(row["name"])
    if kind == "album":
        return album_text(row["title"], row["artist"])
    return track_text(row["title"], row["artist"], row["album_title"])


async def remove_words(apps: object, editor: Any) -> None:  # Any: one editor class per database
    client: BaseDBAsyncClient = editor.client
    if not _is_postgres(client):
        for kind in _KINDS:
            await client.execute_script(_DROP_FIRST_ON_SQLITE.format(index=f"{kind}_words"))
    for table in (*(f"{kind}_search" for kind in _KINDS), "search_word", "search_piece"):
        await client.execute_script(f"DROP TABLE {table};")
    await importlib.import_module("tonearm_server.migrations.0002_search").create_indexes(apps, editor)


class Migration(migrations.Migration):
    dependencies = [("tonearm", "0003_uploads")]
    operations = [ops.RunPython(create_words, remove_words)]
