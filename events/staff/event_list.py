"""The events of the desk: what comes, drafts, what is over, what was cancelled."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events import clock, search
from events.choices import offer
from events.models import Event, EventStatus, Office, Series
from events.models.event import EventQuerySet
from events.queries import read_page, with_waitlist_length
from events.staff.access import (
    StaffRequest,
    asked_key,
    chosen_office,
    desk_page,
    own_row,
    staff_page,
)

PAGE_SIZE = 50


class View(NamedTuple):
    """One tab of the list."""

    name: str
    label: Any
    rows: Callable[[EventQuerySet, datetime], EventQuerySet]


def upcoming(events: EventQuerySet, now: datetime) -> EventQuerySet:
    """Public and not over; what is postponed waits for a new date here."""
    coming = events.posted().exclude(status=EventStatus.CANCELLED)
    coming = coming.filter(Q(ends_at__gt=now) | Q(status=EventStatus.POSTPONED))
    return coming.order_by("starts_at", "id")


def drafts(events: EventQuerySet, now: datetime) -> EventQuerySet:
    """Not public yet, soonest first."""
    return (
        events.filter(posted_at=None)
        .exclude(status=EventStatus.CANCELLED)
        .order_by("starts_at", "id")
    )


def past(events: EventQuerySet, now: datetime) -> EventQuerySet:
    return events.posted().going_on().past(now)


def cancelled(events: EventQuerySet, now: datetime) -> EventQuerySet:
    return events.filter(status=EventStatus.CANCELLED).order_by("-starts_at", "-id")


VIEWS = [
    View("", _("Coming"), upcoming),
    View("drafts", _("Drafts"), drafts),
    View("past", _("Past"), past),
    View("cancelled", pgettext_lazy("several", "Cancelled"), cancelled),
]


class DeskFilterForm(forms.Form):
    """The search above the list; the office only where there are several."""

    mark_optional = False

    q = forms.CharField(
        label=_("Title, place or other words"),
        required=False,
        widget=forms.TextInput({"type": "search"}),
    )
    office = forms.ChoiceField(label=_("Office"), required=False)
    view = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, asked: QueryDict, *, offices: list[Office]) -> None:
        super().__init__(initial={name: asked.get(name, "") for name in ("q", "office", "view")})
        offer(self, "office", [("", _("All offices")), *((o.slug, o.name) for o in offices)])
        if len(offices) < 2:
            del self.fields["office"]
        if not asked.get("view"):
            del self.fields["view"]


@staff_page("edit_events")
def event_list(request: StaffRequest) -> HttpResponse:
    """Show the events of this member's offices, one date of each series unless it is asked for."""
    now = clock.now()
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    asked = request.GET.get("office")
    office = chosen_office(request, asked) if asked else None
    events = Event.objects.filter(office__in=[office] if office else request.offices)
    words = request.GET.get("q", "").replace("\x00", "").strip()
    if words:
        events = search.matching(events, words)
    series = None
    if (key := asked_key(request, "series")) is not None:
        series = own_row(request, Series.objects.all(), pk=key)
        events = events.filter(series=series)
    chosen = next((v for v in VIEWS if v.name == request.GET.get("view", "")), VIEWS[0])
    tabs, shown, count = [], events.none(), 0
    for view in VIEWS:
        rows = view.rows(events, now)
        if not words and series is None and view.rows in (upcoming, drafts):
            rows = one_of_each_series(rows)
        found = rows.count()
        query = {"view": view.name, "q": words, "office": asked, "series": series and series.pk}
        url = "?" + urlencode({name: value for name, value in query.items() if value})
        current = view is chosen
        tabs.append({"label": view.label, "url": url, "current": current, "count": found})
        if current:
            shown, count = rows, found
    page = with_waitlist_length(shown).for_cards()[offset : offset + limit]
    context = {
        "tabs": tabs,
        "view": chosen.name,
        "events": page,
        "series": series,
        "form": DeskFilterForm(request.GET, offices=request.offices),
        "is_narrowed": bool(words or asked or series),
        "is_empty": not any(tab["count"] for tab in tabs),
        "now": now,
        "offset": offset,
        "limit": limit,
        "count": count,
    }
    return desk_page(request, "events/staff/events.html", context, section="events", office=office)


def one_of_each_series(rows: EventQuerySet) -> EventQuerySet:
    """Keep the first date of each series, with ``more_dates`` of the same kind after it."""
    same = rows.order_by().filter(series=OuterRef("series"))
    sooner = same.filter(starts_at__lt=OuterRef("starts_at"))
    others = same.exclude(pk=OuterRef("pk")).values("series").annotate(n=Count("pk")).values("n")
    return rows.exclude(Exists(sooner)).annotate(more_dates=Coalesce(Subquery(others), 0))
