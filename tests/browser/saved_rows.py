"""Rows that are slow to make, kept and put back for the next test.

The demo is hundreds of actions, each with its own transaction: two seconds for every walk
that starts in front of it, and a tenth of that when its rows are put back.
"""

from typing import Any

from django.db import connection, transaction

Table = tuple[list[str], list[tuple[Any, ...]]]


class SavedRows:
    """What the tables of this test's database held once."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}

    def __bool__(self) -> bool:
        return bool(self._tables)

    def save(self) -> None:
        """Keep the rows of all tables that a test begins without."""
        with connection.cursor() as cursor:
            for table in connection.introspection.django_table_names(only_existing=True):
                if table in ("django_migrations", "django_content_type", "auth_permission"):
                    continue
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                rows = cursor.fetchall()
                if rows:
                    self._tables[table] = ([column[0] for column in cursor.description], rows)

    def put_back(self) -> None:
        """Write them into the empty tables; foreign keys are checked at the end."""
        quote = connection.ops.quote_name
        with transaction.atomic(), connection.cursor() as cursor:
            for table, (columns, rows) in self._tables.items():
                names = ", ".join(map(quote, columns))
                values = ", ".join(["%s"] * len(columns))
                cursor.executemany(f"INSERT INTO {quote(table)} ({names}) VALUES ({values})", rows)
