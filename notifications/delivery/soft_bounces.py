"""Mailboxes that stay full, or whose server puts us off for days.

One such message says little: people come back from holidays. Letters stop after the third one that
ends so on a day of its own, with nothing accepted in between. What a person asks for (a place, a
link) is still tried; a message that is accepted, and whose link they then use, lifts it, and so
does a new sign-up (``notifications.delivery.suppression``).
"""

import re
from datetime import datetime, timedelta

from django.db.models import Max

from events.proof import address_hashes
from notifications.delivery import suppression
from notifications.models import Delivery, DeliveryState, SuppressionReason

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
    if delivery.person is None or not delivery.person.email or not is_soft(error):
        return
    address = delivery.person.email
    rows = Delivery.objects.filter(
        person=delivery.person,
        address_hash__in=address_hashes(address),
        planned_at__gt=now - LOOKS_BACK,
    )
    accepted = rows.filter(state=DeliveryState.ACCEPTED).aggregate(at=Max("finished_at"))["at"]
    ends = rows.filter(state__in=ENDED, finished_at__gt=accepted or now - LOOKS_BACK)
    found = ends.values_list("finished_at", "error")
    days = {at.date() for at, said in found if at is not None and is_soft(said)}
    if len(days) >= DAYS:
        suppression.suppress(
            email=address,
            scope="bulk",
            reason=SuppressionReason.SOFT_BOUNCES,
            detail=error,
            delivery_id=delivery.pk,
            now=now,
        )
