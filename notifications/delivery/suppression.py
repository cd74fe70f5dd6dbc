"""Addresses that must not be written to, and how they get mail again.

Only keyed hashes of the addresses are kept. Why a row is there decides who takes it back:

- *bounced*: the receiving server said, at once or later, that there is no such mailbox. Mailboxes
  come back, and servers err, so the person can find a way back alone. Whoever sends a form (an
  RSVP, a claim, a sign-up, a request for a link to their own page) at least :data:`COOLDOWN` after
  the bounce gets that one message, once in a cooldown, and nothing else. If the server takes it and
  the person then POSTs its link, the mailbox is there and the row goes (:func:`lift_proven`). If it
  bounces again, the cooldown begins anew. Staff may lift it, too.
- *soft_bounces*: letters alone stop (``notifications.delivery.soft_bounces``). A message that the
  server takes afterwards, and whose link the person uses, lifts it.
- *complained*, *person*: the person does not want the mail. Staff lift it only when the person
  has asked for it. A confirmed sign-up lifts a complaint about letters: it says so itself.
- *staff*: the office stopped it, and the office lifts it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from events.audit import Operation
from events.models import Person
from events.proof import address_hash, address_hashes
from notifications.models import Delivery, DeliveryState, Suppression, SuppressionReason

#: After a bounce, and between two attempts to reach the address all the same.
COOLDOWN = timedelta(days=1)


def suppress(
    *,
    email: str,
    scope: str,
    reason: str,
    detail: str = "",
    delivery_id: int | None = None,
    now: datetime,
) -> None:
    """Stop bulk mail (``scope`` "bulk") or all mail ("all") to the address.

    ``delivery_id``: the delivery that met the reason, ``detail`` the server's words. Once more for
    the same reason: the latest one counts, and a cooldown begins anew.
    """
    with transaction.atomic(durable=True):
        write(email=email, scope=scope, reason=reason, detail=detail, delivery_id=delivery_id,
              now=now)  # fmt: skip


def write(
    *,
    email: str,
    scope: str,
    reason: str,
    detail: str = "",
    delivery_id: int | None = None,
    now: datetime,
) -> None:
    """Do what :func:`suppress` does, in the caller's transaction."""
    # What is just about to go out to the person waits for this, or this for it.
    people = Person.objects.select_for_update(no_key=True)
    person = people.filter(email=email.strip().lower()).first()
    row = Suppression(
        address_hash=address_hash(email),
        person=person,
        scope=scope,
        reason=reason,
        detail=detail[:300],
        delivery_id=delivery_id,
        created_at=now,
    )
    Suppression.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["address_hash", "scope", "reason"],
        update_fields=["person", "detail", "delivery_id", "created_at", "tried_at", "trial_id"],
    )


def is_suppressed(hashes: Sequence[object], *, bulk: bool) -> Q:
    """Return the condition that bulk mail, or any mail, must not go to a delivery's address.

    ``hashes`` are those of the address (``events.proof.address_hashes``), or slots for them. A
    bounce does not stop the delivery that may try the address once more.
    """
    scopes = ["all", "bulk"] if bulk else ["all"]
    rows = Suppression.objects.filter(address_hash__in=hashes, scope__in=scopes)
    return Q(Exists(rows.exclude(trial_id=OuterRef("pk"))))


def stops_all_mail(column: str) -> Q:
    """Return the condition that the person whose key stands in ``column`` gets no mail at all."""
    return Q(Exists(Suppression.objects.filter(person=OuterRef(column), scope="all")))


def stops_letters(column: str) -> Q:
    """Return the condition that the person whose key stands in ``column`` gets no letters."""
    return Q(Exists(Suppression.objects.filter(person=OuterRef(column), scope__in=["all", "bulk"])))


def may_try_again(*, delivery: Delivery, person: Person, now: datetime) -> bool:
    """Let the answer to a form reach an address that bounced, if its cooldown is over.

    It is conditional, so that of two messages one has it. False where anything else stops the mail.
    """
    hashes = address_hashes(person.email or "")
    rows = Suppression.objects.filter(address_hash__in=hashes, scope="all")
    bounced = Q(reason=SuppressionReason.BOUNCED)
    if rows.exclude(bounced).exists():
        return False
    before = now - COOLDOWN
    waited = bounced & Q(created_at__lte=before) & (Q(tried_at=None) | Q(tried_at__lte=before))
    # The person, too: whoever was erased and came back is another row under the same address.
    return bool(rows.filter(waited).update(tried_at=now, trial_id=delivery.pk, person=person))


def lift_proven(op: Operation, person_id: int) -> None:
    """Let mail through again to somebody who has just used a mailed link, if they were tried.

    Called inside the action that the link led to. A link of an older mail alone proves nothing
    about the mailbox now: the server must have taken the message that was tried. One query for
    whoever is not suppressed.
    """
    accepted = Delivery.objects.filter(state=DeliveryState.ACCEPTED, bounced_at=None)
    tried = Q(scope="all", reason=SuppressionReason.BOUNCED) & Q(
        Exists(accepted.filter(pk=OuterRef("trial_id")))
    )
    since = accepted.filter(person=OuterRef("person"), finished_at__gt=OuterRef("created_at"))
    emptied = Q(scope="bulk", reason=SuppressionReason.SOFT_BOUNCES) & Q(Exists(since))
    rows = Suppression.objects.filter(tried | emptied, person=person_id)
    found = list(rows.values_list("pk", "reason"))
    if found:
        Suppression.objects.filter(pk__in=[pk for pk, _reason in found]).delete()
    for reason in sorted({reason for _pk, reason in found}):
        op.record("person.mail_resumed", person=person_id, reason_code=reason)
