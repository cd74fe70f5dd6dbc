"""UPDATEs that are compiled once and run for row after row.

Putting one together costs Django more than the database needs to run it, and each message of a
letter runs the same two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Expression
from django.db.models.sql import UpdateQuery

if TYPE_CHECKING:
    from django.db.models import Field, QuerySet
    from django.db.models.sql.compiler import SQLCompiler


class Slot(Expression):
    """A place in a compiled statement whose value is given when it is run."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        return "%s", [_Value(self.name, self.output_field)]


class _Value:
    """What stands among a statement's parameters for the value of a slot."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        self.name = name
        self.field = field


class Update:
    """An UPDATE of the rows of ``queryset``, in whose filters and values slots may stand."""

    def __init__(self, queryset: QuerySet[Any], **values: Any) -> None:
        query = queryset.query.chain(UpdateQuery)
        query.add_update_values(values)  # type: ignore[attr-defined]
        self.sql, self.params = query.get_compiler(connection=connection).as_sql()

    def run(self, **slots: Any) -> int:
        """Return how many rows were changed with these values in the slots."""
        params = [
            part.field.get_db_prep_value(slots[part.name], connection)
            if isinstance(part, _Value)
            else part
            for part in self.params
        ]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            changed: int = cursor.rowcount
        return changed
