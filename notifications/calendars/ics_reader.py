"""Reads a calendar file as Google, Apple and Outlook export it, into one row for each date.

One broken event is named with its reason; the others go in. A repeating event is written out within
a window, in local wall time, with its exceptions and moved dates applied: the rows have no RRULE.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import FunctionType

import dateutil.rrule
from dateutil.rrule import rrulestr

from notifications.calendars.html_text import plain_text
from notifications.calendars.ics_lines import Component, Property, Unreadable, components
from notifications.calendars.ics_values import When, Zones, duration, last_moment
from notifications.calendars.vtimezone import zone_info

MOST_DATES = 2000
"""Of one repeating event. A thousand daily dates are a slip of somebody's mouse."""

_MOST_STEPS = 20_000
_STATUS = {"TENTATIVE": "tentative", "CANCELLED": "cancelled"}
_TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
_MEETING_LINKS = ("X-GOOGLE-CONFERENCE", "CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL")


@dataclass(frozen=True, slots=True)
class Row:
    """One date of the file. Instants are aware, in UTC.

    `recurrence_id` is empty for an event that does not repeat, else the original start of this date
    ("20260612T013000Z", or "20260611" of an all-day one), which it keeps when it is moved.
    All-day rows begin and end at local midnight of `timezone`. `meeting_url` is where to join.
    """

    source_uid: str
    recurrence_id: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    all_day: bool
    title: str
    description: str
    location: str
    url: str
    meeting_url: str
    status: str
    categories: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Problem:
    """An event that was left out: its UID and title if they could be read, its line, and why."""

    uid: str
    title: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: the calendar's own name, its rows by start, and what could not be read."""

    name: str
    rows: list[Row]
    problems: list[Problem]


def read(data: bytes, *, zone: str, since: datetime, until: datetime) -> Reading:
    """Read a calendar file.

    `zone` is the office's, for times without one. `since` and `until` bound the dates of repeating
    events (those that end before `since` or start after `until` are left out); an event that does
    not repeat is always read. Raises `ics_lines.NotACalendar`.
    """
    parts = components(data)
    calendar = next(part for part in parts if part.name == "VCALENDAR")
    zones = Zones(zone, [part for part in parts if part.name == "VTIMEZONE"], calendar, since)
    problems: list[Problem] = []
    rows: list[Row] = []
    for masters, overrides in _by_uid([part for part in parts if part.name == "VEVENT"]):
        rows += _rows(masters, overrides, zones, since, until, problems)
    rows.sort(key=lambda row: (row.starts_at, row.source_uid, row.recurrence_id))
    problems.sort(key=lambda problem: problem.line)
    return Reading(calendar.text("X-WR-CALNAME") or calendar.text("NAME"), rows, problems)


def _by_uid(events: list[Component]) -> list[tuple[list[Component], list[Component]]]:
    """The events of each UID: those that stand for themselves, and the changed dates."""
    groups: dict[str, tuple[list[Component], list[Component]]] = {}
    for event in events:
        uid = event.text("UID") or f"line {event.line}"
        masters, overrides = groups.setdefault(uid, ([], []))
        (overrides if event.first("RECURRENCE-ID") else masters).append(event)
    return list(groups.values())


def _rows(
    masters: list[Component],
    overrides: list[Component],
    zones: Zones,
    since: datetime,
    until: datetime,
    problems: list[Problem],
) -> list[Row]:
    changed: dict[str, Row | None] = {}
    for event in overrides:
        original = None
        try:
            original = zones.when(_required(event, "RECURRENCE-ID"))
            changed[original.key] = replace(_row(event, zones), recurrence_id=original.key)
        except Unreadable as problem:
            problems.append(_problem(event, problem))
            if original is not None:
                # Where it was moved to is not known, and where it was is no longer true.
                changed[original.key] = None
    rows: list[Row] = []
    # The latest of several with one UID is the one that counts (RFC 5545 section 3.8.7.4).
    masters = sorted(masters, key=lambda event: event.text("SEQUENCE").zfill(9))
    for stale in masters[:-1]:
        reason = "A later event in the file has the same UID."
        problems.append(_problem(stale, Unreadable(reason, stale.line)))
    for event in masters[-1:]:
        try:
            row = _row(event, zones)
            if not (event.first("RRULE") or event.first("RDATE")):
                rows.append(row)
                continue
            for start, end in _dates(event, zones, since, until):
                if start.key not in changed:
                    rows.append(
                        replace(
                            row,
                            recurrence_id=start.key,
                            starts_at=start.instant,
                            ends_at=end,
                        )
                    )
        except Unreadable as problem:
            problems.append(_problem(event, problem))
    return rows + [
        row
        for row in changed.values()
        if row is not None and row.ends_at >= since and row.starts_at < until
    ]


