"""Mailboxes that stay full, or whose server puts us off for days.

One such message says little: people come back from holidays. Letters stop after the third one that
ends so on a day of its own, with nothing accepted in between. What a person asks for (a place, a
link) is still tried; a message that is accepted, and whose link they then use, lifts it, and so
does a new sign-up (``notifications.delivery.suppression``).
"""

import re
from datetime import datetime, timedelta

from django.db.models import Max, Q

from events.proof import address_hashes
from notifications.delivery import suppression
from notifications.models import Bounce, Delivery, DeliveryState, SuppressionReason

#: Days on which a message ended so, until letters stop.
DAYS = 3
#: How far back they are counted: the deliveries themselves are kept as long.
LOOKS_BACK = timedelta(days=90)
ENDED = [DeliveryState.FAILED, DeliveryState.EXPIRED]

#: The recipient's server puts this recipient off (RFC 5321, 4.2.1), or the mailbox is full
#: (RFC 3463, X.2.2).
_SOFT = re.compile(
    r"\bRCPT: 4\d\d\b"
    r"|\b(?:RCPT|final dot): [45]\d\d\b.*"
    r"(?:\b[45]\.2\.2\b|\bquota\b|(?:mailbox|inbox)\b.{0,30}\bfull\b|\bfull\b.{0,30}\bmailbox)",
    re.IGNORECASE | re.DOTALL,
)


def is_soft(error: str) -> bool:
    """Whether the words of an error, as the e-mail channel gives them, tell of such a mailbox."""
    return bool(_SOFT.search(error))


def after_end(delivery: Delivery, *, error: str, now: datetime) -> None:
    """Count a delivery that has just ended with ``error``; stop letters after the third day.

    Two queries for such an end, none for any other.
    """
    if is_soft(error) and stays_so(delivery, now=now):
        assert delivery.person is not None
        suppression.suppress(
            email=delivery.person.email or "",
            scope="bulk",
            reason=SuppressionReason.SOFT_BOUNCES,
            detail=error,
            delivery_id=delivery.pk,
            now=now,
        )


def stays_so(delivery: Delivery, *, now: datetime) -> bool:
    """Whether mail to this delivery's person has ended so on enough days, and none arrived.

    What was accepted and came back later ended on the day on which we heard of it. Two queries.
    """
    if delivery.person is None or not delivery.person.email:
        return False
    rows = Delivery.objects.filter(
        person=delivery.person,
        address_hash__in=address_hashes(delivery.person.email),
        planned_at__gt=now - LOOKS_BACK,
    )
    accepted = rows.filter(state=DeliveryState.ACCEPTED, bounced_at=None)
    since = accepted.aggregate(at=Max("finished_at"))["at"] or now - LOOKS_BACK
    ended = Q(state__in=ENDED, finished_at__gt=since)
    came_back = Q(bounce=Bounce.SOFT, bounced_at__gt=since)
    days = set()
    for row in rows.filter(ended | came_back):
        if row.bounce == Bounce.SOFT and row.bounced_at is not None:
            days.add(row.bounced_at.date())
        elif row.finished_at is not None and is_soft(row.error):
            days.add(row.finished_at.date())
    return len(days) >= DAYS
