"""VTIMEZONE blocks with plain yearly rules, written from the zones of the `tzdata` package.

A zone file ends in a POSIX rule (`PST8PDT,M3.2.0,M11.1.0`, RFC 9636 section 3.3) that holds for all
years after its last listed change. That rule becomes one STANDARD and one DAYLIGHT block with an
RRULE each, because lists of RDATEs are read wrongly by Thunderbird, ical.js and vobject: they show
every summer event an hour late.

A rule says nothing of the years before it came into force, so each zone carries the instant from
which it is right (`Zone.right_from`). Whoever writes an event writes UTC before that instant, and
for zones whose rule no plain RRULE can express.
"""

from __future__ import annotations

import functools
import re
import struct
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources

_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_NAME = r"(<[A-Za-z0-9+-]+>|[A-Za-z]+)"
_OFFSET = r"([+-]?\d{1,3}(?::\d{2}){0,2})"
_FOOTER = re.compile(f"{_NAME}{_OFFSET}(?:{_NAME}{_OFFSET}?,([^,]+),([^,]+))?")
_CHANGE = re.compile(r"M(\d{1,2})\.([1-5])\.([0-6])(?:/" + _OFFSET + ")?")


@dataclass(frozen=True, slots=True)
class Change:
    """One yearly change of the clock, "the second Sunday of March at 02:00", in local time.

    `week` 5 means the last such day of the month, as in POSIX.
    """

    month: int
    week: int
    weekday: int
    at: timedelta

    def in_year(self, year: int) -> datetime:
        """The naive local time of the change in that year, on the clock before the change."""
        first = datetime(year, self.month, 1)
        weekday_of_first = (first.weekday() + 1) % 7
        day = 1 + (self.weekday - weekday_of_first) % 7 + 7 * (self.week - 1)
        while day > _days_in_month(year, self.month):
            day -= 7
        return first.replace(day=day) + self.at

    @property
    def rrule(self) -> str:
        """The change as an RFC 5545 recurrence rule."""
        week = -1 if self.week == 5 else self.week
        return f"FREQ=YEARLY;BYMONTH={self.month};BYDAY={week}{_DAYS[self.weekday]}"


@dataclass(frozen=True, slots=True)
class Onset:
    """A change with the offsets from UTC before and after it, and the name of the time after it."""

    change: Change
    before: timedelta
    after: timedelta
    name: str

    def instant(self, year: int) -> datetime:
        """The UTC instant of the change in that year."""
        return (self.change.in_year(year) - self.before).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone that a plain rule expresses.

    `text` is its VTIMEZONE, CRLF-ended. Instants before `right_from` are not covered by it.
    """

    text: str
    right_from: datetime


@functools.cache
def zone_info(name: str) -> zoneinfo.ZoneInfo:
    """The zone by its IANA name, from the `tzdata` package and never from the system's files.

    The two disagree whenever a legislature has been busy, and a VTIMEZONE must agree with the local
    times written beside it. Raises `zoneinfo.ZoneInfoNotFoundError` for a name not in the package.
    """
    try:
        with _resource(name).open("rb") as file:
            return zoneinfo.ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError) as error:
        raise zoneinfo.ZoneInfoNotFoundError(f"No time zone {name!r}") from error


@functools.cache
def zone_names() -> frozenset[str]:
    """Every IANA name that the `tzdata` package knows."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


@functools.cache
def plain_zone(name: str) -> Zone | None:
    """The zone as a plain VTIMEZONE, or None where it has to be written in UTC.

    None is also the answer for UTC itself, which needs no VTIMEZONE, and for a name that the
    `tzdata` package does not hold.
    """
    if name not in zone_names():
        return None
    transitions, footer = _read_tzif(_resource(name).read_bytes())
    match = _FOOTER.fullmatch(footer)
    if match is None:
        return None
    standard_name, standard_text, daylight_name, daylight_text, start_text, end_text = (
        match.groups()
    )
    standard = -_offset(standard_text)
    if daylight_name is None:
        if standard_name in ("UTC", "<-00>"):
            return None
        return _fixed_zone(name, standard, standard_name.strip("<>"), transitions)
    daylight = -_offset(daylight_text) if daylight_text else standard + timedelta(hours=1)
    start, end = _change(start_text), _change(end_text)
    if start is None or end is None:
        return None
    return _changing_zone(
        name,
        Onset(start, standard, daylight, daylight_name.strip("<>")),
        Onset(end, daylight, standard, standard_name.strip("<>")),
        transitions,
    )


def vtimezone(name: str) -> str | None:
    """The VTIMEZONE text of a zone, CRLF-ended, or None where instants have to be in UTC."""
    zone = plain_zone(name)
    return zone.text if zone else None


def writes_local(name: str, *instants: datetime) -> bool:
    """True if these instants may be written as local times beside the zone's VTIMEZONE.

    Not in the hour that the clock passes twice: RFC 5545 section 3.3.5 gives such a local time to
    the first pass, libical to the second.
    """
    zone = plain_zone(name)
    return zone is not None and all(
        instant >= zone.right_from and not _is_ambiguous(instant.astimezone(zone_info(name)))
        for instant in instants
    )


