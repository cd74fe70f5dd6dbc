"""Reads that have two callers or more: the list page, the month, the feeds, the API.

The filters are those of the list page (INTERFACE.md): ``type``, ``topic``, ``office``, ``q`` and
``when=past``. Every view of a filtered list asks the same functions, so that a list, its feed and
its API answer hold the same events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from events import search
from events.actions.rsvps import UNPROVEN_TTL
from events.errors import Refused
from events.models import (
    RSVP,
    AttendanceStatus,
    AuditEntry,
    Event,
    EventType,
    Person,
    Question,
    QuestionVote,
)
from events.models.event import EventQuerySet
from events.models.question import in_order
from events.month_table import days_taken_up

#: Bounds of every list (DESIGN.md, Lists).
MOST_AT_ONCE = 200
FURTHEST_OFFSET = 10_000


@dataclass(frozen=True)
class EventFilters:
    """What a list of events is narrowed to; an empty value narrows nothing.

    A topic or an office that does not exist (any more) leaves an empty list, as an old link would.
    """

    event_type: str = ""
    topic: str = ""
    office: str = ""
    q: str = ""
    past: bool = False

    @property
    def narrow(self) -> bool:
        """Whether anything but the time is asked for."""
        return bool(self.event_type or self.topic or self.office or self.q)

    def query(self) -> str:
        """Return the filters as the query of the list's feed. A feed knows no ``when``: its window
        is its own (CALENDARS.md, 8)."""
        named = {"type": self.event_type, "topic": self.topic, "office": self.office, "q": self.q}
        return urlencode({name: value for name, value in named.items() if value})


def read_filters(params: Mapping[str, str]) -> EventFilters:
    """Read the filters out of a query; raises :class:`Refused` for a type or time unknown here."""

    def value(name: str) -> str:
        # PostgreSQL refuses a text with a NUL in it.
        return (params.get(name) or "").replace("\x00", "").strip()

    event_type, when = value("type"), value("when")
    if event_type and event_type not in EventType.values:
        raise Refused("unknown_type", _("There is no such type of event."), field="type")
    if when not in ("", "upcoming", "past"):
        raise Refused("unknown_when", _("Choose upcoming or past events."), field="when")
    return EventFilters(
        event_type=event_type,
        topic=value("topic"),
        office=value("office"),
        q=value("q")[: search.MOST_LETTERS],
        past=when == "past",
    )


def narrowed(events: EventQuerySet, filters: EventFilters) -> EventQuerySet:
    """Apply all filters but ``when`` to ``events``: for feeds, whose window is their own."""
    if filters.event_type:
        events = events.filter(event_type=filters.event_type)
    if filters.topic:
        events = events.about(filters.topic)
    if filters.office:
        events = events.of_office(filters.office)
    if filters.q:
        events = search.matching(events, filters.q)
    return events


def filtered_events(params: Mapping[str, str], now: datetime) -> EventQuerySet:
    """Return the posted events of a list page's query, in the page's order.

    Upcoming ones soonest first; with ``when=past`` those that are over, latest first. Raises
    :class:`Refused` as :func:`read_filters` does.
    """
    return listed_events(read_filters(params), now)


def listed_events(filters: EventFilters, now: datetime) -> EventQuerySet:
    """Return the posted events that ``filters`` leave, in the list page's order."""
    events = narrowed(Event.objects.posted(), filters)
    return events.past(now) if filters.past else events.upcoming(now)


def read_page(params: Mapping[str, str], *, usual: int) -> tuple[int, int]:
    """Read ``limit`` (``usual`` if not given) and ``offset`` of a list.

    Raises :class:`Refused` for what is no number or out of bounds.
    """

    def number(name: str, default: int, least: int, most: int) -> int:
        given = params.get(name)
        if given in (None, ""):
            return default
        if str(given).isascii() and str(given).isdigit() and len(str(given)) < 9:
            value = int(str(given))
            if least <= value <= most:
                return value
        raise Refused(
            f"bad_{name}",
            _("“%(name)s” is a whole number from %(least)s to %(most)s."),
            name=name,
            least=least,
            most=most,
        )

    return number("limit", usual, 1, MOST_AT_ONCE), number("offset", 0, 0, FURTHEST_OFFSET)


def events_on_days(first: date, last: date) -> list[Event]:
    """Return the posted events that take up any of these days where they take place, in order."""
    # No zone is further from UTC than 14 hours; the local days are compared below.
    margin = timedelta(hours=14)
    start = datetime.combine(first, time(), UTC) - margin
    end = datetime.combine(last, time(), UTC) + timedelta(days=1) + margin
    near = Event.objects.posted().between(start, end).for_cards().order_by("starts_at", "id")
    return [event for event in near if touches(event, first, last)]


def touches(event: Event, first: date, last: date) -> bool:
    """Whether an event takes up any of the days from ``first`` to ``last``."""
    days = days_taken_up(event)
    return days.first <= last and days.last >= first


def with_waitlist_length(events: EventQuerySet) -> EventQuerySet:
    """Annotate ``waitlist_length``: parties waiting for either pool."""
    waiting = (
        RSVP.objects.in_line()
        .filter(event=OuterRef("pk"))
        .order_by()
        .values("event")
        .annotate(n=Count("pk"))
        .values("n")
    )
    # What it adds is said once, in Event's own TYPE_CHECKING block.
    return events.annotate(waitlist_length=Coalesce(Subquery(waiting), 0))  # type: ignore[no-redef]


