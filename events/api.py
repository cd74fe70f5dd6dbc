"""Events, topics and offices in the read API, and what the lists of all apps have in common."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Field, Query, Router, Schema

from events import clock
from events.languages import language_in_use
from events.models import Event, EventStatus, EventType, Mode, Office, Topic, Venue
from events.models.event import EventQuerySet
from events.notice import access_line
from events.queries import (
    FURTHEST_OFFSET,
    MOST_AT_ONCE,
    filtered_events,
    with_waitlist_length,
)

router = Router(tags=["Events"])

Item = TypeVar("Item")
Row = TypeVar("Row", bound=Any)

#: Items of an answer that did not say how many it wants.
USUAL_LIMIT = 50

LANG_TEXT = (
    "Language of titles, names and addresses of pages, such as `es`. Texts that are not translated "
    "come in the office's first language."
)


class Page(Schema, Generic[Item]):
    """A piece of a list, and how many items the whole list has."""

    items: list[Item]
    count: int = Field(description="Items that match, on all pages together.")


class Paging(Schema):
    """Where in a list to begin and how many items to give."""

    limit: int = Field(USUAL_LIMIT, ge=1, le=MOST_AT_ONCE, description="Items to return.")
    offset: int = Field(0, ge=0, le=FURTHEST_OFFSET, description="Items to pass over first.")
    lang: str = Field("", description=LANG_TEXT)


class EventQuery(Paging):
    type: str = Field(
        "",
        description="Only this type of event.",
        json_schema_extra={"enum": [*EventType.values]},
    )
    topic: str = Field("", description="Only events on this topic, by its slug.")
    office: str = Field("", description="Only events of this office, by its slug, or with it.")
    q: str = Field("", description="Only events that contain all of these words.")
    when: str = Field(
        "",
        description="`past` gives events that are over, latest first. Otherwise those to come, "
        "soonest first.",
        json_schema_extra={"enum": ["upcoming", "past"]},
    )


class VenueOut(Schema):
    """A place. An access fact that is null is not known."""

    name: str
    address: str = Field(description="The postal address in one line.")
    street: str
    locality: str
    region: str
    postal_code: str
    entrance: str = Field(description="How to get in, in words.")
    transit: str = Field(description="Public transit and parking, in words.")
    step_free: bool | None = Field(description="Step-free from the street to a seat.")
    accessible_restroom: bool | None
    accessible_parking: bool | None
    hearing_loop: bool | None
    wheelchair_spaces: int | None


class EventOut(Schema):
    slug: str
    uid: str = Field(description="The UID in calendars; never changes.")
    sequence: int = Field(description="Rises when time, place or status change (RFC 5545).")
    title: str
    event_type: str = Field(json_schema_extra={"enum": [*EventType.values]})
    office: str = Field(description="Slug of the office; see `/api/v1/offices`.")
    topics: list[str] = Field(description="Slugs of topics; see `/api/v1/topics`.")
    starts_at: datetime = Field(description="The instant, in UTC.")
    ends_at: datetime = Field(description="The instant, in UTC.")
    timezone: str = Field(description="IANA name of the zone in which the event takes place.")
    all_day: bool
    status: str = Field(
        description="A cancelled event stays in the list. A postponed one keeps its old time.",
        json_schema_extra={"enum": [*EventStatus.values]},
    )
    mode: str = Field(json_schema_extra={"enum": [*Mode.values]})
    venue: VenueOut | None = Field(description="Null where there is none, as for remote events.")
    capacity: int | None = Field(description="Places in the room; null: no limit.")
    places_left: int | None = Field(description="Free places in the room; null: no limit.")
    remote_capacity: int | None = Field(description="Places online; null: no limit.")
    remote_places_left: int | None = Field(description="Free places online; null: no limit.")
    waitlist_length: int = Field(description="Parties that wait for a place.")
    posted_at: datetime = Field(description="When the event was first public.")
    updated_at: datetime = Field(description="Last change of what the public sees of the event.")
    url: str = Field(description="The page of the event.")
    ics_url: str = Field(description="The event as a calendar file.")


class AgendaItemOut(Schema):
    title: str
    notes: str
    starts_at: datetime | None = Field(description="Null where nobody has said.")


class SpeakerOut(Schema):
    name: str
    role: str


class DocumentOut(Schema):
    name: str
    url: str
    size: int = Field(description="In bytes.")
    content_type: str
    sha256: str = Field(description="SHA-256 of the content, in hexadecimal.")


class EventDetail(EventOut):
    """One event, with what lists leave out."""

    description: str = Field(description="Markdown.")
    status_reason: str = Field(description="Why it was cancelled or postponed.")
    takes_rsvps: bool = Field(description="Doors are open to all, with or without an RSVP.")
    cohosts: list[str] = Field(description="Slugs of offices that host it as well.")
    spoken_languages: list[str] = Field(description="Languages at the event, `ase` or `asl` too.")
    access_services: str
    agenda: list[AgendaItemOut] = Field(description="In order.")
    speakers: list[SpeakerOut]
    documents: list[DocumentOut]
    notice_hours: int = Field(description="Hours of notice that the event needs; 0: none.")
    notice_url: str = Field(description="The notice receipt: every public version since.")
    accommodation: str = Field(description="How to ask for an accommodation, and by when.")
    is_recorded: bool = Field(description="Sound and picture are kept, and may be shown later.")


class TopicOut(Schema):
    slug: str
    name: str
    description: str = Field(description="What a subscriber gets.")


class OfficeOut(Schema):
    slug: str
    name: str
    kind: str
    jurisdiction: str
    timezone: str
    languages: list[str] = Field(description="The first is the one that texts are written in.")
    phone: str
    website: str
    events_url: str = Field(description="The page of the office's events.")


def absolute(path: str) -> str:
    """Return a path of the site as clients need it."""
    return f"{settings.SITE_URL}{path}"


def page_of(
    rows: QuerySet[Any], paging: Paging, show: Callable[[Any], Item], *, shown: Any = None
) -> Page[Item]:
    """Return the page of ``rows`` that is asked for, each through ``show``.

    ``shown`` is the same query with everything fetched that ``show`` reads, where that differs:
    counting needs none of it.
    """
    found = rows if shown is None else shown
    items = [show(row) for row in found[paging.offset : paging.offset + paging.limit]]
    return Page[Item](items=items, count=rows.count())


def _as_shown(events: EventQuerySet) -> EventQuerySet:
    return with_waitlist_length(events.for_cards().prefetch_related("topics"))


@router.get("/events", response=Page[EventOut], summary="Events")
def list_events(request: HttpRequest, query: Query[EventQuery]) -> Page[EventOut]:
    """Posted events, cancelled ones among them. The filters are those of the page `/events/`."""
    params = {name: getattr(query, name) for name in ("type", "topic", "office", "q", "when")}
    events = filtered_events(params, clock.now())
    return page_of(events, query, lambda row: EventOut(**_event(row)), shown=_as_shown(events))


@router.get("/events/{slug:slug}", response=EventDetail, summary="One event")
def get_event(
    request: HttpRequest, slug: str, lang: str = Query("", description=LANG_TEXT)
) -> EventDetail:
    """One posted event with its description."""
    events = _as_shown(Event.objects.posted()).with_programme().prefetch_related("cohosts")
    event = get_object_or_404(events, slug=slug)
    language = language_in_use()
    return EventDetail(
        **_event(event),
        description=event.in_language(language).description,
        status_reason=event.status_reason,
        takes_rsvps=event.takes_rsvps,
        cohosts=[office.slug for office in event.cohosts.all()],
        spoken_languages=event.spoken_languages,
        access_services=event.access_services,
        agenda=[
            AgendaItemOut(title=words.title, notes=words.notes, starts_at=item.starts_at)
            for item in event.agenda.all()
            for words in [item.in_language(language)]
        ],
        speakers=[
            SpeakerOut(name=speaker.name, role=speaker.in_language(language).role)
            for speaker in event.speakers.all()
        ],
        documents=[
            DocumentOut(
                name=row.name,
                url=absolute(row.url),
                size=row.size,
                content_type=row.content_type,
                sha256=row.digest,
            )
            for row in event.documents.all()
        ],
        notice_hours=event.notice_hours,
        notice_url=absolute(reverse("event-notice", kwargs={"slug": slug})),
        accommodation=access_line(event, language).text,
        is_recorded=event.is_recorded,
    )


def _event(event: Event) -> dict[str, Any]:
    plain = (
        "slug", "uid", "sequence", "event_type", "starts_at", "ends_at", "timezone", "all_day",
        "status", "mode", "capacity", "places_left", "remote_capacity", "remote_places_left",
        "waitlist_length", "posted_at", "updated_at",
    )  # fmt: skip
    return {
        **{name: getattr(event, name) for name in plain},
        "title": event.in_language(language_in_use()).title,
        "office": event.office.slug,
        "topics": [topic.slug for topic in event.topics.all()],
        "venue": venue_out(event.venue),
        "url": absolute(event.get_absolute_url()),
        "ics_url": absolute(reverse("event-ics", kwargs={"slug": event.slug})),
    }


def venue_out(venue: Venue | None) -> VenueOut | None:
    """Return a place as the API shows it."""
    if venue is None:
        return None
    return VenueOut(**{name: getattr(venue, name) for name in VenueOut.model_fields})


@router.get("/topics", response=Page[TopicOut], tags=["Topics and offices"], summary="Topics")
def list_topics(request: HttpRequest, query: Query[Paging]) -> Page[TopicOut]:
    """What events and letters are about, and what a subscriber can choose."""

    def show(topic: Topic) -> TopicOut:
        words = topic.in_language(language_in_use())
        return TopicOut(slug=topic.slug, name=words.name, description=words.description)

    topics = Topic.objects.all()
    return page_of(topics, query, show, shown=topics.prefetch_related("translations"))


@router.get("/offices", response=Page[OfficeOut], tags=["Topics and offices"], summary="Offices")
def list_offices(request: HttpRequest, query: Query[Paging]) -> Page[OfficeOut]:
    """Whose events, shifts and letters these are."""

    def show(office: Office) -> OfficeOut:
        plain = {n: getattr(office, n) for n in OfficeOut.model_fields if n != "events_url"}
        url = absolute(f"{reverse('events')}?office={office.slug}")
        return OfficeOut(**plain, events_url=url)

    return page_of(Office.objects.in_order(), query, show)
