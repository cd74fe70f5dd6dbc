"""The feeds for everybody: all events, town halls, a topic, an office, a filtered list, shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from events.languages import language_in_use
from events.models import Event, EventType, Office, Topic
from events.models.event import FEED_FUTURE, FEED_PAST
from events.queries import EventFilters, narrowed, read_filters
from events.translations import called
from notifications.calendars import vevent
from notifications.calendars.blocks import Listed
from notifications.calendars.entries import event_entry, shift_entry
from notifications.calendars.feeds import CalendarFeed, Scope
from notifications.calendars.vevent import Entry
from volunteers.models import Shift, VolunteerRole
from volunteers.queries import matching_shifts


class EventFeed(CalendarFeed[Scope]):
    """Events; cancelled ones among them, until 30 days after their date."""

    def listed(self, scope: Scope) -> list[Listed]:
        columns = ("pk", "uid", "revision", "starts_at", "ends_at", "timezone", "all_day")
        return [
            Listed(*row) for row in scope.rows.order_by("starts_at", "id").values_list(*columns)
        ]

    def load(self, keys: Sequence[int]) -> list[tuple[int, Entry]]:
        events = Event.objects.posted().with_all_shown().filter(pk__in=keys)
        return [(event.revision, event_entry(event)) for event in events]

    def events(self, now: datetime, filters: EventFilters) -> Any:
        """The posted events of the feeds' window (CALENDARS.md, 8) that the filters leave."""
        return narrowed(Event.objects.posted().in_feed_window(now), filters)


class AllEvents(EventFeed):
    """Every event, or what the list's filters leave of them."""

    def get_object(self, request: HttpRequest, *, now: datetime, **kwargs: Any) -> Scope:
        filters = read_filters(request.GET)
        name = _("Events")
        if filters.event_type:
            name = str(EventType(filters.event_type).label)
        asked = {"topic": filters.topic, "office": filters.office}
        return _scope(request, name, self.events(now, filters), asked, filters.q)


class TownHalls(EventFeed):
    """Town halls."""

    def get_object(self, request: HttpRequest, *, now: datetime, **kwargs: Any) -> Scope:
        filters = EventFilters(event_type=EventType.TOWN_HALL)
        return _scope(request, _("Town halls"), self.events(now, filters))


class TopicEvents(EventFeed):
    """Events about one topic."""

    def get_object(self, request: HttpRequest, *, now: datetime, **kwargs: Any) -> Scope:
        name = _names("topic", kwargs["slug"]).first()
        if name is None:
            raise Http404
        events = self.events(now, EventFilters(topic=kwargs["slug"]))
        return Scope(
            name=name,
            description=_("Events about this topic: %(topic)s") % {"topic": name},
            timezone=settings.TIME_ZONE,
            address=_address(request),
            rows=events,
        )


class OfficeEvents(EventFeed):
    """Events of one office, as owner or co-host."""

    def get_object(self, request: HttpRequest, *, now: datetime, **kwargs: Any) -> Scope:
        office = Office.objects.filter(slug=kwargs["slug"]).first()
        if office is None:
            raise Http404
        return Scope(
            name=office.name,
            description=_("Events of %(office)s") % {"office": office.name},
            timezone=office.timezone,
            address=_address(request),
            rows=self.events(now, EventFilters(office=office.slug)),
            revision=office.revision,
        )


class OneEvent(EventFeed):
    """One posted event, however long ago, as a file to take into one's own calendar."""

    def get_object(self, request: HttpRequest, *, now: datetime, **kwargs: Any) -> Scope:
        rows = Event.objects.posted().filter(slug=kwargs["slug"])
        if not rows.exists():
            raise Http404
        return Scope("", "", "", _address(request), rows)

    def head(self, request: HttpRequest, scope: Scope, language: str) -> bytes:
        return vevent.opening()

    def set_headers(self, response: HttpResponse, **kwargs: Any) -> None:
        super().set_headers(response)
        response["Content-Disposition"] = f'inline; filename="{kwargs["slug"]}.ics"'


class Shifts(CalendarFeed[Scope]):
    """Volunteer shifts, or what the board's filters leave of them."""

    def get_object(self, request: HttpRequest, *, now: datetime, **kwargs: Any) -> Scope:
        # PostgreSQL refuses a text with a NUL in it.
        asked = {name: request.GET.get(name, "") for name in ("role", "event", "office")}
        filters = {name: slug.replace("\x00", "") for name, slug in asked.items()}
        shifts = Shift.objects.effective(now - FEED_PAST, now + FEED_FUTURE).posted()
        return _scope(request, _("Volunteer shifts"), matching_shifts(shifts, **filters), filters)

    def listed(self, scope: Scope) -> list[Listed]:
        columns = ("pk", "uid", "revision", "starts_at", "ends_at", "timezone")
        return [
            Listed(*row) for row in scope.rows.order_by("starts_at", "id").values_list(*columns)
        ]

    def load(self, keys: Sequence[int]) -> list[tuple[int, Entry]]:
        shifts = Shift.objects.filter(pk__in=keys).effective().posted().with_all_shown()
        return [(shift.revision, shift_entry(shift)) for shift in shifts]


def _scope(
    request: HttpRequest, name: str, rows: Any, asked: Mapping[str, str] | None = None, q: str = ""
) -> Scope:
    """The scope of a feed of the whole site, which bears the office's name where there is one.

    ``asked``: the slugs that it is narrowed to, by what they are of; ``q``: the words. One query
    finds the offices and what people call all that.
    """
    slugs = {kind: slug for kind, slug in (asked or {}).items() if slug}
    names = {f"{kind}_asked": Subquery(_names(kind, slug)[:1]) for kind, slug in slugs.items()}
    offices = list(Office.objects.in_order().annotate(**names)[:2])
    # What does not exist (any more) is called as it was asked for.
    words = [getattr(next(iter(offices), None), f"{k}_asked", None) or s for k, s in slugs.items()]
    if words or q:
        narrowed_to = ", ".join(filter(None, [*words, q]))
        name = _("%(name)s: %(filters)s") % {"name": name, "filters": narrowed_to}
    description = name
    if len(offices) == 1:
        known = {"name": name, "office": offices[0].name}
        name, description = _("%(name)s – %(office)s") % known, _("%(name)s of %(office)s") % known
    return Scope(
        name=name,
        description=description,
        timezone=offices[0].timezone if offices else settings.TIME_ZONE,
        address=_address(request),
        rows=rows,
        revision=offices[0].revision if offices else 0,
    )


def _names(kind: str, slug: str) -> QuerySet[Any, str]:
    """Return what the rows of a slug are called in the language in use, one value each."""
    if kind == "office":
        return Office.objects.filter(slug=slug).values_list("name", flat=True)
    rows: dict[str, tuple[Any, str]] = {
        "topic": (Topic.objects.all(), "name"),
        "event": (Event.objects.posted(), "title"),
        "role": (VolunteerRole.objects.order_by("pk"), "name"),
    }
    known, column = rows[kind]
    named = called(known.filter(slug=slug), column, language_in_use())
    names: QuerySet[Any, str] = named.values_list("called", flat=True)
    return names


def _address(request: HttpRequest) -> str:
    return settings.SITE_URL + request.get_full_path()
