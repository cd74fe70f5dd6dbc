"""Who may send what: claims, the step to transmitting, and the record of how it ended.

Every step is one conditional UPDATE. A worker that lost its claim changes nothing any more.
"""

import logging
import time
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import (
    BigIntegerField,
    Case,
    DateTimeField,
    F,
    Field,
    Q,
    QuerySet,
    UUIDField,
    Value,
    When,
)

from events.models import Event, Person
from notifications.delivery import throttle
from notifications.delivery.statements import Slot, Update
from notifications.message import Told
from notifications.models import Delivery, DeliveryState, Letter, Subscription
from volunteers.models import Shift

logger = logging.getLogger(__name__)

_Written = TypeVar("_Written")

#: Longer than all socket time-outs of one message together (DELIVERY.md, Terms).
LEASE = timedelta(minutes=5)
#: Messages that go over one connection; mail servers end longer ones on their own.
BATCH_SIZE = 50

DUE = (DeliveryState.DUE, DeliveryState.RETRY)


@dataclass(frozen=True)
class Batch:
    """Deliveries that are this worker's alone until the lease ends."""

    token: uuid.UUID
    lease_until: datetime
    deliveries: Sequence[Delivery]

    @property
    def claimed_at(self) -> datetime:
        """The instant of the claim, in whose minute the messages are counted (MAIL_RATE)."""
        return self.lease_until - LEASE


def due(now: datetime) -> Q:
    """Return the condition that a delivery waits to be sent at ``now``."""
    return Q(state__in=DUE, next_attempt_at__lte=now)


def claim(
    *, now: datetime, size: int = BATCH_SIZE, held_offices: Collection[int] = ()
) -> Batch | None:
    """Claim what is due, oldest first, transactional kinds before bulk; None if there is nothing.

    ``held_offices``: whose mail is not sent now. The mail of a paused letter waits, and bulk mail
    of a sender that has sent enough in this minute. Two workers never get the same row: on
    PostgreSQL locked rows are skipped, on SQLite the transaction is alone, and the UPDATE asks
    again.
    """
    token = uuid.uuid4()
    with transaction.atomic(durable=True):
        rows = (
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(due(now))
            .exclude(office_id__in=held_offices)
            .exclude(letter_id__in=paused_letters().values("pk"))
            .order_by("priority", "next_attempt_at", "id")
        )
        if exhausted := throttle.exhausted_offices(now):
            rows = rows.exclude(priority__gt=0, office_id__in=exhausted)
        wanted = [
            throttle.Wanted(*row) for row in rows.values_list(*throttle.Wanted._fields)[:size]
        ]
        keys = throttle.allowed(wanted, now=now)
        if not keys:
            return None
        Delivery.objects.filter(due(now), pk__in=keys).update(
            state=DeliveryState.CLAIMED, claim_token=token, lease_until=now + LEASE
        )
    claimed = (
        Delivery.objects.filter(pk__in=keys, claim_token=token)
        .select_related("person", "office")
        .order_by("priority", "next_attempt_at", "id")
    )
    return Batch(token, now + LEASE, list(claimed))


def paused_letters() -> QuerySet[Letter]:
    """Letters whose mail waits."""
    return Letter.objects.filter(paused_at__isnull=False)


def step_to_transmitting(condition: Q) -> Update:
    """Return the statement that begins a message if its claim holds and ``condition`` is true.

    It is one statement, so that nothing can come between the test and the step. ``condition`` may
    hold slots of its own, whose values :func:`begin` is given.

    All of it stands inside a CASE, so that PostgreSQL asks it of the one row that its key finds. It
    would else make joins of the EXISTS in it, and go through all subscriptions for each message as
    long as it has no statistics of a list that has just come in: 35 ms instead of 1. Or it would
    take the small index of what is leased, and with each message of a letter go past all those that
    have just left it.
    """
    now = Slot("now", DateTimeField())
    held = Q(
        Q(expires_at=None) | Q(expires_at__gt=now),
        state=DeliveryState.CLAIMED,
        claim_token=Slot("token", UUIDField()),
        lease_until__gt=now,
    )
    return Update(
        Delivery.objects.filter(
            Case(When(held & condition, then=Value(True)), default=Value(False)),
            pk=Slot("pk", BigIntegerField()),
        ),
        state=DeliveryState.TRANSMITTING,
        transmitting_at=now,
        lease_until=Slot("lease_until", DateTimeField()),
        attempts=F("attempts") + 1,
    )


def begin(
    delivery: Delivery,
    batch: Batch,
    *,
    step: Update,
    now: datetime,
    record: Callable[[], object] | None = None,
    told: Told | None = None,
    **slots: object,
) -> bool:
    """Step to ``transmitting``; returns whether the claim held and the step's condition was true.

    The lease starts anew: it is this message's own from here. ``record`` writes what became of
    the message before; both share one commit, and so one wait for the disk. ``told``: what must
    be as it was read, beside the step's condition.

    What an action has committed before this step is committed, is seen by it (DELIVERY.md,
    Definition: nothing wrong). On SQLite the one statement is enough, since nobody else writes
    meanwhile. On PostgreSQL the statement would see the facts as they were when it began, and an
    action could commit between that moment and this step's own commit; so it first locks what
    those actions lock.
    """

    def begun() -> bool:
        changed = step.run(
            pk=delivery.pk, token=batch.token, now=now, lease_until=now + LEASE, **slots
        )
        return bool(changed)

    if record is None and told is None and not connection.features.has_select_for_update:
        return begun()
    with transaction.atomic(durable=True):
        if record is not None:
            record()
        if connection.features.has_select_for_update:
            _hold_still(delivery, told)
        if told is not None and not _is_as_told(delivery, told):
            return False
        # A statement of its own, which sees what was committed while the locks were waited for.
        return begun()


