"""How long a message is true: conditions on a Delivery's row, tested by the database.

A guard is asked twice: before the message is written, and once more in the statement that begins to
transmit it. So it is the only place that says what supersedes a message.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from events.models import RSVP, Event
from notifications.models import CallState, Delivery
from volunteers.models import Shift, ShiftClaim

Guard = Callable[[], Q]


class NothingToTell(Exception):
    """Found while a message is written: there is nothing to tell after all. Says why, for staff."""


class TooEarly(Exception):
    """Found while a message is written: it must wait until an instant, ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until.isoformat()}")
        self.until = until


def holds(guard: Guard) -> Callable[[Delivery, datetime], bool]:
    """Return ``still_true`` of a message from its guard."""

    def still_true(delivery: Delivery, now: datetime) -> bool:
        return Delivery.objects.filter(guard(), pk=delivery.pk).exists()

    return still_true


def number(name: str, of: Any = "context") -> Cast:
    """Return the number ``name`` among the plain facts of a row, for the database to compare."""
    return Cast(KeyTextTransform(name, of), BigIntegerField())


def rsvp_is(*statuses: str) -> Q:
    """The RSVP that the delivery names is in one of these states."""
    return Q(Exists(RSVP.objects.filter(pk=OuterRef("rsvp_id"), status__in=statuses)))


def claim_is(*statuses: str) -> Q:
    """The claim that the delivery names is in one of these states."""
    return Q(Exists(ShiftClaim.objects.filter(pk=OuterRef("claim_id"), status__in=statuses)))


def event_is(*statuses: str) -> Q:
    """The event that the delivery names is in one of these states."""
    return Q(Exists(Event.objects.filter(pk=OuterRef("event_id"), status__in=statuses)))


def event_is_on() -> Q:
    return Q(Exists(Event.objects.going_on().filter(pk=OuterRef("event_id"))))


def shift_is_on() -> Q:
    return Q(Exists(Shift.objects.effective().going_on().filter(pk=OuterRef("shift_id"))))


def event_time_is_the_same() -> Q:
    """The event was not moved in time since the delivery was planned."""
    event = Event.objects.filter(pk=OuterRef("event_id"), schedule_rev=OuterRef("schedule_rev"))
    return Q(Exists(event))


def shift_time_is_the_same() -> Q:
    """Neither the shift nor its event was moved in time since the delivery was planned."""
    shift = Shift.objects.effective().scheduled_as(OuterRef("schedule_rev"))
    return Q(Exists(shift.filter(pk=OuterRef("shift_id"))))


def person_takes_part() -> Q:
    """The person has an active RSVP at the event, or an active claim of a shift there."""
    rsvps = RSVP.objects.active().filter(
        event_id=OuterRef("event_id"), person_id=OuterRef("person_id")
    )
    claims = ShiftClaim.objects.active().filter(
        shift__event_id=OuterRef("event_id"), person_id=OuterRef("person_id")
    )
    return Q(Exists(rsvps)) | Q(Exists(claims))


def is_a_call() -> Q:
    """The row is one of the call sheet, which is asked what deliveries are.

    Its key is no delivery's, so none is later than it; of calls ``calls.still_true`` takes the
    latest.
    """
    return Q(state__in=CallState.values)


def is_the_latest(name: str, field: str) -> Q:
    """No later message of this name was planned for the person about the same row.

    The later one tells both changes (:func:`notifications.messages.changes.read_changes`).
    """
    later = Delivery.objects.filter(
        person_id=OuterRef("person_id"),
        message=name,
        pk__gt=OuterRef("pk"),
        **{field: OuterRef(field)},
    )
    return ~Q(Exists(later)) | is_a_call()
