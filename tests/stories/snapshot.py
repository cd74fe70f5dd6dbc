"""All that the database holds, to prove that something has changed none of it."""

from typing import Any

from django.db import connection

#: Caches and counters, which a GET may write (DESIGN.md, house rule 5).
NO_FACTS = {"django_cache", "events_ratecount", "notifications_calendarblock"}


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of all tables but caches and counters, in an order of their own."""
    found = {}
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in sorted(set(tables) - NO_FACTS):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found