def _row(event: Component, zones: Zones) -> Row:
    """The event itself, or its first date."""
    if event.problem is not None:
        raise event.problem
    uid = event.text("UID")
    if not uid:
        raise Unreadable("It has no UID, so a later run could not know it again.", event.line)
    if len(uid) > 255:
        raise Unreadable("Its UID is longer than 255 characters.", event.line)
    if event.text("CLASS").upper() in ("PRIVATE", "CONFIDENTIAL"):
        raise Unreadable("It is marked as private.", event.line)
    title = " ".join(plain_text(event.text("SUMMARY")).split())
    if not title:
        raise Unreadable("It has no title.", event.line)
    start, end = _span(event, zones)
    place = event.text("LOCATION") or _apple_place(event)
    links = [found.value.strip() for name in _MEETING_LINKS for found in event.every(name)]
    if re.fullmatch(r"https?://\S+", place):
        links.insert(0, place)
        place = ""
    return Row(
        source_uid=uid,
        recurrence_id="",
        starts_at=start.instant,
        ends_at=end,
        timezone=start.zone,
        all_day=start.is_date,
        title=title,
        description=plain_text(event.text("DESCRIPTION")),
        location=", ".join(part.strip(" ,") for part in place.splitlines() if part.strip(" ,")),
        url=event.text("URL"),
        meeting_url=next((link for link in links if link.startswith(("http://", "https://"))), ""),
        status=_STATUS.get(event.text("STATUS").upper(), "confirmed"),
        categories=tuple(
            text for found in event.every("CATEGORIES") for text in found.texts if text
        ),
        line=event.line,
    )


def _apple_place(event: Component) -> str:
    """Apple's own property, for the places whose LOCATION it left out."""
    found = event.first("X-APPLE-STRUCTURED-LOCATION")
    if found is None:
        return ""
    parts = (found.parameters.get(name, "") for name in ("X-TITLE", "X-ADDRESS"))
    return "\n".join(part.replace("\\n", "\n") for part in parts if part)


def _span(event: Component, zones: Zones) -> tuple[When, datetime]:
    """Start and end of the event; RFC 5545 section 3.6.1 for those without an end."""
    start = zones.when(_required(event, "DTSTART"))
    if ends := event.first("DTEND"):
        end = zones.when(ends)
        if end.is_date != start.is_date:
            raise Unreadable(
                "One of its start and end is a whole day, the other a time.", ends.line
            )
        if start.is_date and end.wall == start.wall:
            end = replace(end, wall=end.wall + timedelta(days=1))
        if end.instant < start.instant:
            raise Unreadable("It ends before it starts.", ends.line)
        return start, end.instant
    if lasts := event.first("DURATION"):
        days, rest = duration(lasts)
        nominal = replace(start, wall=start.wall + days)
        return start, nominal.instant + rest
    if start.is_date:
        return start, replace(start, wall=start.wall + timedelta(days=1)).instant
    return start, start.instant


def _dates(
    event: Component, zones: Zones, since: datetime, until: datetime
) -> Iterator[tuple[When, datetime]]:
    """Start and end of each date in the window, in order, those that EXDATE takes out left out.

    All dates last as long as the first (RFC 5545 section 3.8.5.3), an all-day one in whole days.
    """
    first, first_end = _span(event, zones)
    lasts = first_end - first.instant
    days = timedelta(days=round(lasts / timedelta(days=1)))
    out = set()
    for found in event.every("EXDATE"):
        for when in zones.whens(found):
            # An exception by date takes out whatever is on that day.
            out.add(when.wall.date() if when.is_date else when.instant)
    ends: dict[datetime, datetime] = {}
    starts = {first.wall}
    horizon = until.astimezone(zone_info(first.zone)).replace(tzinfo=None)
    for rule in event.every("RRULE"):
        starts.update(_ruled(rule, first, horizon))
    for found in event.every("RDATE"):
        for start, end in _periods(found, zones):
            wall = start.instant.astimezone(zone_info(first.zone)).replace(tzinfo=None)
            starts.add(start.wall if start.is_date else wall)
            if end is not None:
                ends[wall] = end
    dates = []
    for wall in sorted(starts):
        start = replace(first, wall=wall)
        if wall.date() in out or start.instant in out:
            continue
        end = replace(start, wall=wall + days).instant if start.is_date else start.instant + lasts
        end = ends.get(wall, end)
        if end >= since and start.instant < until:
            dates.append((start, end))
    if len(dates) > MOST_DATES:
        raise Unreadable(f"It repeats more than {MOST_DATES} times.", event.line)
    yield from dates


