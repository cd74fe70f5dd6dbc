"""Messages about one operation that changes several occasions of a person at once.

A series that ends calls off ten dates; a place with a new address holds three events and a shift.
Whoever holds one of them alone is told as of any change of it (`events`, `shifts`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_noop

from events.models import RSVP, AuditEntry, Event, EventStatus, Venue
from notifications.message import Recipient
from notifications.messages import addresses, changes, events, guards, occasions
from notifications.models import Delivery
from volunteers.models import Shift, ShiftClaim

# --- Who hears -----------------------------------------------------------------------------------


def everyone(entries: Sequence[AuditEntry], cursor: str, limit: int) -> tuple[list[Recipient], str]:
    """Everyone who holds several of the occasions that the operation has changed, once each."""
    touched = events.touched_by(entries)
    people, following = events.concerned(touched, cursor, limit)
    recipients = []
    for person in people:
        held = person.occasions(touched)
        if len(held) < 2:
            continue
        of_events = [occasion.pk for occasion in held if isinstance(occasion, Event)]
        entry = person.entries[0] if len(person.entries) == 1 else None
        recipients.append(
            Recipient(
                person_id=person.person_id,
                language=person.language,
                office_id=held[0].office_id,
                event_id=min(of_events, default=None),
                rsvp_id=entry.pk if isinstance(entry, RSVP) else None,
                claim_id=entry.pk if isinstance(entry, ShiftClaim) else None,
                shift_id=entry.shift_id if isinstance(entry, ShiftClaim) else None,
                expires_at=max(touched.ends_at(occasion) for occasion in held),
                context={
                    "carries": events.kind_of(entry),
                    "events": of_events,
                    "shifts": [occasion.pk for occasion in held if isinstance(occasion, Shift)],
                    "venue": entries[0].subjects.get("venue"),
                },
            )
        )
    return recipients, following


# --- How long it is true -------------------------------------------------------------------------


def are_cancelled() -> Q:
    """The person still holds one of the events that the operation has called off."""
    return _holds_an_event(["event.cancelled"], [EventStatus.CANCELLED])


def are_changed() -> Q:
    """The person still holds one of the events that the operation has changed, and it is on."""
    return _holds_an_event(
        ["event.rescheduled", "event.moved", "event.confirmed", "event.made_tentative"],
        [EventStatus.TENTATIVE, EventStatus.CONFIRMED],
    )


def are_elsewhere() -> Q:
    """Nothing newer is told of the place, and the person holds something that is still on there."""
    claims = ShiftClaim.objects.active().filter(
        person_id=OuterRef("person_id"),
        shift__in=Shift.objects.effective().going_on().filter(pk__in=_moved_shifts()).values("pk"),
    )
    on = [EventStatus.TENTATIVE, EventStatus.CONFIRMED]
    holds = _holds_an_event(["event.moved"], on) | Q(Exists(claims))
    return holds & _is_the_latest_of_its_place()


def _is_the_latest_of_its_place() -> Q:
    """As :func:`guards.is_the_latest`: a later message tells both changes of the place."""
    later = Delivery.objects.filter(
        person_id=OuterRef("person_id"), message=OuterRef("message"), pk__gt=OuterRef("pk")
    ).annotate(
        its_place=guards.number("venue"),
        place=guards.number("venue", OuterRef("context")),
    )
    return ~Q(Exists(later.filter(its_place=F("place")))) | guards.is_a_call()


def _holds_an_event(actions: Sequence[str], statuses: Sequence[str]) -> Q:
    facts = AuditEntry.objects.filter(operation=OuterRef(OuterRef("operation")), action__in=actions)
    rsvps = RSVP.objects.active().filter(
        person_id=OuterRef("person_id"),
        event__status__in=statuses,
        event__in=facts.values("event_id"),
    )
    claims = ShiftClaim.objects.active().filter(
        person_id=OuterRef("person_id"),
        shift__event__status__in=statuses,
        shift__event__in=facts.values("event_id"),
    )
    return Q(Exists(rsvps)) | Q(Exists(claims))


def _moved_shifts() -> QuerySet[AuditEntry, Any]:
    facts = AuditEntry.objects.filter(
        operation=OuterRef(OuterRef(OuterRef("operation"))), action="shift.moved"
    )
    return facts.annotate(shift=guards.number("shift", "subjects")).values("shift")


# --- What it says --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """Something that the person holds: what it is, when, and the page where to change it."""

    occasion: Event | Shift
    title: str
    is_shift: bool
    is_waiting: bool
    url: str
    #: Whether the party has not said that it still comes since the event changed.
    is_asked: bool = False

    @property
    def when(self) -> str:
        return occasions.when_words(self.occasion)


def _held(delivery: Delivery) -> list[Line]:
    """Return what the person holds now of what the delivery names, soonest first."""
    named = Event.objects.with_all_shown().in_bulk(delivery.context["events"])
    shifts = (
        Shift.objects.standing()
        .filter(Q(event__in=named) | Q(pk__in=delivery.context["shifts"]))
        .effective()
        .with_all_shown()
        .in_bulk()
    )
    lines = [*_places(delivery, named), *_shifts(delivery, shifts)]
    return sorted(lines, key=lambda line: (line.occasion.starts_at, line.is_shift))


def _places(delivery: Delivery, named: dict[int, Event]) -> Iterator[Line]:
    assert delivery.person_id is not None
    rsvps = RSVP.objects.active().filter(event__in=named, person_id=delivery.person_id)
    person = events.Concerned(delivery.person_id, rsvps=list(rsvps.order_by("pk")))
    for rsvp in person.places.values():
        event = named[rsvp.event_id]
        yield Line(
            occasion=event,
            title=event.in_language(delivery.language).title,
            is_shift=False,
            is_waiting=not rsvp.is_confirmed,
            url=addresses.rsvp_links(rsvp)["manage_url"],
            is_asked=rsvp.is_asked_anew(event.asks_anew_since),
        )


def _shifts(delivery: Delivery, shifts: dict[int, Shift]) -> Iterator[Line]:
    assert delivery.person_id is not None
    claims = ShiftClaim.objects.active().filter(shift__in=shifts, person_id=delivery.person_id)
    for claim in claims.order_by("pk"):
        shift = shifts[claim.shift_id]
        yield Line(
            occasion=shift,
            title=occasions.shift_title(shift, delivery.language),
            is_shift=True,
            is_waiting=not claim.is_confirmed,
            url=addresses.claim_links(claim)["manage_url"],
        )


def _facts(delivery: Delivery, lines: Sequence[Line]) -> dict[str, Any]:
    if not lines:
        raise guards.NothingToTell(gettext_noop("the person holds none of it any more"))
    office = lines[0].occasion.office
    return {
        "office": office,
        "lines": lines,
        "places": [line for line in lines if not line.is_shift],
        "shifts": [line for line in lines if line.is_shift],
        "contact": occasions.contact(office),
        "reason": events.because(
            office.name,
            has_rsvp=any(not line.is_shift for line in lines),
            has_shift=any(line.is_shift for line in lines),
        ),
    }


def context_cancelled(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The dates that the person holds, under the name of the first one, and the reason."""
    lines = [line for line in _held(delivery) if not line.occasion.is_on]
    known = _facts(delivery, lines)
    dates: dict[int | None, Event] = {}
    for line in lines:
        occasion = line.occasion
        event = occasion if isinstance(occasion, Event) else occasion.event
        assert event is not None
        dates[event.pk] = event
    in_order = sorted(dates.values(), key=lambda event: (event.starts_at, event.pk))
    return known | {
        "title": in_order[0].in_language(delivery.language).title,
        "dates": [
            {
                "title": event.in_language(delivery.language).title,
                "when": occasions.when_words(event),
                "url": addresses.page("event", slug=event.slug),
            }
            for event in in_order
        ],
        "status_reason": in_order[0].status_reason,
    }


