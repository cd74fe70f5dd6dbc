"""Links that put one event into a calendar on the web. Pure functions; nothing is fetched.

The public's own programs take the event's ``.ics`` file. These links are for the calendars that
live in a browser; each is the address that its maker documents for "add to calendar" buttons.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from events import dates_text


class CalendarLinks(NamedTuple):
    """Addresses that open a filled-in entry."""

    google: str
    outlook: str
    office365: str


def calendar_links(
    *,
    title: str,
    details: str,
    location: str,
    starts_at: datetime,
    ends_at: datetime,
    timezone: str,
    all_day: bool = False,
) -> CalendarLinks:
    """Return links for Google Calendar and for Outlook, at home and at work.

    ``details`` is plain text. A day-long event is written as dates, the last one exclusive.
    """
    if all_day:
        days = dates_text.days_of(starts_at, ends_at, timezone, all_day=True)
        after = days.last + timedelta(days=1)
        google_dates = f"{days.first:%Y%m%d}/{after:%Y%m%d}"
        start, end = days.first.isoformat(), after.isoformat()
    else:
        google_dates = "/".join(
            f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in (starts_at, ends_at)
        )
        start, end = (f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (starts_at, ends_at))
    google = {
        "action": "TEMPLATE",
        "text": title,
        "dates": google_dates,
        "ctz": timezone,
        "details": details,
        "location": location,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": start,
        "enddt": end,
        "body": details,
        "location": location,
    }
    if all_day:
        outlook["allday"] = "true"
    compose = f"/calendar/0/deeplink/compose?{urlencode(outlook)}"
    return CalendarLinks(
        google=f"https://calendar.google.com/calendar/render?{urlencode(google)}",
        outlook=f"https://outlook.live.com{compose}",
        office365=f"https://outlook.office.com{compose}",
    )
