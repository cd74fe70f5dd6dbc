"""The list of events for a frame on the office's own site."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from events import clock
from events.errors import Refused
from events.framing import framed_anywhere
from events.models import Event, Office
from events.public_pages import public_page
from events.queries import EventFilters, listed_events, read_filters, read_page

USUAL = 5


@framed_anywhere
@public_page
def embed_events(request: HttpRequest) -> HttpResponse:
    """Show the first events of a list, ``limit`` of them (5 unless asked otherwise).

    The filters are the list's; ``office`` also gives the page its name and colours. What cannot be
    asked is 422, said inside the frame.
    """
    now = clock.now()
    offices = list(Office.objects.in_order())
    events: list[Event] = []
    filters, count, refused = EventFilters(), 0, None
    try:
        filters = read_filters(request.GET)
        limit, offset = read_page(request.GET, usual=USUAL)
        found = listed_events(filters, now)
        count = found.count()
        events = list(found.for_cards()[offset : offset + limit])
    except Refused as error:
        refused = error
    chosen = next((office for office in offices if office.slug == filters.office), None)
    query = filters.query()
    if filters.past:
        query = f"{query}&when=past".removeprefix("&")
    context = {
        "events": events,
        "count": count,
        "filters": filters,
        "refused": refused,
        "all_url": reverse("events") + (f"?{query}" if query else ""),
        "now": now,
        "office": chosen or next(iter(offices), None),
        "offices_count": len(offices),
        # One office's list need not say at each event whose it is.
        "names_offices": chosen is None and len(offices) > 1,
    }
    return render(request, "events/embed.html", context, status=422 if refused else 200)
