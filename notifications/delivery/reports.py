"""What became of a message after it was accepted: it came back, or somebody complained.

Such a report is a later fact beside the state of its delivery, which it never changes (DELIVERY.md,
Design 2). So it may come at any time: twice, late, or while the message is still being transmitted
and nobody has recorded yet that it was accepted.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from events.models import Person
from notifications.delivery import soft_bounces, suppression
from notifications.delivery.answers import without_addresses
from notifications.delivery.message_ids import delivery_of
from notifications.delivery.mime import ascii_address
from notifications.models import Bounce, Delivery, SuppressionReason

#: What a report may say besides the kinds of :class:`Bounce`.
COMPLAINT = "complaint"


@dataclass(frozen=True)
class Report:
    """One message, as its provider reports of it.

    ``kind``: one of :class:`Bounce`, or :data:`COMPLAINT`. ``recipient``: whom it was sent to,
    as the provider writes it; empty where it does not say. ``words``: the receiving server's.
    """

    message_id: str
    kind: str
    recipient: str = ""
    words: str = ""


def take(report: Report, *, now: datetime) -> bool:
    """Write down what is reported, once, and stop the mail that it says must not go on.

    A mailbox that does not exist gets no mail, whoever complained no letters; one that is full
    counts as in ``notifications.delivery.soft_bounces``. Returns whether it was news: a report
    that has come before, or of a message that is not ours (any more), changes nothing.
    """
    delivery = delivery_of(report.message_id).first()
    if delivery is None:
        return False
    words = without_addresses(report.words)[:300]
    with transaction.atomic(durable=True):
        # Before the row of the delivery, in the order of who is about to send it.
        email = _address(delivery, report.recipient)
        if not _write(delivery, report.kind, words, now):
            return False
        if not email:
            return True
        scope, reason = _stops(delivery, report.kind, now)
        if scope:
            suppression.write(
                email=email, scope=scope, reason=reason, detail=words, delivery_id=delivery.pk,
                now=now,
            )  # fmt: skip
    return True


def _stops(delivery: Delivery, kind: str, now: datetime) -> tuple[str, str]:
    """Return what mail must go on no more, and why; two empty words where all of it may."""
    if kind == COMPLAINT:
        return "bulk", SuppressionReason.COMPLAINED
    if kind == Bounce.HARD:
        return "all", SuppressionReason.BOUNCED
    if kind == Bounce.SOFT and soft_bounces.stays_so(delivery, now=now):
        return "bulk", SuppressionReason.SOFT_BOUNCES
    return "", ""


def _address(delivery: Delivery, recipient: str) -> str:
    """Return the address that the message went to, and lock whoever has it.

    The person may have another one by now; what came back says nothing about that.
    """
    person = delivery.person
    known = (person.email or "") if person is not None else ""
    named = recipient.strip().lower()
    email = named if named and named != ascii_address(known or "@").lower() else known
    people = Person.objects.select_for_update(no_key=True).order_by("pk")
    list(people.filter(Q(pk=delivery.person_id) | Q(email=email)).values_list("pk"))
    return email


def _write(delivery: Delivery, kind: str, words: str, now: datetime) -> bool:
    """Write the fact unless it is known; of several bounces the worst counts."""
    row = Delivery.objects.filter(pk=delivery.pk)
    if kind == COMPLAINT:
        return bool(row.filter(complained_at=None).update(complained_at=now))
    if kind == Bounce.HARD:
        row = row.exclude(bounce=Bounce.HARD)
    else:
        row = row.filter(bounced_at=None)
    return bool(row.update(bounced_at=now, bounce=kind, bounce_words=words))
