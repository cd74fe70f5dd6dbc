"""Counting how often somebody does something, in one table (INTERFACE.md, Forms).

The limits are fixed windows. Keys are keyed hashes: the table holds no address of anybody.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from events.models import RateCount


@dataclass(frozen=True)
class Limit:
    """At most ``most`` times in ``window``."""

    name: str
    most: int
    window: timedelta


#: Submissions of public forms from one network address.
POSTS = Limit("posts", 30, timedelta(minutes=10))
#: Submissions that make the office write to one e-mail address.
MAILS = Limit("mails", 5, timedelta(hours=1))
#: Failed guesses of a setup code or the like from one network address.
GUESSES = Limit("guesses", 10, timedelta(minutes=10))


class TooMany(Exception):
    """The limit is reached. ``retry_after`` says in how many seconds its window ends."""

    def __init__(self, limit: Limit, retry_after: int) -> None:
        super().__init__(limit.name)
        self.limit = limit
        self.retry_after = retry_after


def network_of(address: str) -> str:
    """Return what one sender may be counted as: an IPv4 address, or the /64 of an IPv6 address.

    Whoever has one address of a /64 has all of them (RFC 6177, RFC 7421), and may use a new one for
    each form.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))


def count(limit: Limit, subject: str, *, now: datetime) -> None:
    """Count one more for ``subject``; raises :class:`TooMany` beyond the limit. One query."""
    if not settings.RATE_LIMITS:
        return
    seconds = int(limit.window.total_seconds())
    start = int(now.timestamp()) // seconds * seconds
    digest = salted_hmac("plazuela.rate", f"{limit.name}\n{subject}").hexdigest()
    table = connection.ops.quote_name(RateCount._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (key, window_start, count) VALUES (%s, %s, 1) "  # noqa: S608
            f"ON CONFLICT (key, window_start) DO UPDATE SET count = {table}.count + 1 "
            "RETURNING count",
            [digest, connection.ops.adapt_datetimefield_value(datetime.fromtimestamp(start, UTC))],
        )
        (times,) = cursor.fetchone()
    if times > limit.most:
        raise TooMany(limit, start + seconds - int(now.timestamp()))


def spent(now: datetime) -> QuerySet[RateCount]:
    """Return the counters whose window is long over; whoever cleans up deletes them."""
    return RateCount.objects.filter(window_start__lt=now - timedelta(days=1))
