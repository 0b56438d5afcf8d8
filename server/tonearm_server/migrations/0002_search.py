"""What search reads, kept current by triggers: FTS5 indexes on SQLite, a table beside each table on PostgreSQL."""

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


# Keys order and compare as on SQLite, by code point, whatever language the database was made for.
_BY_CODE_POINT = """
    ALTER TABLE track ALTER id TYPE VARCHAR(32) COLLATE "C",
        ALTER title_sort TYPE VARCHAR(500) COLLATE "C", ALTER artist_sort TYPE VARCHAR(1100) COLLATE "C";
    ALTER TABLE album ALTER title_key TYPE VARCHAR(500) COLLATE "C";
    ALTER TABLE artist ALTER name_key TYPE VARCHAR(500) COLLATE "C";
"""
_AS_THE_DATABASE_SAYS = _BY_CODE_POINT.replace('"C"', '"default"')

# Folding and words are those of FTS5's unicode61: no case, no accents, and all but letters and digits separates.
# PostgreSQL's own parser would take `AC/DC` for a path and `foo.com` for a host. A lexeme has room for 2,046 bytes.
_FUNCTIONS = r"""
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE FUNCTION tonearm_fold(written TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT normalize(
            regexp_replace(normalize(lower(written COLLATE "{collation}"), NFKD), '[\u0300-\u036F]', '', 'g'), NFKC
        )
    $$;
    CREATE FUNCTION tonearm_words(folded TEXT) RETURNS TEXT[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT coalesce(array_agg(left(word, 200)), '{{}}')
        FROM regexp_split_to_table(folded COLLATE "{collation}", '[^[:alnum:]]+') AS word WHERE word <> ''
    $$;
    CREATE FUNCTION tonearm_query(typed TEXT) RETURNS TSQUERY LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT (string_agg(quote_literal(word), ' & ' ORDER BY place) || ':*')::TSQUERY
        FROM unnest(tonearm_words(tonearm_fold(typed))) WITH ORDINALITY AS words (word, place)
    $$;
"""
_NO_FUNCTIONS = """
    DROP FUNCTION tonearm_query(TEXT);
    DROP FUNCTION tonearm_words(TEXT);
    DROP FUNCTION tonearm_fold(TEXT);
"""

_SIDE_TABLES = {
    # table: what of it is searched
    "track": ("title", "artist", "album_title"),
    "album": ("title", "artist"),
    "artist": ("name",),
}


# A table beside, not more columns: a row that counts a play would be written to both GIN indexes again.
def _create_beside(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(columns)
    new = ", ".join(f"NEW.{c}" for c in columns)
    return f"""
        CREATE TABLE {table}_search (
            row_id BIGINT PRIMARY KEY REFERENCES {table} (row_id) ON DELETE CASCADE,
            words TSVECTOR NOT NULL,
            folded TEXT NOT NULL
        );
        CREATE FUNCTION keep_{table}_search() RETURNS TRIGGER LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
            DECLARE
                plain TEXT := tonearm_fold(concat_ws(' ', {new}));
            BEGIN
                INSERT INTO {table}_search VALUES (NEW.row_id, array_to_tsvector(tonearm_words(plain)), plain)
                ON CONFLICT (row_id) DO UPDATE SET words = excluded.words, folded = excluded.folded;
                RETURN NULL;
            END
        $$;
        CREATE TRIGGER {table}_search_kept AFTER INSERT OR UPDATE OF {names} ON {table}
            FOR EACH ROW EXECUTE FUNCTION keep_{table}_search();
        INSERT INTO {table}_search
            SELECT row_id, array_to_tsvector(tonearm_words(plain)), plain
            FROM (SELECT row_id, tonearm_fold(concat_ws(' ', {names})) AS plain FROM {table}) AS folded;
        CREATE INDEX {table}_search_words ON {table}_search USING gin (words);
    """


def _remove_beside(table: str) -> str:
    return f"""
        DROP TRIGGER {table}_search_kept ON {table};
        DROP FUNCTION keep_{table}_search();
        DROP TABLE {table}_search;
    """


_TRIGRAM_INDEX = "CREATE INDEX track_search_trigrams ON track_search USING gin (folded gin_trgm_ops);"


def _is_postgres(client: BaseDBAsyncClient) -> bool:
    return client.capabilities.dialect == "postgres"


async def create_indexes(_apps: object, editor: Any) -> None:  # Any: one editor class per database
    client: BaseDBAsyncClient = editor.client
    if _is_postgres(client):
        await _create_on_postgres(client)
        return
    for index, (table, columns) in _INDEXES.items():
        await client.execute_script(_create(index, table, columns, _WORDS))
    for index, (table, columns) in _TRIGRAMS.items():
        await client.execute_script(_create(index, table, columns, _PIECES))


async def _create_on_postgres(client: BaseDBAsyncClient) -> None:
    """With the collation of all scripts where this PostgreSQL has it, else with what the database was made with."""
    _, icu = await client.execute_query("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'")
    await client.execute_script(_BY_CODE_POINT)
    await client.execute_script(_FUNCTIONS.format(collation="und-x-icu" if icu else "default"))
    for table, columns in _SIDE_TABLES.items():
        await client.execute_script(_create_beside(table, columns))
    await client.execute_script(_TRIGRAM_INDEX)


async def remove_indexes(_apps: object, editor: Any) -> None:  # Any: one editor class per database
    client: BaseDBAsyncClient = editor.client
    if _is_postgres(client):
        await client.execute_script("".join(_remove_beside(table) for table in _SIDE_TABLES))
        await client.execute_script(_NO_FUNCTIONS + _AS_THE_DATABASE_SAYS)
        return
    for index in (*_INDEXES, *_TRIGRAMS):
        await client.execute_script(_remove(index))


class Migration(migrations.Migration):
    dependencies = [("tonearm", "0001_initial")]
    operations = [ops.RunPython(create_indexes, remove_indexes)]
