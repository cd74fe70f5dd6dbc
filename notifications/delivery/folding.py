"""Folds old deliveries into counters: half a million readers a week are 26 million rows a year.

What became of a letter can be told for ever; who got it, for ninety days (DELIVERY.md, Design 10).
"""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from notifications.models import Delivery, DeliveryCount
from notifications.models.delivery import OPEN

#: Long after the week that the planner looks back, in which a key must not be missing.
KEPT = timedelta(days=90)
BATCH = 1000
#: Facts beside the state that are counted, too.
LATER = ("bounced_at", "complained_at")

#: What a counter is of: message, state, month, letter, event.
Group = tuple[str, str, date, int | None, int | None]


def fold_some(now: datetime) -> int:
    """Fold a batch of deliveries that ended and are older than :data:`KEPT`; return how many.

    The rows of a letter stay as long as any of its mail is still on its way: its account must add
    up. It is one transaction, so that a kill between counting and deleting changes nothing.
    """
    open_ones = Delivery.objects.filter(letter_id=OuterRef("letter_id"), state__in=OPEN)
    with transaction.atomic(durable=True):
        rows = list(
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(planned_at__lt=now - KEPT)
            .exclude(state__in=OPEN)
            .filter(~Exists(open_ones))
            .order_by("planned_at", "pk")
            .only("message", "state", "planned_at", "letter_id", "event_id", *LATER)[:BATCH]
        )
        groups: defaultdict[Group, Counter[str]] = defaultdict(Counter)
        for row in rows:
            month = row.planned_at.date().replace(day=1)
            figures = groups[row.message, row.state, month, row.letter_id, row.event_id]
            figures["count"] += 1
            figures["bounced"] += row.bounced_at is not None
            figures["complained"] += row.complained_at is not None
        for group in sorted(groups, key=repr):
            _add(group, groups[group])
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _add(group: Group, figures: Counter[str]) -> None:
    message, state, month, letter_id, event_id = group
    counter = DeliveryCount.objects.filter(
        message=message, state=state, month=month, letter_id=letter_id, event_id=event_id
    )
    DeliveryCount.objects.bulk_create(
        [
            DeliveryCount(
                message=message, state=state, month=month, letter_id=letter_id, event_id=event_id
            )
        ],
        ignore_conflicts=True,
    )
    counter.update(**{name: F(name) + number for name, number in figures.items()})
