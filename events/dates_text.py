"""Dates and times in words, as pages and mail write them: "Thursday, June 11, 2026".

Pure functions of an instant, a zone and a language; mail, pages and flyers say the same thing
because they ask the same functions. Names of days and months and their order come from Babel
(CLDR); the form of times of day is our own where CLDR's is not what a public office would print:
"6:30–8:00 p.m.", "noon", Spanish "6:30–8:00 p.m." (Django's ``date`` filter knows neither).
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from django.utils.translation import gettext, override

# An event that ends by five in the morning still belongs to the evening on which it began.
LATE_NIGHT = time(5)
LONGEST_NIGHT = timedelta(hours=12)


class _Words(NamedTuple):
    """What CLDR lacks, for a language whose readers here use the 12-hour clock."""

    am: str
    pm: str
    noon: str
    midnight: str
    all_day: str
    until: str
    now: str
    today: str
    tomorrow: str
    yesterday: str


_WORDS = {
    "en": _Words(
        "a.m.", "p.m.", "noon", "midnight", "All day", "to", "now", "today", "tomorrow", "yesterday"
    ),
    "es": _Words(
        *("a.m.", "p.m.", "mediodía", "medianoche", "Todo el día", "hasta el"),
        *("ahora", "hoy", "mañana", "ayer"),
    ),
}
# The readers are in the United States: "11 de junio", but a week that begins on Sunday.
_LOCALES = {"en": "en_US", "es": "es_US"}
# Weekday, month and day without the year, as the full format writes them.
_DAY_PATTERNS = {"en": "EEEE, MMMM d", "es": "EEEE, d 'de' MMMM"}


@cache
def babel_locale(language: str) -> Locale:
    """Return Babel's locale for a Django language code (``es``, ``zh-hans``), English if none."""
    code = _LOCALES.get(language, language.replace("-", "_"))
    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_US")


def _words(language: str) -> _Words | None:
    return _WORDS.get(language.partition("-")[0])


def local(instant: datetime, timezone: str) -> datetime:
    """Return an aware instant on the wall clock of an IANA zone."""
    return instant.astimezone(ZoneInfo(timezone))


def date_text(day: date, language: str, *, weekday: bool = True, year: bool = True) -> str:
    """Return "Thursday, June 11, 2026", and less where the page says the rest already."""
    locale = babel_locale(language)
    if not weekday:
        return format_date(day, "long", locale=locale)
    if year:
        return format_date(day, "full", locale=locale)
    pattern = _DAY_PATTERNS.get(language.partition("-")[0])
    if pattern is None:
        return format_date(day, "full", locale=locale)
    return format_date(day, pattern, locale=locale)


def month_text(day: date, language: str, *, year: bool = True) -> str:
    """Return the month of a date as a heading: "June 2026", "Junio de 2026"; or "Junio"."""
    locale = babel_locale(language)
    if year:
        text = format_skeleton("yMMMM", day, locale=locale)
    else:
        text = format_date(day, "LLLL", locale=locale)
    return f"{text[:1].upper()}{text[1:]}"


def clock_text(moment: time | datetime, language: str) -> str:
    """Return a time of day: "6:30 p.m.", "noon", "midnight"."""
    words = _words(language)
    if words is None:
        plain = moment.time() if isinstance(moment, datetime) else moment
        return format_time(plain.replace(tzinfo=None), "short", locale=babel_locale(language))
    if moment.minute == 0 and moment.hour in (0, 12):
        return words.noon if moment.hour == 12 else words.midnight
    return f"{_digits(moment)} {_half(moment, words)}"


def _digits(moment: time | datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment.minute:02d}"


def _half(moment: time | datetime, words: _Words) -> str:
    return words.am if moment.hour < 12 else words.pm


def zone_text(moment: datetime) -> str:
    """Return the abbreviation of an aware local time's zone: "PDT"; "UTC-3" where it has none."""
    name = moment.tzname() or ""
    if name[:1] not in ("+", "-"):
        return name
    hours, minutes = name[1:3], name[3:]
    return f"UTC{name[0]}{int(hours)}" + (f":{minutes}" if minutes else "")


def clock_range(start: datetime, end: datetime | None, language: str) -> str:
    """Return the times of one day, "6:30–8:00 p.m."; both halves of the day are named if two."""
    if end is None or end == start:
        return clock_text(start, language)
    words = _words(language)
    first, last = clock_text(start, language), clock_text(end, language)
    if words and start.date() == end.date():
        half = _half(start, words)
        if first.endswith(half) and last.endswith(half):
            first = _digits(start)
    return f"{first}–{last}"


def _last_day(start: datetime, end: datetime | None, all_day: bool) -> date:
    """Return the last local day that an event takes up. The end is exclusive, as DTEND is."""
    if end is None or end <= start:
        return start.date()
    last = (end - timedelta(microseconds=1)).date()
    next_day = start.date() + timedelta(days=1)
    late = end.time() <= LATE_NIGHT and end - start < LONGEST_NIGHT
    if last == next_day and late and not all_day:
        return start.date()
    return last