def _ruled(rule: Property, first: When, horizon: datetime) -> list[datetime]:
    """The local starts that the rule gives up to the horizon.

    UNTIL is turned into local time, and COUNT is counted here, so that a rule with no dates at all
    (30 February) ends at the horizon and not in the year 9999.
    """
    parts = dict(
        part.split("=", 1) for part in rule.value.strip().upper().split(";") if "=" in part
    )
    if parts.get("FREQ") in _TOO_OFTEN:
        raise Unreadable(f"It repeats {parts['FREQ'].lower()}.", rule.line)
    unreadable = Unreadable(f"Its rule of repetition cannot be read: {rule.value}.", rule.line)
    if not re.fullmatch(r"[1-9]\d*", parts.get("INTERVAL", "1")):
        raise unreadable
    count = parts.pop("COUNT", None)
    last = horizon
    if until := parts.pop("UNTIL", None):
        last = min(last, last_moment(Property("UNTIL", {}, until, rule.line), first))
    text = ";".join(f"{name}={value}" for name, value in parts.items() if not name.startswith("X-"))
    try:
        ruled = rrulestr(f"{text};UNTIL={last:%Y%m%dT%H%M%S}", dtstart=first.wall)
        most = min(int(count or _MOST_STEPS), _MOST_STEPS)
        dates = list(itertools.islice(_until_its_horizon(ruled), most))
    except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise unreadable from error
    if len(dates) == _MOST_STEPS:
        # Dates before the window count, too: what is left of them would be wrong.
        raise Unreadable(f"It repeats more than {_MOST_STEPS} times since its start.", rule.line)
    return dates


class _PastHorizon(Exception):
    """The rule has come to a year after its last one."""


class _UpToHorizon(dateutil.rrule._iterinfo):
    """What dateutil knows of the year that it looks through; stops at the rule's last one."""

    def rebuild(self, year: int, month: int) -> None:
        if year > self.rrule._until.year:
            raise _PastHorizon
        super().rebuild(year, month)


# dateutil compares UNTIL with the dates that it has found. A rule that finds none (30 February)
# would be followed day by day to the year 9999, half a minute for each.
_followed = FunctionType(
    dateutil.rrule.rrule._iter.__code__,
    vars(dateutil.rrule) | {"_iterinfo": _UpToHorizon},
)


def _until_its_horizon(rule: object) -> Iterator[datetime]:
    """Yield the dates of a rule that has an UNTIL."""
    with contextlib.suppress(_PastHorizon):
        yield from _followed(rule)


def _periods(found: Property, zones: Zones) -> Iterator[tuple[When, datetime | None]]:
    for part in found.value.split(","):
        start, _, rest = part.strip().partition("/")
        when = zones.when(replace(found, value=start))
        if not rest:
            yield when, None
        elif rest.lstrip("+").startswith("P"):
            days, hours = duration(replace(found, value=rest))
            yield when, replace(when, wall=when.wall + days).instant + hours
        else:
            yield when, zones.when(replace(found, value=rest)).instant


def _required(event: Component, name: str) -> Property:
    if event.problem is not None:
        raise event.problem
    found = event.first(name)
    if found is None:
        raise Unreadable(f"It has no {name}.", event.line)
    if found.parameters.get("RANGE"):
        raise Unreadable("It changes this and all later dates at once.", found.line)
    return found


def _problem(event: Component, problem: Unreadable) -> Problem:
    title = " ".join(event.text("SUMMARY").split())
    return Problem(event.text("UID"), title, problem.line, problem.reason)