@dataclass(frozen=True)
class NewLine:
    """Something that the person holds, and what is new of it: the old time and place beside it."""

    line: Line
    new: changes.Changes

    @property
    def before(self) -> str:
        return occasions.when_words(self.new.time) if self.new.time else ""

    @property
    def place(self) -> str:
        """Where it is now, if that is new and in a room."""
        occasion = self.line.occasion
        venue = occasion.venue
        if isinstance(occasion, Shift):
            # A shift with a place of its own stays there.
            venue = occasion.event.venue if occasion.event and not occasion.venue else None
        return venue.location if self.new.venue and venue is not None else ""


def context_dates(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """What the person holds of the dates that have changed, each with old and new.

    Old is what the person knew: of an earlier change that has not gone out, this message tells,
    too; and of this one, a later message that names the date.
    """
    untold, later = _not_yet_told(delivery)
    operations = {operation for each in untold.values() for operation in each}
    known = AuditEntry.objects.filter(operation__in=operations, action__in=changes.ACTIONS)
    facts_of: dict[int | None, list[AuditEntry]] = defaultdict(list)
    for one in known.order_by("at", "pk"):
        if one.operation in untold.get(one.event_id or 0, ()):
            facts_of[one.event_id].append(one)
    new: list[NewLine] = []
    for line in _held(delivery):
        occasion = line.occasion
        event = occasion if isinstance(occasion, Event) else occasion.event
        if event is None or event.pk in later or not occasion.is_on or occasion.ends_at <= now:
            continue
        moved = changes.of_facts(facts_of[event.pk], event)
        if moved.are_none:
            continue
        if line.is_shift and moved.time:
            # Of a shift, when it is now; the old hours of its event are not its own.
            moved = replace(moved, time=None)
        new.append(NewLine(line, moved))
    lines = [one.line for one in new]
    facts = _facts(delivery, lines)
    occasion = lines[0].occasion
    event = occasion if isinstance(occasion, Event) else occasion.event
    assert event is not None
    return facts | {
        "title": event.in_language(delivery.language).title,
        "dates": new,
        "asks_anew": any(one.new.ask_anew and one.line.is_asked for one in new),
        "may_not_suit": any(one.new.ask_anew for one in new),
    }


def _not_yet_told(delivery: Delivery) -> tuple[dict[int, set[UUID]], set[int]]:
    """Return the operations that the person has not been told of, by event; and of which events a
    later message tells. Two queries."""
    assert delivery.operation is not None
    assert delivery.person_id is not None
    untold = {key: {delivery.operation} for key in delivery.context["events"]}
    if delivery._state.adding:
        # It is spoken on the telephone; of other calls each tells its own change.
        return untold, set()
    own = Delivery.objects.filter(person_id=delivery.person_id)
    earlier = own.filter(message__in=(delivery.message, "event_changed"), pk__lt=delivery.pk)
    read: set[int | None] = set()
    for one in earlier.order_by("-pk")[:50]:
        named = one.context["events"] if one.message == delivery.message else [one.event_id]
        for key in set(named) & set(untold) - read:
            if one.state in changes.NOT_READ and one.operation is not None:
                untold[key].add(one.operation)
            else:
                read.add(key)
    after = own.filter(message=delivery.message, pk__gt=delivery.pk)
    later = {
        key for context in after.values_list("context", flat=True) for key in context["events"]
    }
    return untold, later


def context_elsewhere(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The old and the new address, and what the person holds there."""
    venue, before = _place(delivery)
    if before == venue.location:
        raise guards.NothingToTell(gettext_noop("the change was taken back before it was told"))
    lines = [
        line
        for line in _held(delivery)
        if line.occasion.is_on and line.occasion.ends_at > now and _is_at(line.occasion, venue)
    ]
    return _facts(delivery, lines) | {
        "headline": changes.headline_of_place(before, venue),
        "place": venue.name,
        "before": before,
        "after": venue.location,
    }


def _is_at(occasion: Event | Shift, venue: Venue) -> bool:
    place = occasion.place if isinstance(occasion, Shift) else occasion.venue
    return place == venue


def _place(delivery: Delivery) -> tuple[Venue, str]:
    """Return the place, and its name and address as the person has last been told."""
    venue_id = delivery.context["venue"]
    untold = changes.not_yet_told(delivery, context__venue=venue_id)
    facts = AuditEntry.objects.filter(operation__in=untold, action="venue.moved")
    oldest = facts.order_by("at", "pk")[0]
    return Venue.objects.get(pk=venue_id), str(oldest.changes["location"][0])
