"""When a reminder is due: a lead, a start, a zone. Nothing here reads a row or a clock.

A lead is written ``7d`` (seven days before, at the hour of the start), ``1d@11:00`` (the day
before, at 11:00) or ``2h`` (two hours before; ``90m`` are minutes). Days are counted on the wall
clock of the event's zone and hours as they pass, so that both are what people expect over a change
of clocks.

Nobody is reminded in quiet hours, 21:00 to 08:00 in the event's zone. A reminder that falls into
them goes out when they end, at 08:00, if at least half of its lead is then left; otherwise at 20:00
before they begin. Two hours before 9:30 is 7:30: it goes at 8:00, with an hour and a half to go.
Two hours before 8:30 is 6:30, and at 8:00 it would be too late to leave home: it goes at 20:00 on
the evening before.
"""

import logging
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events import dates_text

logger = logging.getLogger(__name__)

QUIET_FROM = time(21)
QUIET_UNTIL = time(8)
#: When a reminder goes out that can only come before the quiet hours.
EVENING = time(20)

_LEAD = re.compile(r"(?P<days>[0-9]{1,3})d(@(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}))?|"
                   r"(?P<length>[0-9]{1,4})(?P<unit>[hm])")  # fmt: skip


@dataclass(frozen=True)
class Lead:
    """How long before the start: days on the wall clock, or a span of time."""

    text: str
    days: int = 0
    #: The time of day of a lead in days; None: the time of the start.
    at: time | None = None
    #: Of a lead in hours or minutes; None for one in days.
    span: timedelta | None = None


def parse_lead(text: str) -> Lead:
    """Read a lead; raises ValueError for what is none."""
    match = _LEAD.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is no lead; write 7d, 1d@11:00 or 2h.")
    if match["unit"]:
        unit = {"h": timedelta(hours=1), "m": timedelta(minutes=1)}[match["unit"]]
        return Lead(text, span=int(match["length"]) * unit)
    at = time(int(match["hour"]), int(match["minute"])) if match["hour"] else None
    return Lead(text, days=int(match["days"]), at=at)


def known_leads(texts: list[str]) -> list[Lead]:
    """Read an office's leads, the longest first. One that cannot be read stops no other."""
    leads = []
    for text in texts:
        try:
            leads.append(parse_lead(text))
        except (TypeError, ValueError):
            logger.error("A reminder cannot be read: %r", text)
    return sorted(leads, key=lambda lead: lead.span or timedelta(days=lead.days), reverse=True)


def longest(leads: list[Lead]) -> timedelta:
    """Return a span before a start within which all leads are due, quiet hours included."""
    margin = timedelta(days=1, hours=15)
    return margin + max(
        (lead.span or timedelta(days=lead.days) for lead in leads), default=timedelta()
    )


def due_at(lead: Lead, starts_at: datetime, timezone: str) -> datetime | None:
    """Return the instant (UTC) at which the reminder is due; None if it is not before the start.

    ``0d@09:00`` has none for what starts at 8:00.
    """
    zone = ZoneInfo(timezone)
    start = starts_at.astimezone(zone)
    if lead.span is not None:
        wanted = (starts_at - lead.span).astimezone(zone)
    else:
        day = start.date() - timedelta(days=lead.days)
        wanted = _instant(day, lead.at or start.time(), zone)
    if wanted.astimezone(UTC) >= starts_at:
        return None
    return _outside_quiet_hours(wanted, starts_at, zone).astimezone(UTC)


def is_quiet(instant: datetime, timezone: str) -> bool:
    """Whether nobody may be reminded at ``instant`` in this zone."""
    clock = instant.astimezone(ZoneInfo(timezone)).time()
    return clock >= QUIET_FROM or clock < QUIET_UNTIL


def end_of_quiet_hours(instant: datetime, timezone: str) -> datetime:
    """Return the instant (UTC) at which the quiet hours that ``instant`` is in are over."""
    zone = ZoneInfo(timezone)
    return _next_morning(instant.astimezone(zone), zone).astimezone(UTC)


def _next_morning(clock: datetime, zone: ZoneInfo) -> datetime:
    late = clock.time() >= QUIET_FROM
    return _instant(clock.date() + timedelta(days=1 if late else 0), QUIET_UNTIL, zone)


def _outside_quiet_hours(wanted: datetime, starts_at: datetime, zone: ZoneInfo) -> datetime:
    clock = wanted.time()
    if QUIET_UNTIL <= clock < QUIET_FROM:
        return wanted
    morning = _next_morning(wanted, zone)
    lead = starts_at - wanted.astimezone(UTC)
    if starts_at - morning.astimezone(UTC) >= lead / 2:
        return morning
    return _instant(morning.date() - timedelta(days=1), EVENING, zone)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone)


def lead_words(lead: Lead, language: str) -> str:
    """Say a lead in the active language: "one week before", "one day before, at 11:00 a.m."."""
    if lead.span is not None:
        minutes = int(lead.span.total_seconds()) // 60
        if minutes % 60:
            text = ngettext("%(count)s minute before", "%(count)s minutes before", minutes)
            return text % {"count": minutes}
        hours = minutes // 60
        text = ngettext("%(count)s hour before", "%(count)s hours before", hours)
        return text % {"count": hours}
    if lead.days == 0:
        words = _("on the day")
    elif lead.days == 1:
        words = _("the day before")
    elif lead.days % 7 == 0:
        weeks = lead.days // 7
        words = ngettext("%(count)s week before", "%(count)s weeks before", weeks) % {
            "count": weeks
        }
    else:
        text = ngettext("%(count)s day before", "%(count)s days before", lead.days)
        words = text % {"count": lead.days}
    if lead.at is None:
        return words
    return _("%(day)s at %(time)s") % {
        "day": words, "time": dates_text.clock_text(lead.at, language),
    }  # fmt: skip
