"""The full-text index: a table of SQLite's FTS5, or a column with a GIN index on PostgreSQL.

Both hold terms that were parted before, so neither needs a dictionary in the database.
"""

from django.db import migrations

SQLITE = """
CREATE VIRTUAL TABLE catalog_search_index USING fts5(
    name, place, traits, body,
    tokenize = "unicode61 remove_diacritics 0 tokenchars '_'",
    detail = column,
    prefix = '1 2 3'
)
"""
POSTGRESQL = (
    "ALTER TABLE catalog_searchdocument ADD COLUMN terms tsvector",
    "CREATE INDEX catalog_search_index ON catalog_searchdocument USING gin (terms)",
)


def lay(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(SQLITE)
    else:
        for statement in POSTGRESQL:
            schema_editor.execute(statement)


def take_away(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE catalog_search_index")
    else:
        schema_editor.execute("DROP INDEX catalog_search_index")
        schema_editor.execute("ALTER TABLE catalog_searchdocument DROP COLUMN terms")


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0006_search'),
    ]

    operations = [migrations.RunPython(lay, take_away)]
