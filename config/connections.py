"""What a connection to PostgreSQL is told when it opens."""

from typing import Any

from django.db.backends.signals import connection_created

#: PostgreSQL ends a transaction that does nothing for this long, and lets go of its rows. A process
#: that stands still in the middle of one (a paused host, a debugger, a network that is gone) would
#: hold up all who want the same rows until it goes on. None of ours waits for anybody meanwhile:
#: mail is transmitted, and files are written, outside of transactions.
STANDSTILL = "60s"


def bound_standstill(connection: Any, **kwargs: Any) -> None:
    """Bound how long a transaction may stand still.

    A statement, since PgBouncer refuses what it does not know as an option of the start.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, false)", [STANDSTILL]
            )


def register() -> None:
    """Tell every connection from now on. Called once, when the apps are ready."""
    connection_created.connect(bound_standstill, dispatch_uid="config.bound_standstill")