def _is_ambiguous(wall: datetime) -> bool:
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()


def _fixed_zone(
    name: str,
    offset: timedelta,
    abbreviation: str,
    transitions: list[tuple[datetime, timedelta]],
) -> Zone:
    lines = [
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        f"TZOFFSETFROM:{_utc_offset(offset)}",
        f"TZOFFSETTO:{_utc_offset(offset)}",
        f"TZNAME:{abbreviation}",
        "END:STANDARD",
    ]
    return Zone(_block(name, lines), max([_EPOCH, *(at for at, _ in transitions)]))


def _changing_zone(
    name: str, start: Onset, end: Onset, transitions: list[tuple[datetime, timedelta]]
) -> Zone:
    year = _first_year(start, end, transitions)
    lines = []
    # Dublin's law calls its winter time the exception (RFC 9636's negative daylight time); readers
    # expect the later clock to be DAYLIGHT, and the instants are the same.
    for onset in sorted((start, end), key=lambda onset: onset.instant(year)):
        kind = "DAYLIGHT" if onset.after > onset.before else "STANDARD"
        lines += [
            f"BEGIN:{kind}",
            f"DTSTART:{onset.change.in_year(year):%Y%m%dT%H%M%S}",
            f"RRULE:{onset.change.rrule}",
            f"TZOFFSETFROM:{_utc_offset(onset.before)}",
            f"TZOFFSETTO:{_utc_offset(onset.after)}",
            f"TZNAME:{onset.name}",
            f"END:{kind}",
        ]
    return Zone(_block(name, lines), min(start.instant(year), end.instant(year)))


def _first_year(start: Onset, end: Onset, transitions: list[tuple[datetime, timedelta]]) -> int:
    """The first year from which the rule and the zone's listed changes are one.

    The last listed year may end with changes that only the rule gives.
    """
    listed: dict[int, set[tuple[datetime, timedelta]]] = {}
    for at, offset in transitions:
        listed.setdefault(at.year, set()).add((at, offset))
    last = transitions[-1][0] if transitions else _EPOCH
    year = last.year + 1
    while year > _EPOCH.year:
        ruled = {(start.instant(year - 1), start.after), (end.instant(year - 1), end.after)}
        unlisted = {change for change in ruled if change[0] > last}
        if listed.get(year - 1, set()) | unlisted != ruled:
            break
        year -= 1
    return year


def _block(name: str, lines: list[str]) -> str:
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}", *lines, "END:VTIMEZONE"]
    return "".join(f"{line}\r\n" for line in lines)


def _read_tzif(data: bytes) -> tuple[list[tuple[datetime, timedelta]], str]:
    """The changes of offset from 1970 on, each with the offset after it, and the POSIX footer.

    RFC 9636 section 3: a version 1 body to skip, then the 64-bit one, then the footer.
    """
    counts = struct.Struct(">4s1s15x6l")
    _, _, isut, isstd, leap, times, types, chars = counts.unpack_from(data, 0)
    second = counts.size + times * 5 + types * 6 + chars + leap * 8 + isstd + isut
    _, _, isut, isstd, leap, times, types, chars = counts.unpack_from(data, second)
    at = second + counts.size
    instants = struct.unpack_from(f">{times}q", data, at)
    at += 8 * times
    indexes = struct.unpack_from(f">{times}B", data, at)
    at += times
    offsets = [struct.unpack_from(">l", data, at + 6 * index)[0] for index in range(types)]
    at += 6 * types + chars + 12 * leap + isstd + isut
    footer = data[at:].strip(b"\n").decode("ascii")

    transitions = []
    current = offsets[0]
    for instant, index in zip(instants, indexes, strict=True):
        if offsets[index] != current:
            current = offsets[index]
            if instant >= 0:
                after = timedelta(seconds=current)
                transitions.append((_EPOCH + timedelta(seconds=instant), after))
    return transitions, footer


def _change(text: str) -> Change | None:
    """A POSIX change, or None for the forms without a plain RRULE.

    These are the numbered days of the year, and times below 00:00 or past 23:59: `M9.1.6/24` is
    the day after the first Saturday, which is not always the first Sunday.
    """
    match = _CHANGE.fullmatch(text)
    if match is None:
        return None
    at = _offset(match[4]) if match[4] else timedelta(hours=2)
    if not timedelta(0) <= at < timedelta(days=1):
        return None
    return Change(int(match[1]), int(match[2]), int(match[3]), at)


def _offset(text: str) -> timedelta:
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    hours, minutes, seconds = parts + [0] * (3 - len(parts))
    value = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -value if text.startswith("-") else value


def _utc_offset(offset: timedelta) -> str:
    sign = "-" if offset < timedelta(0) else "+"
    minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
    return f"{sign}{minutes // 60:02}{minutes % 60:02}" + (f"{seconds:02}" if seconds else "")


def _days_in_month(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def _resource(name: str) -> resources.abc.Traversable:
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
