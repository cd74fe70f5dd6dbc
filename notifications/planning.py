"""From facts to deliveries: the reader of the Outbox.

One transaction an operation, or a chunk of its audience: it takes the Outbox row, writes the
deliveries under their unique keys and deletes the row, or moves its cursor. A planner that is
killed leaves the row as it was; two planners never hold the same row; what is planned twice is
planned once.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Length

from events import clock
from events.models import AuditEntry, Office, Outbox, Person
from events.proof import address_hash
from notifications import catalogue
from notifications.message import Message, Recipient
from notifications.models import Call, Delivery

logger = logging.getLogger(__name__)

#: Recipients that one transaction plans at most: a letter to 100,000 is never held in memory.
CHUNK = 500
#: Pause after planning an operation failed; each further failure doubles it.
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)


def plan_outbox(*, now: datetime | None = None, most: int = 20) -> int:
    """Plan up to ``most`` operations or chunks of one; returns how many. 0: nothing is waiting.

    An operation whose planning raises is logged and tried again later; it blocks no other.
    """
    now = now or clock.database_now()
    done = 0
    while done < most and _plan_next(now):
        done += 1
    return done


def _plan_next(now: datetime) -> bool:
    with transaction.atomic(durable=True):
        row = (
            Outbox.objects.select_for_update(skip_locked=True)
            .filter(Q(not_before=None) | Q(not_before__lte=now))
            # Healthy and short ones first: a confirmation does not wait for a big letter.
            .order_by("failures", Length("cursor"), "id")
            .first()
        )
        if row is None:
            return False
        try:
            with transaction.atomic():
                _plan(row, now)
        except Exception:
            logger.exception("Operation %s could not be planned", row.operation)
            pause = min(FIRST_PAUSE * 2 ** min(row.failures, 6), LONGEST_PAUSE)
            Outbox.objects.filter(pk=row.pk).update(
                failures=min(row.failures + 1, 30_000), not_before=now + pause
            )
    return True


def plan_operation(row: Outbox, *, now: datetime) -> None:
    """Plan one operation to its end, in the caller's transaction."""
    while row.pk is not None:
        _plan(row, now)


def _plan(row: Outbox, now: datetime) -> None:
    """Plan the next chunk of an operation; delete the row after the last one."""
    entries = list(AuditEntry.objects.filter(operation=row.operation).order_by("pk"))
    _complain_of_unknown(entries)
    # The cursor: the message that is being planned, and how far its audience has been read.
    name, _bar, cursor = row.cursor.partition("|")
    told = [
        (message, facts)
        for message in catalogue.MESSAGES
        if (facts := [entry for entry in entries if entry.action in message.actions])
    ]
    position = 0
    if name:
        position = next((i for i, (message, _) in enumerate(told) if message.name == name), 0)
    summaries = [message.name for message, _facts in told if message.summary]
    room = CHUNK
    while position < len(told):
        message, facts = told[position]
        recipients, cursor = message.audience(facts, cursor, room)
        if message.summary:
            recipients = _not_yet_told(recipients, row.operation, summaries, message)
        insert(message, recipients, operation=row.operation, now=now)
        room -= len(recipients)
        if cursor == "":
            position += 1
        if room <= 0 or cursor:
            break
    if position < len(told):
        row.cursor = f"{told[position][0].name}|{cursor}"
        # A failure in an earlier chunk is over.
        row.failures, row.not_before = 0, None
        row.save(update_fields=["cursor", "failures", "not_before"])
    else:
        row.delete()


def _complain_of_unknown(entries: Sequence[AuditEntry]) -> None:
    """Every fact is told or explicitly silent; one that is neither was forgotten by somebody."""
    known = set(catalogue.SILENT).union(*(message.actions for message in catalogue.MESSAGES))
    for action in sorted({entry.action for entry in entries} - known):
        logger.error("The fact %s is neither told by any message nor silent", action)


def _not_yet_told(
    recipients: Iterable[Recipient], operation: UUID, summaries: Sequence[str], message: Message
) -> list[Recipient]:
    """Leave out whom a message that stands before this one tells of the same operation."""
    recipients = list(recipients)
    earlier = summaries[: summaries.index(message.name)]
    if not earlier:
        return recipients
    told: set[int | None] = set()
    for rows in (Delivery.objects.all(), Call.objects.all()):
        told.update(
            rows.filter(
                person__in={recipient.person_id for recipient in recipients},
                operation=operation,
                message__in=earlier,
            ).values_list("person_id", flat=True)
        )
    return [recipient for recipient in recipients if recipient.person_id not in told]


def insert(
    message: Message,
    recipients: Sequence[Recipient],
    *,
    operation: UUID | None = None,
    now: datetime,
) -> None:
    """Write the deliveries of one message; those whose key exists already stay as they are.

    Whoever has no e-mail address is called, if it is worth a call, else left out. Opens no
    transaction.
    """
    people = Person.objects.in_bulk({recipient.person_id for recipient in recipients})
    offices = Office.objects.in_bulk(
        {recipient.office_id for recipient in recipients if recipient.office_id is not None}
    )
    rows: list[Delivery] = []
    calls: list[Call] = []
    for recipient in recipients:
        person = people.get(recipient.person_id)
        if person is None:
            continue
        office = offices.get(recipient.office_id) if recipient.office_id is not None else None
        if not person.email:
            if message.called and office is not None:
                calls.append(_call(message, recipient, person, office, operation, now))
            continue
        rows.append(
            Delivery(
                key=message.key(recipient, operation, message.name),
                message=message.name,
                person=person,
                office=office,
                address_hash=address_hash(person.email),
                language=recipient.language
                or person.language
                or (office.first_language if office is not None else settings.LANGUAGE_CODE),
                priority=message.priority,
                operation=operation,
                event_id=recipient.event_id,
                rsvp_id=recipient.rsvp_id,
                shift_id=recipient.shift_id,
                claim_id=recipient.claim_id,
                letter_id=recipient.letter_id,
                context=dict(recipient.context),
                schedule_rev=recipient.schedule_rev,
                planned_at=now,
                next_attempt_at=max(recipient.not_before or now, now),
                expires_at=recipient.expires_at,
            )
        )
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    Call.objects.bulk_create(calls, ignore_conflicts=True)


def _call(
    message: Message,
    recipient: Recipient,
    person: Person,
    office: Office,
    operation: UUID | None,
    now: datetime,
) -> Call:
    return Call(
        key=message.key(recipient, operation, message.name), message=message.name, person=person,
        office=office, operation=operation, event_id=recipient.event_id, rsvp_id=recipient.rsvp_id,
        shift_id=recipient.shift_id, claim_id=recipient.claim_id, context=dict(recipient.context),
        schedule_rev=recipient.schedule_rev, planned_at=now, expires_at=recipient.expires_at,
    )  # fmt: skip
