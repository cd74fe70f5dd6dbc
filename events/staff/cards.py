"""What the events put on the desk's first page, and what a new office does first."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from events import dates_text
from events.extensions import DeskCard, FirstStep
from events.languages import language_in_use
from events.models import (
    AccessKind,
    AccessRequest,
    Event,
    EventStatus,
    FollowUp,
    Membership,
    Office,
    Promise,
    Task,
)
from events.models.access_request import TO_ARRANGE, TO_CALL_OFF, WANTED, to_call
from events.queries import MOST_AT_ONCE, with_waitlist_length
from events.staff.access_board import by_day, to_arrange
from events.staff.event_list import drafts, one_of_each_series, upcoming

#: Rows of a card; the rest is behind its link.
COMING = 6
SOME = 4
#: So long before the day on which access is wanted the desk sounds the alarm.
ALARM_FROM = timedelta(days=2)
#: So long before its day the desk reminds of a promise.
DUE_SOON = timedelta(days=7)


def coming_card(
    request: HttpRequest, offices: list[Office], now: datetime
) -> dict[str, Any] | None:
    """The next events, one date of each series, with how full they are."""
    events = Event.objects.filter(office__in=offices)
    coming = events.posted().going_on().upcoming(now)
    next_ones = with_waitlist_length(one_of_each_series(coming)).for_cards()
    found = list(next_ones[:COMING])
    return {"events": found} if found else None


class Arrangement(NamedTuple):
    """What guests of one event need, and by when it should be arranged."""

    event: Event
    needs: list[str]
    due: date
    #: The due day in words, without the year: it is near.
    due_words: str
    is_late: bool


def access_card(
    request: HttpRequest, offices: list[Office], now: datetime
) -> dict[str, Any] | None:
    """Access to arrange at coming events, wanted first on top; whom to call, what to call off."""
    own = AccessRequest.objects.filter(rsvp__event__office__in=offices)
    asked = (
        own.coming(now)
        .values("rsvp__event", "kind")
        .annotate(
            parties=Count("pk", filter=WANTED & TO_ARRANGE),
            calls=Count("pk", filter=WANTED & to_call()),
            off=Count("pk", filter=TO_CALL_OFF),
        )
        .order_by("rsvp__event__starts_at", "rsvp__event", "-parties", "kind")
    )
    needs: dict[int, list[str]] = {}
    calls = off = 0
    for row in asked:
        calls += row["calls"]
        off += row["off"]
        if not row["parties"]:
            continue
        label = str(AccessKind(row["kind"]).label)
        words = f"{row['parties']} × {label}" if row["parties"] > 1 else label
        needs.setdefault(row["rsvp__event"], []).append(words)
    if not needs and not calls and not off:
        return None
    events = Event.objects.for_cards().in_bulk(needs)
    language = language_in_use()
    found = [
        Arrangement(
            event,
            needs[pk],
            event.access_deadline,
            dates_text.date_text(event.access_deadline, language, year=False),
            dates_text.local(now, event.timezone).date() > event.access_deadline,
        )
        for pk, event in events.items()
    ]
    found.sort(key=lambda arrangement: (arrangement.due, arrangement.event.starts_at))
    return {
        "arrangements": found[:SOME],
        "more": max(len(found) - SOME, 0),
        "calls": calls,
        "off": off,
    }


def access_alarm(
    request: HttpRequest, offices: list[Office], now: datetime
) -> dict[str, Any] | None:
    """What is late, and what soon will be, while there is time to arrange it."""
    own = AccessRequest.objects.filter(rsvp__event__office__in=offices)
    first = by_day(to_arrange(own, now), offices).select_related("rsvp__event__office")
    late = soon = 0
    for one in first[:MOST_AT_ONCE]:
        today = dates_text.local(now, one.rsvp.event.timezone).date()
        late += one.wanted_by < today
        soon += today <= one.wanted_by <= today + ALARM_FROM
    return {"late": late, "soon": soon} if late or soon else None


def promises_card(
    request: HttpRequest, offices: list[Office], now: datetime
) -> dict[str, Any] | None:
    """Promises that are late, or due within :data:`DUE_SOON`: every day until each is ended."""
    own = Promise.objects.filter(event__office__in=offices, due__lte=(now + DUE_SOON).date())
    rows = own.still_open()
    found = list(rows.select_related("event__office", "owner")[: SOME + 1])
    if not found:
        return None
    return {
        "promises": [(promise, promise.is_late(now)) for promise in found[:SOME]],
        "more": rows.count() - SOME if len(found) > SOME else 0,
    }


def preparation_card(
    request: HttpRequest, offices: list[Office], now: datetime
) -> dict[str, Any] | None:
    """What is to do before events, late or due within :data:`DUE_SOON`: until it is done."""
    rows = Task.objects.filter(event__office__in=offices).open_before(now, now + DUE_SOON)
    shown = rows.select_related("event__office", "owner")
    found = list(shown.prefetch_related("event__translations")[: SOME + 1])
    if not found:
        return None
    return {
        "tasks": [(task, task.is_late(now)) for task in found[:SOME]],
        "more": rows.count() - SOME if len(found) > SOME else 0,
    }


def follow_ups_card(
    request: HttpRequest, offices: list[Office], now: datetime
) -> dict[str, Any] | None:
    """Guests who need an answer, late or within :data:`DUE_SOON`: until somebody gives it."""
    own = FollowUp.objects.filter(event__office__in=offices, due__lte=(now + DUE_SOON).date())
    rows = own.still_open()
    found = list(rows.select_related("event", "owner", "rsvp")[: SOME + 1])
    if not found:
        return None
    return {
        "notes": [(note, note.is_late(now)) for note in found[:SOME]],
        "more": rows.count() - SOME if len(found) > SOME else 0,
    }


def drafts_card(
    request: HttpRequest, offices: list[Office], now: datetime
) -> dict[str, Any] | None:
    """Events that nobody but staff sees yet."""
    rows = one_of_each_series(drafts(Event.objects.filter(office__in=offices), now))
    count = rows.count()
    return {"drafts": rows.for_cards()[:SOME], "count": count} if count else None


def postponed_card(
    request: HttpRequest, offices: list[Office], now: datetime
) -> dict[str, Any] | None:
    """Events that wait for a new date, and their guests with them."""
    waiting = upcoming(Event.objects.filter(office__in=offices), now)
    rows = waiting.filter(status=EventStatus.POSTPONED).annotate(
        guests=Count("rsvps", filter=Q(rsvps__status__in=["confirmed", "waitlisted"]))
    )
    found = list(rows.for_cards()[:SOME])
    return {"events": found} if found else None


CARDS = [
    DeskCard("coming", "events/staff/card_coming.html", coming_card, "main", 1),
    DeskCard("access_alarm", "events/staff/card_access_alarm.html", access_alarm, "banner", 2),
    DeskCard("access", "events/staff/card_access.html", access_card, "card", 1),
    DeskCard("preparation", "events/staff/card_preparation.html", preparation_card, "card", 1),
    DeskCard("follow_ups", "events/staff/card_follow_ups.html", follow_ups_card, "card", 2),
    DeskCard("promises", "events/staff/card_promises.html", promises_card, "card", 2),
    DeskCard("postponed", "events/staff/card_postponed.html", postponed_card, "card", 3),
    DeskCard("drafts", "events/staff/card_drafts.html", drafts_card, "card", 4),
]


def _has_contact(offices: list[Office]) -> bool:
    return all(office.postal_address and office.phone for office in offices)


def _has_event(offices: list[Office]) -> bool:
    return Event.objects.filter(office__in=offices).exists()


def _has_colleague(offices: list[Office]) -> bool:
    return Membership.objects.filter(office__in=offices).values("user").distinct().count() > 1


FIRST_STEPS = [
    FirstStep(
        _("Say how to reach your office"),
        _("Phone and postal address stand on every page and in every mail."),
        "staff-offices",
        "edit_office",
        _has_contact,
        1,
    ),
    FirstStep(
        _("Create your first event"),
        _("Residents can RSVP as soon as it is posted."),
        "staff-event-new",
        "edit_events",
        _has_event,
        2,
    ),
    FirstStep(
        _("Add a colleague"),
        _("Editors write events and letters. Managers post letters and change settings, too."),
        "staff-members",
        "edit_staff",
        _has_colleague,
        5,
        optional=True,
    ),
]
