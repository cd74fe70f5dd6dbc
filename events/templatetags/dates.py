"""Dates in words inside ``<time>``, in the language of the page.

``{% when event %}`` and its kin take anything with ``starts_at``, ``ends_at`` and ``timezone``
(and ``all_day``, if it has it): an event, a shift, a card of either. The words come from
``events.dates_text``, which mail uses as well.
"""

from datetime import date, datetime, timedelta
from typing import Any, Protocol

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from events import dates_text
from events.languages import language_in_use

register = template.Library()


class Occasion(Protocol):
    """What a date tag needs to know; ``all_day`` may be missing."""

    starts_at: datetime
    ends_at: datetime | None
    timezone: str


def _parts(occasion: Occasion) -> dict[str, Any]:
    return {
        "starts_at": occasion.starts_at,
        "ends_at": occasion.ends_at,
        "timezone": occasion.timezone,
        "language": language_in_use(),
        "all_day": getattr(occasion, "all_day", False),
    }


def _machine(instant: datetime, timezone: str, all_day: bool) -> str:
    moment = dates_text.local(instant, timezone)
    return moment.date().isoformat() if all_day else moment.isoformat(timespec="minutes")


def _begin(occasion: Occasion) -> str:
    all_day = getattr(occasion, "all_day", False)
    return _machine(occasion.starts_at, occasion.timezone, all_day)


def _end(occasion: Occasion) -> str:
    if occasion.ends_at is None:
        return _begin(occasion)
    all_day = getattr(occasion, "all_day", False)
    last = occasion.ends_at - timedelta(microseconds=1 if all_day else 0)
    return _machine(last, occasion.timezone, all_day)


@register.simple_tag
def when(occasion: Occasion) -> SafeString:
    """Write day and hours in two lines, each in ``<time>``: for the page of one thing."""
    first, second = dates_text.when_lines(**_parts(occasion))
    return format_html(
        '<span class="when"><time datetime="{}">{}</time> <time datetime="{}">{}</time></span>',
        _begin(occasion),
        first,
        _end(occasion),
        second,
    )


@register.simple_tag
def when_line(occasion: Occasion, year: bool = True) -> SafeString:
    """Write day and hours in one line inside ``<time>``: "Thursday, June 11, 2026, 6:30–8:00 …"."""
    text = dates_text.when_text(**_parts(occasion), year=year)
    hours = dates_text.time_text(**_parts(occasion))
    if text.endswith(hours):
        # The hours of one day stay on one line.
        text = format_html('{}<span class="nowrap">{}</span>', text.removesuffix(hours), hours)
    return format_html('<time datetime="{}">{}</time>', _begin(occasion), text)


@register.simple_tag
def when_words(occasion: Occasion) -> str:
    """Return :func:`when_line` as bare text, for mail and for text inside other words."""
    return dates_text.when_text(**_parts(occasion))


@register.simple_tag
def day_of(occasion: Occasion, year: bool = True) -> SafeString:
    """Write the day, or the first and the last: "Thursday, June 11, 2026"."""
    text = dates_text.day_text(**_parts(occasion), year=year)
    return format_html('<time datetime="{}">{}</time>', _begin(occasion)[:10], text)


@register.simple_tag
def hours_of(occasion: Occasion, zone: bool = True) -> SafeString:
    """Write the hours: "6:30–8:00 p.m. PDT", or "All day"."""
    text = dates_text.time_text(**_parts(occasion), zone=zone)
    return format_html('<time datetime="{}">{}</time>', _begin(occasion), text)


@register.simple_tag
def zone_of(occasion: Occasion) -> str:
    """Return the abbreviation of the zone on that day, "PDT", for hours written without it."""
    return dates_text.zone_text(dates_text.local(occasion.starts_at, occasion.timezone))


@register.simple_tag
def relative(occasion: Occasion, now: datetime) -> str:
    """Return how far off it is, to stand beside the date: "in 3 days"."""
    return dates_text.relative_text(
        occasion.starts_at, occasion.ends_at, occasion.timezone, now, language_in_use()
    )


@register.simple_tag
def date_block(occasion: Occasion) -> SafeString:
    """Draw the leaf of a calendar. Decoration: the words beside it say the same in full."""
    start = dates_text.local(occasion.starts_at, occasion.timezone)
    locale = dates_text.babel_locale(language_in_use())
    pieces = (
        ("month", locale.months["stand-alone"]["abbreviated"][start.month]),
        ("day", start.day),
        ("weekday", locale.days["stand-alone"]["abbreviated"][start.weekday()]),
    )
    inner = format_html_join("", '<span class="date-block__{}">{}</span>', pieces)
    return format_html('<span class="date-block" aria-hidden="true">{}</span>', inner)


@register.filter
def moment(instant: datetime, timezone: str) -> SafeString:
    """Write one instant in full: "Tuesday, June 9, 2026, 5:00 p.m. PDT"."""
    text = dates_text.moment_text(instant, timezone, language_in_use())
    return format_html('<time datetime="{}">{}</time>', _machine(instant, timezone, False), text)


@register.filter
def day(instant: datetime, timezone: str) -> SafeString:
    """Write the day of an instant without its weekday: "June 9, 2026", for "Posted …"."""
    return plain_day(dates_text.local(instant, timezone).date())


@register.filter
def plain_day(value: date) -> SafeString:
    """Write a calendar date that has no time and no zone: "June 9, 2026"."""
    text = dates_text.date_text(value, language_in_use(), weekday=False)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.filter
def weekday_day(value: date) -> SafeString:
    """Write a calendar date with its weekday: "Tuesday, June 9, 2026"."""
    return format_html(
        '<time datetime="{}">{}</time>',
        value.isoformat(),
        dates_text.date_text(value, language_in_use()),
    )


@register.filter
def weekday_of(instant: datetime, timezone: str) -> SafeString:
    """Write the day of an instant with its weekday: "Tuesday, June 9, 2026"."""
    return weekday_day(dates_text.local(instant, timezone).date())


@register.simple_tag
def start_of(occasion: Occasion) -> str:
    """Return when something begins, for narrow places: "6:30 p.m."."""
    start = dates_text.local(occasion.starts_at, occasion.timezone)
    return dates_text.clock_text(start, language_in_use())


@register.filter
def clock_in(instant: datetime, timezone: str) -> SafeString:
    """Write the time of day of an instant: "6:40 p.m."."""
    text = dates_text.clock_text(dates_text.local(instant, timezone), language_in_use())
    return format_html('<time datetime="{}">{}</time>', _machine(instant, timezone, False), text)


@register.filter
def iso(value: date) -> str:
    """Return a date as machines read it."""
    return value.isoformat()


@register.filter
def month_name(value: date, year_is_known: bool = False) -> str:
    """Return the month and year of a date: "June 2026"; "June" where its reader knows the year."""
    return dates_text.month_text(value, language_in_use(), year=not year_is_known)
