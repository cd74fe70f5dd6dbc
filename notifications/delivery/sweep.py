"""Takes up what a worker that is gone has left behind."""

from collections import Counter
from datetime import datetime

from django.db.models import F

from notifications import catalogue
from notifications.delivery.sending import PAUSE_BEFORE_COPY
from notifications.models import Delivery, DeliveryState


def sweep(*, now: datetime) -> Counter[str]:
    """Settle deliveries whose lease has run out; returns how many went where.

    Claimed ones were never begun: they are due again. Of those cut while transmitting nobody can
    say whether the server has them: kinds that are sent again go once more, with the same
    Message-ID; the others, and those cut a second time, are held as unknown.
    """
    stale = Delivery.objects.filter(lease_until__lt=now)
    swept: Counter[str] = Counter()
    swept["due"] += stale.filter(state=DeliveryState.CLAIMED).update(
        state=DeliveryState.DUE, lease_until=None
    )
    transmitting = stale.filter(state=DeliveryState.TRANSMITTING)
    again = [message.name for message in catalogue.MESSAGES if message.again]
    swept["again"] += transmitting.filter(message__in=again, resends=0).update(
        state=DeliveryState.DUE,
        lease_until=None,
        resends=F("resends") + 1,
        next_attempt_at=now + PAUSE_BEFORE_COPY,
        error="cut while transmitting",
    )
    swept["unknown"] += transmitting.update(
        state=DeliveryState.UNKNOWN,
        lease_until=None,
        finished_at=now,
        error="cut while transmitting",
    )
    return +swept
