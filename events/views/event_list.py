"""The list of events and its filters."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from events import clock, dates_text
from events.errors import Refused
from events.forms import EventFilterForm
from events.models import Event, Office, Topic
from events.public_pages import public_page
from events.queries import EventFilters, listed_events, read_filters, read_page

PAGE_SIZE = 20


class MonthOfList(NamedTuple):
    """The events of a page that begin in one month."""

    first_day: date
    events: list[Event]


@public_page
def event_list(request: HttpRequest) -> HttpResponse:
    """Show upcoming events, or past ones with ``when=past``, by month, narrowed by the filters.

    A filter or a page that cannot be is 422, with the reason beside the field.
    """
    now = clock.now()
    offices = list(Office.objects.in_order())
    topics = list(Topic.objects.prefetch_related("translations"))
    form = EventFilterForm(request.GET, topics=topics, offices=offices)
    status, count, offset, limit = 200, 0, 0, PAGE_SIZE
    page: list[Event] = []
    filters = EventFilters()
    try:
        filters = read_filters(request.GET)
        limit, offset = read_page(request.GET, usual=PAGE_SIZE)
        found = listed_events(filters, now)
        count = found.count()
        page = list(found.for_cards()[offset : offset + limit])
    except Refused as refused:
        form.refuse(refused.field, refused.message)
        status = 422
    chosen = next((office for office in offices if office.slug == filters.office), None)
    return render(
        request,
        "events/list.html",
        {
            "months": list(by_month(page)),
            "count": count,
            "offset": offset,
            "limit": limit,
            "filters": filters,
            "form": form,
            "tabs": _tabs(filters),
            "all_url": _address(EventFilters(past=filters.past)),
            "feed_url": _with_query(reverse("feed-events"), filters.query()),
            "now": now,
            "office": chosen or next(iter(offices), None),
            "offices_count": len(offices),
        },
        status=status,
    )


def by_month(events: list[Event]) -> Iterator[MonthOfList]:
    """Group events that follow each other by the month in which they begin where they are."""

    def first_day(event: Event) -> date:
        return dates_text.local(event.starts_at, event.timezone).date().replace(day=1)

    for day, group in groupby(events, key=first_day):
        yield MonthOfList(day, list(group))


def _tabs(filters: EventFilters) -> list[dict[str, object]]:
    return [
        {
            "label": label,
            "url": _address(EventFilters(**{**vars(filters), "past": past})),
            "current": filters.past is past,
            "count": None,
        }
        for label, past in ((_("Upcoming"), False), (_("Past"), True))
    ]


def _address(filters: EventFilters) -> str:
    query = filters.query()
    if filters.past:
        query = "&".join(part for part in (query, urlencode({"when": "past"})) if part)
    return _with_query(reverse("events"), query)


def _with_query(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address