def day_text(
    starts_at: datetime,
    ends_at: datetime | None,
    timezone: str,
    language: str,
    *,
    all_day: bool = False,
    year: bool = True,
) -> str:
    """Return the day of an event, or its first and last day: "Thursday, June 11, 2026"."""
    start, end = _wall_clock(starts_at, ends_at, timezone)
    last = _last_day(start, end, all_day)
    if last == start.date():
        return date_text(last, language, year=year)
    first_year = year and start.year != last.year
    first = date_text(start.date(), language, year=first_year)
    return f"{first} – {date_text(last, language, year=year)}"


def time_text(
    starts_at: datetime,
    ends_at: datetime | None,
    timezone: str,
    language: str,
    *,
    all_day: bool = False,
    zone: bool = True,
) -> str:
    """Return the hours of an event with their zone, "6:30–8:00 p.m. PDT", or "All day"."""
    if all_day:
        words = _words(language)
        if words:
            return words.all_day
        with override(language):
            return gettext("All day")
    start, end = _wall_clock(starts_at, ends_at, timezone)
    text = clock_range(start, end, language)
    if not zone:
        return text
    if end is not None and end.tzname() != start.tzname() and end != start:
        first, last = clock_text(start, language), clock_text(end, language)
        return f"{first} {zone_text(start)}–{last} {zone_text(end)}"
    return f"{text} {zone_text(start)}"


def when_lines(
    starts_at: datetime,
    ends_at: datetime | None,
    timezone: str,
    language: str,
    *,
    all_day: bool = False,
    year: bool = True,
) -> list[str]:
    """Return when something is as two lines: its day and its hours.

    Over several days the lines are the beginning and the end. An all-day event has its days,
    then "All day".
    """
    start, end = _wall_clock(starts_at, ends_at, timezone)
    if all_day or end is None or _last_day(start, end, all_day) == start.date():
        return [
            day_text(starts_at, ends_at, timezone, language, all_day=all_day, year=year),
            time_text(starts_at, ends_at, timezone, language, all_day=all_day),
        ]
    words = _words(language)
    until = f"{words.until} " if words else "– "
    begins = f"{date_text(start.date(), language, year=year)}, {clock_text(start, language)}"
    if start.tzname() != end.tzname():
        begins = f"{begins} {zone_text(start)}"
    ends = f"{date_text(end.date(), language, year=year)}, {clock_text(end, language)}"
    return [begins, f"{until}{ends} {zone_text(end)}"]


def when_text(
    starts_at: datetime,
    ends_at: datetime | None,
    timezone: str,
    language: str,
    *,
    all_day: bool = False,
    year: bool = True,
) -> str:
    """Return when something is in one line: "Thursday, June 11, 2026, 6:30–8:00 p.m. PDT"."""
    first, second = when_lines(starts_at, ends_at, timezone, language, all_day=all_day, year=year)
    start, end = _wall_clock(starts_at, ends_at, timezone)
    if all_day:
        return f"{first} ({second[:1].lower()}{second[1:]})"
    if end is None or _last_day(start, end, all_day) == start.date():
        return f"{first}, {second}"
    return f"{first} {second}"


def moment_text(instant: datetime, timezone: str, language: str) -> str:
    """Return one instant in full, for deadlines: "Tuesday, June 9, 2026, 5:00 p.m. PDT"."""
    moment = local(instant, timezone)
    day = date_text(moment.date(), language)
    return f"{day}, {clock_text(moment, language)} {zone_text(moment)}"


def relative_text(
    starts_at: datetime, ends_at: datetime | None, timezone: str, now: datetime, language: str
) -> str:
    """Return how far off something is, to stand beside its date: "in 3 days", "tomorrow".

    Days are those of the zone's calendar: at 23:00 an event at 8:00 is "tomorrow".
    """
    start, today = local(starts_at, timezone).date(), local(now, timezone).date()
    words = _words(language)
    if words and starts_at <= now < (ends_at or starts_at):
        return words.now
    days = (start - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days)
    if words and near:
        return str(getattr(words, near))
    return str(
        format_timedelta(
            timedelta(days=days),
            granularity="day",
            threshold=2,
            add_direction=True,
            locale=babel_locale(language),
        )
    )


def _wall_clock(
    starts_at: datetime, ends_at: datetime | None, timezone: str
) -> tuple[datetime, datetime | None]:
    return local(starts_at, timezone), local(ends_at, timezone) if ends_at else None


class Days(NamedTuple):
    """The first and the last day of something on the calendar of the place where it happens."""

    first: date
    last: date


def days_of(
    starts_at: datetime, ends_at: datetime | None, timezone: str, *, all_day: bool = False
) -> Days:
    """Return the days that something takes up; an evening that ends after midnight is one day."""
    start, end = _wall_clock(starts_at, ends_at, timezone)
    return Days(start.date(), _last_day(start, end, all_day))
