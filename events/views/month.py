"""The calendar of a month, as a table and as a list."""

from datetime import date, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from events import clock, dates_text
from events.languages import language_in_use
from events.models import Office
from events.month_table import month_table, weeks_of
from events.public_pages import public_page
from events.queries import events_on_days, touches

#: Months that search engines may list: far ones are empty, and there is no end of them.
LISTED_BEFORE = timedelta(days=366)
LISTED_AFTER = timedelta(days=400)
#: The first and the last year that an address can name (``events.urls.Year``).
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 1)


@public_page
def this_month(request: HttpRequest) -> HttpResponse:
    """Show the month that it is where the office is."""
    return _show(request, None)


@public_page
def one_month(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """Show one month; its weeks are whole, so a few days of the months beside it are there, too."""
    return _show(request, date(year, month, 1))


def _show(request: HttpRequest, first: date | None) -> HttpResponse:
    now = clock.now()
    language = language_in_use()
    offices = list(Office.objects.in_order())
    zone = offices[0].timezone if offices else settings.TIME_ZONE
    today = dates_text.local(now, zone).date()
    first = first or today.replace(day=1)
    weeks = weeks_of(first.year, first.month, language)
    events = events_on_days(weeks[0][0], weeks[-1][-1])
    table = month_table(first.year, first.month, events, today, language)
    last = table.following - timedelta(days=1)
    return render(
        request,
        "events/month.html",
        {
            "month": table,
            "first": first,
            "events": [event for event in events if touches(event, first, last)],
            "previous_url": _address(table.previous) if first > FIRST else "",
            "following_url": _address(table.following) if first < LAST else "",
            "today_url": "" if first == today.replace(day=1) else reverse("calendar"),
            "is_listed": today - LISTED_BEFORE <= first <= today + LISTED_AFTER,
            "now": now,
            "office": next(iter(offices), None),
            "offices_count": len(offices),
        },
    )


def _address(first: date) -> str:
    return reverse("calendar-month", kwargs={"year": first.year, "month": first.month})
