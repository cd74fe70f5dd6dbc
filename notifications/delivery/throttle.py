"""How many messages a minute one sender's address sends: MAIL_RATE, counted for all workers.

Providers refuse a sender who is faster than was agreed. Bulk mail waits for the next minute;
confirmations go at once, and count, so that letters make way for them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest

from events.models import Office
from notifications.delivery import mime
from notifications.models import SenderMinute


class Wanted(NamedTuple):
    """A delivery that could be claimed now."""

    pk: int
    priority: int
    office_id: int | None


def _senders(offices: Iterable[int | None]) -> dict[int | None, str]:
    """Return the address that each office's mail comes from."""
    known: dict[int | None, Office] = {**Office.objects.in_bulk([pk for pk in offices if pk])}
    return {pk: mime.sender(known.get(pk)).addr_spec for pk in offices}


def exhausted_offices(now: datetime) -> list[int]:
    """Return the offices whose sender has sent all that it may in this minute; one query or two."""
    if not settings.MAIL_RATE:
        return []
    spent = set(
        SenderMinute.objects.filter(minute=_minute(now), messages__gte=settings.MAIL_RATE)
        .values_list("sender", flat=True)
    )  # fmt: skip
    if not spent:
        return []
    return [office.pk for office in Office.objects.all() if mime.sender(office).addr_spec in spent]


def allowed(wanted: Sequence[Wanted], *, now: datetime) -> list[int]:
    """Count what is about to be sent, and return the keys of what may go, in their order.

    The row of a sender's minute stays locked until the transaction ends, so that two workers never
    share out the same places. Opens no transaction. What was counted and turns out not to be sent
    counts all the same, since the rate is a ceiling; what was not tried is given back.
    """
    if not settings.MAIL_RATE:
        return [one.pk for one in wanted]
    senders = _senders({one.office_id for one in wanted})
    left: dict[str, int] = {}
    for sender in sorted(set(senders.values())):
        SenderMinute.objects.bulk_create(
            [SenderMinute(sender=sender, minute=_minute(now))], ignore_conflicts=True
        )
        row = SenderMinute.objects.select_for_update(no_key=True).get(
            sender=sender, minute=_minute(now)
        )
        left[sender] = settings.MAIL_RATE - row.messages
    going: list[int] = []
    counted: Counter[str] = Counter()
    # Transactional ones come first in the order of claims.
    for one in wanted:
        sender = senders[one.office_id]
        if one.priority == 0 or counted[sender] < left[sender]:
            counted[sender] += 1
            going.append(one.pk)
    for sender, count in counted.items():
        SenderMinute.objects.filter(sender=sender, minute=_minute(now)).update(
            messages=F("messages") + count
        )
    return going


def give_back(offices: Sequence[int | None], *, now: datetime) -> None:
    """Take one message off the minute ``now`` for each of these offices' that was not tried.

    It will be counted again when it is claimed again. Opens no transaction.
    """
    senders = _senders(set(offices))
    untried = Counter(senders[office_id] for office_id in offices)
    # In the order in which claims lock them.
    for sender, count in sorted(untried.items()):
        SenderMinute.objects.filter(sender=sender, minute=_minute(now)).update(
            # Not below 0: the office may have another address since.
            messages=Greatest(F("messages") - count, 0)
        )


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)
