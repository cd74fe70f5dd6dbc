"""Takes up what a worker that is gone has left behind."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from notifications import catalogue
from notifications.delivery.sending import PAUSE_BEFORE_COPY
from notifications.delivery.words import CUT
from notifications.models import Delivery, DeliveryState


def sweep(*, now: datetime) -> Counter[str]:
    """Settle deliveries whose lease has run out; returns how many went where.

    Claimed ones were never begun: they are due again. Of those cut while transmitting nobody can
    say whether the server has them: kinds that are sent again go once more, with the same
    Message-ID; the others, and those cut a second time, are held as unknown.
    """
    stale = Delivery.objects.filter(lease_until__lt=now)
    swept: Counter[str] = Counter()
    swept["due"] += _settle(
        stale.filter(state=DeliveryState.CLAIMED), state=DeliveryState.DUE, lease_until=None
    )
    transmitting = stale.filter(state=DeliveryState.TRANSMITTING)
    again = Q(
        message__in=[message.name for message in catalogue.MESSAGES if message.again], resends=0
    )
    swept["again"] += _settle(
        transmitting.filter(again),
        state=DeliveryState.DUE,
        lease_until=None,
        resends=F("resends") + 1,
        next_attempt_at=now + PAUSE_BEFORE_COPY,
        error=CUT,
    )
    swept["unknown"] += _settle(
        transmitting.exclude(again),
        state=DeliveryState.UNKNOWN,
        lease_until=None,
        finished_at=now,
        error=CUT,
    )
    return +swept


def _settle(rows: "QuerySet[Delivery]", **columns: Any) -> int:
    """Change rows that nobody holds at this moment; returns how many.

    A worker that was frozen in the middle of a step holds its row for as long as it sleeps. Whoever
    waited for that one would keep all the others, and the rest of the tick, from being done.
    """
    with transaction.atomic():
        free = rows.select_for_update(skip_locked=True, no_key=True).order_by("pk")
        keys = list(free.values_list("pk", flat=True))
        return Delivery.objects.filter(pk__in=keys).update(**columns) if keys else 0
