"""The index behind the search, where the database has such a thing."""

from django.db import migrations

# The expression is the one that django.contrib.postgres.search.SearchVector writes, to the letter:
# an index on another is never used.
CREATE = """
CREATE INDEX event_search ON events_event
USING gin (to_tsvector('simple'::regconfig, COALESCE(search_text, '')))
"""


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX event_search")


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [migrations.RunPython(create, drop, elidable=False)]
