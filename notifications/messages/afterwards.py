"""What comes after an event: its minutes are posted, and a promise made there is kept.

Who came hears both, by what staff and doors wrote down, and so does who asked a question there or
voted for one: what was answered at the event stands in the minutes. That is no list that anybody
subscribed to: one message about minutes and one about each promise kept, as an answer to their
taking part, so that they carry no link to unsubscribe. Nobody is written to in quiet hours.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from events import dates_text
from events.languages import language_in_use
from events.models import RSVP, AuditEntry, Event, Minutes, Promise, PromiseState, Question
from events.queries import told_afterwards, took_part
from notifications.message import Message, Recipient
from notifications.messages import guards, occasions
from notifications.models import Delivery
from notifications.reminder_times import end_of_quiet_hours, is_quiet

#: Later than this it is no news; the page has it.
WORTH_TELLING = timedelta(days=14)


def who_took_part(
    entries: Sequence[AuditEntry], cursor: str, limit: int
) -> tuple[list[Recipient], str]:
    """Return the next people who came to the event, asked or voted there, in order of their keys.

    The cursor is the last person's key. Four queries a chunk, whatever its size.
    """
    entry = entries[0]
    assert entry.event_id is not None
    event = Event.objects.get(pk=entry.event_id)
    heard = told_afterwards(event).filter(pk__gt=int(cursor or 0)).order_by("pk")
    people = list(heard.values_list("pk", flat=True)[:limit])
    languages: dict[int, str] = {}
    for rows in (
        Question.objects.heard().filter(event=event, person__in=people),
        RSVP.objects.came().filter(event=event, person__in=people),
    ):
        languages |= dict(rows.order_by("pk").values_list("person", "language"))
    quiet = is_quiet(entry.at, event.timezone)
    recipients = [
        Recipient(
            person_id=person,
            language=languages.get(person, ""),
            office_id=event.office_id,
            event_id=event.pk,
            not_before=end_of_quiet_hours(entry.at, event.timezone) if quiet else None,
            expires_at=entry.at + WORTH_TELLING,
        )
        for person in people
    ]
    return recipients, str(people[-1]) if len(people) == limit else ""


def _took_part() -> Q:
    """The person came, as far as is written down by now, or asked or voted for a question."""
    return took_part(event=OuterRef("event_id"), person=OuterRef("person_id"))


def are_posted() -> Q:
    """The minutes are public, and the person took part."""
    return Q(Exists(Minutes.objects.posted().filter(event_id=OuterRef("event_id")))) & _took_part()


def is_kept() -> Q:
    """The promise is kept, as this operation said, and the person took part."""
    kept = Promise.objects.filter(state=PromiseState.KEPT, answer=OuterRef("operation"))
    return Q(Exists(kept)) & _took_part()


def context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Where minutes and recording are, and what was promised until when."""
    event = _event(delivery)
    minutes = Minutes.objects.get(event=event)
    return {
        **_facts(event, delivery, now),
        "minutes": minutes,
        "promises": [
            {"text": promise.text, "due": _day(promise)}
            for promise in Promise.objects.filter(event=event).still_open()
        ],
    }


def context_kept(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """What was promised, and what was done."""
    event = _event(delivery)
    promise = event.promises.filter(answer=delivery.operation).first()
    if promise is None:
        raise guards.NothingToTell(gettext_noop("it was taken back that the promise is kept"))
    return _facts(event, delivery, now) | {"promise": promise}


def _event(delivery: Delivery) -> Event:
    assert delivery.event_id is not None
    return Event.objects.with_all_shown().get(pk=delivery.event_id)


def _facts(event: Event, delivery: Delivery, now: datetime) -> dict[str, Any]:
    came = RSVP.objects.came().filter(event=event, person_id=delivery.person_id or 0)
    if came.exists():
        reason = now_in_language(
            "%(office)s writes to you because you came to this event with an RSVP from this "
            "address."
        )
    else:
        reason = now_in_language(
            "%(office)s writes to you because you asked a question at this event or voted for one "
            "from this address."
        )
    return {
        **occasions.event_facts(event, language=delivery.language, now=now),
        "contact": occasions.contact(event.office),
        "reason": reason % {"office": event.office.name},
    }


def _day(promise: Promise) -> str:
    return dates_text.date_text(promise.due, language_in_use(), weekday=False)


MESSAGES = [
    Message(
        name="afterwards_posted",
        title=_("Minutes posted"),
        description=_("Where minutes and recording are, and what was promised until when."),
        recipients=_("Who came with an RSVP, and who asked or voted for a question there, once"),
        actions=("minutes.posted",),
        audience=who_took_part,
        guard=are_posted,
        still_true=guards.holds(are_posted),
        context=context,
    ),
    Message(
        name="promise_kept",
        title=_("Promise kept"),
        description=_("What was promised at an event, and what was done."),
        recipients=_("Who came with an RSVP, and who asked or voted for a question there"),
        actions=("promise.kept",),
        audience=who_took_part,
        guard=is_kept,
        still_true=guards.holds(is_kept),
        context=context_kept,
    ),
]