class Line(NamedTuple):
    """Who waits for one pool: parties, and the people in them."""

    parties: int = 0
    people: int = 0


def lines_at(event: Event) -> dict[str, Line]:
    """Return who waits for the room and who waits to join online. One query."""
    waiting = RSVP.objects.filter(event=event, status=AttendanceStatus.WAITLISTED)
    figures = waiting.values("mode").annotate(parties=Count("pk"), people=Sum("party_size"))
    return {row["mode"]: Line(row["parties"], row["people"]) for row in figures.order_by("mode")}


class Earlier(NamedTuple):
    """When and where an event was going to be, before it was moved; ``None`` where that stayed."""

    at: datetime
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    timezone: str = ""
    all_day: bool = False
    #: Another place, by its name.
    venue: str = ""
    #: The same place under another name or address.
    address: str = ""
    mode: str = ""


def before_the_move(event: Event) -> Earlier | None:
    """Return what the public knew before the last change of time or place, or ``None``.

    Read from the facts of the event since it is public; one query. A change that was taken back
    is no change.
    """
    if event.posted_at is None:
        return None
    moves = AuditEntry.objects.filter(
        event_id=event.pk, action__in=("event.rescheduled", "event.moved"), at__gte=event.posted_at
    )
    entries = list(moves.order_by("-at", "-id")[:20])
    if not entries:
        return None
    # The two facts of one operation are one change.
    last = [entry for entry in entries if entry.operation == entries[0].operation]
    old = {name: pair[0] for entry in last for name, pair in entry.changes.items() if pair}
    earlier = Earlier(
        at=entries[0].at,
        venue=old.get("venue") or "",
        address=old.get("location") or "",
        mode=old.get("mode") or "",
    )
    if {"starts_at", "ends_at", "timezone", "all_day"} & set(old):
        earlier = earlier._replace(
            starts_at=_instant(old.get("starts_at")) or event.starts_at,
            ends_at=_instant(old.get("ends_at")) or event.ends_at,
            timezone=old.get("timezone") or event.timezone,
            all_day=old.get("all_day", event.all_day),
        )
    if earlier.starts_at is None and not (earlier.venue or earlier.address or earlier.mode):
        return None
    return earlier


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def rsvp_state(rsvp: RSVP, event: Event, now: datetime) -> str:
    """Name what a guest most needs to know of an RSVP, for pages that show one.

    "cancelled" (by the guest or the staff), "expired" (never proven), "event_cancelled",
    "event_postponed", "over", "unproven" (holds no place until confirmed), "waitlisted" or
    "confirmed".
    """
    if rsvp.is_cancelled:
        ended = rsvp.cancelled_at or now
        never_proven = rsvp.proven_at is None and ended - rsvp.created_at >= UNPROVEN_TTL
        return "expired" if never_proven else "cancelled"
    if event.is_cancelled:
        return "event_cancelled"
    if event.is_postponed:
        return "event_postponed"
    if event.is_over(now):
        return "over"
    return str(rsvp.status)


def standing_in_for(rsvp: RSVP) -> RSVP | None:
    """Return the same guest's row that this one belongs together with, or ``None``.

    For a wait for the room: the remote place held meanwhile, and the other way round. For a row
    that ended because the guest changed the way to take part: the row that took its place. A later
    RSVP, made after this one was cancelled, is another matter and not told to an old link.
    """
    active = RSVP.objects.active().filter(event=rsvp.event_id, person=rsvp.person_id)
    if rsvp.is_cancelled:
        return active.filter(created_at__lte=rsvp.cancelled_at).exclude(pk=rsvp.pk).first()
    if rsvp.upgrade_of_id is not None:
        return active.filter(pk=rsvp.upgrade_of_id).first()
    return active.filter(upgrade_of=rsvp).first()


def took_part(*, event: Event | OuterRef, person: OuterRef) -> Q:
    """Whether a person came to the event, asked there, or voted for what was asked there."""
    came = RSVP.objects.came().filter(event=event, person=person)
    heard = Question.objects.heard()
    asked = heard.filter(event=event, person=person)
    voted = QuestionVote.objects.filter(question__event=event, person=person, question__in=heard)
    return Q(Exists(came)) | Q(Exists(asked)) | Q(Exists(voted))


def told_afterwards(event: Event) -> "QuerySet[Person]":
    """Return who hears what comes after an event: who took part, and has an address."""
    return Person.objects.filter(took_part(event=event, person=OuterRef("pk")), email__isnull=False)


class Asked(NamedTuple):
    """The published questions of an event, with their votes."""

    #: Who was answered first is first.
    answered: list[Question]
    #: In the order that the office has chosen.
    unanswered: list[Question]


def asked_at(event: Event) -> Asked:
    """Return what everybody may read of what was asked at an event; one query."""
    published = list(Question.objects.filter(event=event).published().with_votes())
    answered = [one for one in published if one.answered]
    return Asked(
        sorted(answered, key=lambda one: (one.answered_at, one.pk)),
        in_order([one for one in published if not one.answered], event),
    )
