"""The only two places in Plazuela that ask what time it is.

Requests take :func:`now`; planner, claim and sweep take :func:`database_now`, so that a host whose
clock is wrong cannot send early, late or twice. Everything else is given the time as an argument.
"""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone


def now() -> datetime:
    """Return the present instant (aware, UTC) by this host's clock."""
    return timezone.now()


def database_now() -> datetime:
    """Return the present instant (aware, UTC) by the database's clock, one query.

    The row of :class:`events.models.ClockOffset` moves it; only tests write that row, since no
    library can set the clock of a PostgreSQL server.
    """
    if connection.vendor == "postgresql":
        instant = "clock_timestamp()"
    else:
        instant = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {instant}, (SELECT seconds FROM events_clockoffset ORDER BY id LIMIT 1)"  # noqa: S608
        )
        moment, seconds = cursor.fetchone()
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    instant_now: datetime = moment.astimezone(UTC) + timedelta(seconds=seconds or 0)
    return instant_now