def _hold_still(delivery: Delivery, told: Told | None) -> None:
    """Keep what the message tells from being changed until the transaction ends.

    Whoever unsubscribes or is suppressed locks the person, an RSVP or an event is cancelled or
    moved under the event's lock, a claim or a shift under its event's and its own, a letter is
    paused or retracted under its own; and in this order. A share of the lock, so that workers do
    not wait for each other. It must be a lock on rows: to touch the waiting deliveries instead, as
    an action could do at no cost to the others, would miss those that are planned or claimed while
    it commits.
    """
    events, shifts = {*delivery.event_ids}, {*delivery.shift_ids}
    letters = set() if delivery.letter_id is None else {delivery.letter_id}
    if told is not None:
        events |= told.events.keys() | told.around
        shifts |= told.shifts.keys()
        letters |= told.letters.keys()
    people = set() if delivery.person_id is None else {delivery.person_id}
    locked = [
        (name, connection.ops.quote_name(model._meta.db_table), sorted(keys))
        for name, model, keys in (
            ("people", Person, people), ("events", Event, events), ("shifts", Shift, shifts),
            ("letters", Letter, letters),
        )
        if keys
    ]  # fmt: skip
    if not locked:
        return
    # One statement: the counts are taken one after the other, and each locks its rows.
    rows = ", ".join(
        f"{name} AS (SELECT 1 FROM {table} WHERE id = ANY(%s::bigint[]) ORDER BY id FOR SHARE)"  # noqa: S608
        for name, table, _keys in locked
    )
    counts = ", ".join(f"(SELECT count(*) FROM {name})" for name, *_rest in locked)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {rows} SELECT {counts}", [keys for *_rest, keys in locked])


def _is_as_told(delivery: Delivery, told: Told) -> bool:
    """Whether all that a message lists is as it was read; four queries at most."""
    events = Event.objects.filter(pk__in=told.events).values_list("pk", "sequence")
    shifts = Shift.objects.filter(pk__in=told.shifts).effective()
    letters = Letter.objects.filter(pk__in=told.letters, paused_at=None)
    topics = Subscription.objects.live().filter(
        person=delivery.person_id, office=delivery.office_id, topic__in=told.topics
    )
    return (
        dict(events) == told.events
        and dict(shifts.values_list("pk", "sequence")) == told.shifts  # type: ignore[misc]
        and dict(letters.values_list("pk", "revision")) == told.letters
        and set(topics.values_list("topic", flat=True)) == told.topics
    )


def still_claimed(delivery: Delivery, batch: Batch, *, now: datetime) -> bool:
    """Whether the delivery is still this worker's to begin."""
    return Delivery.objects.filter(
        pk=delivery.pk,
        state=DeliveryState.CLAIMED,
        claim_token=batch.token,
        lease_until__gt=now,
    ).exists()


def finish(delivery: Delivery, batch: Batch, **values: Any) -> bool:
    """Record how it ended; returns whether the record was ours to write.

    A worker that was presumed dead may come back with the server's answer: it counts as long as
    nobody else has claimed the row since, which the token says.
    """
    statement = _ending(tuple(sorted(values)))
    recorded = persistently(
        lambda: bool(statement.run(pk=delivery.pk, token=batch.token, lease=None, **values))
    )
    if not recorded:
        logger.warning(
            "Delivery %s ended as %s, but its claim had been lost", delivery.pk, values["state"]
        )
    return recorded


def _column(name: str) -> "Field[Any, Any]":
    field = Delivery._meta.get_field(name)
    assert isinstance(field, Field)
    return field


@cache
def _ending(columns: tuple[str, ...]) -> Update:
    """Return the statement that records these columns of a delivery that is still ours."""
    return Update(
        Delivery.objects.filter(
            pk=Slot("pk", BigIntegerField()),
            claim_token=Slot("token", UUIDField()),
            state__in=(
                DeliveryState.CLAIMED,
                DeliveryState.TRANSMITTING,
                DeliveryState.UNKNOWN,
                DeliveryState.DUE,
            ),
        ),
        lease_until=Slot("lease", DateTimeField()),
        **{name: Slot(name, _column(name)) for name in columns},
    )


def release(batch: Batch, **values: Any) -> int:
    """Give back what of the batch has not been begun; returns how many.

    Where there is a rate its sender has as many places again in the minute of the claim.
    """
    rest = Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in batch.deliveries],
        claim_token=batch.token,
        state=DeliveryState.CLAIMED,
    )
    values = {"state": DeliveryState.DUE, "lease_until": None, **values}

    def give_back() -> int:
        if not settings.MAIL_RATE:
            return rest.update(**values)
        with transaction.atomic(durable=True):
            # Locked, so that the sweep does not take up meanwhile what is counted here.
            locked = rest.select_for_update(no_key=True).order_by("pk")
            offices = list(locked.values_list("office_id", flat=True))
            if offices:
                rest.update(**values)
                throttle.give_back(offices, now=batch.claimed_at)
        return len(offices)

    return persistently(give_back)


def persistently(write: Callable[[], _Written]) -> _Written:
    """Run a write that must not be lost because the database was restarted just now.

    What the mail server said is known to this process alone: it tries for about half a minute,
    within the lease, before it leaves the row to the sweep.
    """
    for pause in (0.2, 0.5, 1, 2, 4, 8, 16):
        try:
            return write()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            logger.warning("The database did not answer; trying again in %s s", pause)
            connection.close()
            time.sleep(pause)
    return write()
