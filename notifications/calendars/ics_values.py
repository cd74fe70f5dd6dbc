"""Dates, times, lengths and time zones of a calendar file (RFC 5545 section 3.3).

Every time gets an IANA zone: files name zones by Windows' names, by names of their own, or not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO

from dateutil import tz
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from notifications.calendars.ics_lines import Component, Property, Unreadable
from notifications.calendars.vtimezone import zone_info, zone_names

_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DATE_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(Z?)")
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?"
)
_TOO_FINE = re.compile("BYHOUR|BYMINUTE|BYSECOND")
MOST_COMPARED = 50
"""Zones of one file that are found by their rules, which takes a moment each."""


@dataclass(frozen=True, slots=True)
class When:
    """A time of the file: a naive local time with its zone, or midnight of a date."""

    wall: datetime
    zone: str
    is_date: bool

    @property
    def instant(self) -> datetime:
        # A wall time that the clock skips is read by the offset before the gap, as RFC 5545 section
        # 3.3.5 asks and zoneinfo does; one that comes twice is the first.
        return self.wall.replace(tzinfo=zone_info(self.zone)).astimezone(UTC)

    @property
    def key(self) -> str:
        return f"{self.wall:%Y%m%d}" if self.is_date else f"{self.instant:%Y%m%dT%H%M%SZ}"


class Zones:
    """The time zones of a file, each by the IANA name that it stands for."""

    def __init__(
        self, office: str, blocks: list[Component], calendar: Component, sample: datetime
    ) -> None:
        self._office = office
        self._blocks = {block.text("TZID"): block for block in blocks}
        self._sample = sample
        self._known: dict[str, str | None] = {}
        self._compared = 0
        own = calendar.text("X-WR-TIMEZONE")
        # Google writes plain events in UTC and says in the head where the calendar is at home.
        self._of_utc = own if own in zone_names() and not _is_utc(own) else office

    def whens(self, found: Property) -> list[When]:
        return [self.when(replace(found, value=part)) for part in found.value.split(",")]

    def when(self, found: Property) -> When:
        """The property's date or time; raises Unreadable for what is none."""
        value = found.value.strip()
        if found.parameters.get("VALUE", "").upper() == "DATE" or _DATE.fullmatch(value):
            midnight = datetime.combine(_date(value[:8], found), time())
            return When(midnight, self._office, True)
        match = _DATE_TIME.fullmatch(value)
        if match is None:
            raise Unreadable(f"{found.name} is not a date: {value[:60]!r}.", found.line)
        wall = _moment(match, found)
        name = found.parameters.get("TZID")
        if match[7] or (name and _is_utc(name)):
            local = wall.replace(tzinfo=UTC).astimezone(zone_info(self._of_utc))
            return When(local.replace(tzinfo=None, fold=local.fold), self._of_utc, False)
        if not name:
            return When(wall, self._office, False)
        zone = self._iana(name)
        if zone is None:
            raise Unreadable(f"Its time zone is not known: {name!r}.", found.line)
        return When(wall, zone, False)

    def _iana(self, name: str) -> str | None:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> str | None:
        """The name itself, a name inside it (Mozilla, Evolution), Windows' names, or its rules."""
        block = self._blocks.get(name)
        parts = name.strip("/").split("/")
        wanted = [name, *("/".join(parts[-n:]) for n in (3, 2, 1))]
        if block is not None:
            wanted.insert(1, block.text("X-LIC-LOCATION"))
        wanted.append(WINDOWS_TO_OLSON.get(name.strip('"'), ""))
        known = next((zone for zone in wanted if zone in zone_names()), None)
        return known or (self._by_rules(block) if block is not None else None)

    def _by_rules(self, block: Component) -> str | None:
        """A zone whose clock reads the same, the office's if it does."""
        rules = [line.upper() for line in block.raw if re.match("(?i)RRULE", line)]
        if any("FREQ=YEARLY" not in rule or _TOO_FINE.search(rule) for rule in rules):
            # No zone changes its clocks every second since 1601, and nobody can wait for it.
            return None
        if self._compared >= MOST_COMPARED:
            return None
        self._compared += 1
        # dateutil refuses what it does not need.
        lines = [line for line in block.raw if not re.match("(?i)X-|TZNAME", line)]
        text = "\n".join(["BEGIN:VTIMEZONE", *lines])
        try:
            theirs = tz.tzical(StringIO(text)).get()
        except (ValueError, IndexError, KeyError, TypeError):
            return None
        noon = self._sample.astimezone(UTC).replace(hour=12, minute=0, second=0, tzinfo=None)
        walls = [noon + timedelta(days=5 * step) for step in range(150)]
        for name in (self._office, *sorted(set(WINDOWS_TO_OLSON.values()) & zone_names())):
            ours = zone_info(name)
            if all(
                wall.replace(tzinfo=theirs).utcoffset() == wall.replace(tzinfo=ours).utcoffset()
                for wall in walls
            ):
                return name
        return None


def _is_utc(name: str) -> bool:
    return name.upper() in ("UTC", "GMT", "Z", "ETC/UTC", "ETC/GMT", "ZULU")


def _date(value: str, found: Property) -> date:
    match = _DATE.fullmatch(value)
    if match is None:
        raise _no_date(found)
    return _moment(match, found).date()


def _moment(match: re.Match[str], found: Property) -> datetime:
    """The naive date and time; a leap second is the one before it (RFC 5545 section 3.3.12)."""
    numbers = [int(part) for part in match.groups() if part and part != "Z"]
    if numbers[5:] == [60]:
        numbers[5] = 59
    try:
        moment = datetime(*numbers)  # type: ignore[arg-type]
    except ValueError:
        raise _no_date(found) from None
    if not 1900 <= moment.year < 2200:
        raise _no_date(found)
    return moment


def _no_date(found: Property) -> Unreadable:
    return Unreadable(f"{found.name} is not a date: {found.value[:60]!r}.", found.line)


def duration(found: Property) -> tuple[timedelta, timedelta]:
    """Whole days, which follow the clock on the wall, and the exact rest."""
    match = _DURATION.fullmatch(found.value.strip().upper())
    if match is None or match[1] == "-" or not any(match.groups()[1:]):
        raise Unreadable(f"{found.name} is not a length of time: {found.value!r}.", found.line)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    rest = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timedelta(days=7 * weeks + days), rest


def last_moment(found: Property, first: When) -> datetime:
    """The last moment of a rule in the local time of its first date."""
    if match := _DATE_TIME.fullmatch(found.value):
        moment = _moment(match, found)
        if match[7]:
            moment = moment.replace(tzinfo=UTC).astimezone(zone_info(first.zone))
        return moment.replace(tzinfo=None)
    return datetime.combine(_date(found.value, found), time(23, 59, 59))
