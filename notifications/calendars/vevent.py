"""VEVENT and VCALENDAR as bytes: escaping, folding and order, the same for the same facts.

Nothing here knows a model or asks the time. RFC 5545 is the format, RFC 5546 the invitations, RFC
7986 the calendar's name and refresh interval.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from urllib.parse import quote

from notifications.calendars import vtimezone

RENDER_VERSION = 3
"""Raised with every change of the bytes that a block has for unchanged facts, here, in `entries`
or in a translation of its words; `tests/calendars/test_blocks.py` notices."""

PRODID = "-//Plazuela//Plazuela 1//EN"
REFRESH = "PT1H"

Status = Literal["tentative", "confirmed", "cancelled", "postponed"]
Method = Literal["REQUEST", "CANCEL"]

# A postponed event keeps its old start, and nobody should go there then. iCalendar has no word for
# it, so calendars are told that this date is off; the new date comes with a higher SEQUENCE.
_STATUS = {
    "tentative": "TENTATIVE",
    "confirmed": "CONFIRMED",
    "cancelled": "CANCELLED",
    "postponed": "CANCELLED",
}

_LINE_BREAK = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class Party:
    """An organizer or an attendee: a name to show, and a bare e-mail address."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a calendar shows of one event or shift.

    Instants are aware. An all-day entry begins at the local midnight of its first day in `timezone`
    and ends at the midnight after its last, or at any time within its last day.
    `dtstamp` is the last change of time, place, status or text, and in an invitation the later of
    that and the attendance's change. `busy` says whether the entry blocks the reader's time.
    """

    uid: str
    sequence: int
    dtstamp: datetime
    last_modified: datetime
    created: datetime
    starts_at: datetime
    ends_at: datetime
    timezone: str
    summary: str
    status: Status
    all_day: bool = False
    description: str = ""
    location: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    organizer: Party | None = None
    busy: bool = False

    @property
    def zone(self) -> str | None:
        """The name of the zone whose VTIMEZONE must stand beside the entry, or None."""
        return zone_of(self.timezone, self.all_day, self.starts_at, self.ends_at)


def zone_of(timezone: str, all_day: bool, *instants: datetime) -> str | None:
    """The zone by whose clock these instants are written; None for UTC and for whole days."""
    if not all_day and vtimezone.writes_local(timezone, *instants):
        return timezone
    return None


def vevent(entry: Entry) -> bytes:
    """The entry as a VEVENT block for a feed: no attendee, no alarm."""
    return _content([*_properties(entry), "END:VEVENT"])


def invitation(entry: Entry, *, attendee: Party, method: Method) -> bytes:
    """A whole VCALENDAR that puts the entry into the attendee's calendar, moves it or removes it.

    The attendee has already said yes on the site, so the place stands as accepted and no reply is
    asked for: an answer by mail would go to nobody. RFC 5546 sections 3.2.2 and 3.2.5; the entry
    must name its organizer, else ValueError.
    """
    if entry.organizer is None:
        raise ValueError("An invitation names its organizer.")
    lines = [
        *_properties(entry, cancelled=method == "CANCEL"),
        f"ATTENDEE;CN={_parameter(attendee.name or attendee.email)};CUTYPE=INDIVIDUAL;"
        f"ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:{_address(attendee.email)}",
        "END:VEVENT",
    ]
    zone_names = [entry.zone] if entry.zone else []
    return _content(_opening(method)) + zones(zone_names) + _content(lines) + closing()


def opening() -> bytes:
    """The head of a calendar that somebody takes once, with no name: it is to become part of
    their own."""
    return _content(_opening())


def feed_opening(
    *, name: str, description: str, language: str, timezone: str, source: str
) -> bytes:
    """The head of a feed, up to its zones. `source` is the feed's own address.

    There is no METHOD: a subscribed calendar is not a message, and Outlook treats one with a METHOD
    as an invitation to answer.
    """
    tag = f";LANGUAGE={_token(language)}" if language else ""
    return _content(
        [
            *_opening(),
            f"NAME{tag}:{_text(name)}",
            f"X-WR-CALNAME:{_text(name)}",
            f"DESCRIPTION{tag}:{_text(description)}",
            f"X-WR-CALDESC:{_text(description)}",
            f"X-WR-TIMEZONE:{_token(timezone)}",
            f"SOURCE;VALUE=URI:{_uri(source)}",
            f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
            f"X-PUBLISHED-TTL:{REFRESH}",
        ]
    )


def zones(names: Iterable[str]) -> bytes:
    """The VTIMEZONE blocks of these zones, each once, in order of name."""
    return "".join(vtimezone.vtimezone(name) or "" for name in sorted(set(names))).encode()


def closing() -> bytes:
    """The last line of a calendar."""
    return b"END:VCALENDAR\r\n"


def _opening(method: Method | None = None) -> list[str]:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN"]
    return [*lines, f"METHOD:{method}"] if method else lines


def _properties(entry: Entry, *, cancelled: bool = False) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(entry.uid)}"
    yield f"DTSTAMP:{_utc(entry.dtstamp)}"
    yield f"SEQUENCE:{entry.sequence}"
    yield from _times(entry)
    yield f"SUMMARY:{_text(entry.summary)}"
    if entry.description:
        yield f"DESCRIPTION:{_text(entry.description)}"
    if entry.location:
        yield f"LOCATION:{_text(entry.location)}"
    if entry.url:
        yield f"URL:{_uri(entry.url)}"
    if entry.categories:
        yield f"CATEGORIES:{','.join(_text(category) for category in entry.categories)}"
    yield f"STATUS:{'CANCELLED' if cancelled else _STATUS[entry.status]}"
    yield f"TRANSP:{'OPAQUE' if entry.busy else 'TRANSPARENT'}"
    yield f"CREATED:{_utc(entry.created)}"
    yield f"LAST-MODIFIED:{_utc(entry.last_modified)}"
    if entry.organizer:
        name, email = entry.organizer.name, entry.organizer.email
        yield f"ORGANIZER;CN={_parameter(name or email)}:mailto:{_address(email)}"


def _times(entry: Entry) -> Iterator[str]:
    if entry.all_day:
        first, after = days(entry.starts_at, entry.ends_at, entry.timezone)
        yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{after:%Y%m%d}"
        return
    name = entry.zone
    moments = [("DTSTART", entry.starts_at), ("DTEND", entry.ends_at)]
    # DTEND must be later; what has none ends as it starts (RFC 5545 sections 3.8.2.2 and 3.6.1).
    for label, instant in moments if entry.ends_at > entry.starts_at else moments[:1]:
        if name is None:
            yield f"{label}:{_utc(instant)}"
        else:
            local = instant.astimezone(vtimezone.zone_info(name))
            yield f"{label};TZID={name}:{local:%Y%m%dT%H%M%S}"


def days(starts_at: datetime, ends_at: datetime, timezone: str) -> tuple[date, date]:
    """The first day of an all-day entry and the day after its last, in its own zone.

    DTEND of a date is exclusive (RFC 5545 section 3.6.1).
    """
    zone = vtimezone.zone_info(timezone)
    first = starts_at.astimezone(zone).date()
    end = ends_at.astimezone(zone)
    after = end.date() if end.time() == time(0) else end.date() + timedelta(days=1)
    return first, max(after, first + timedelta(days=1))


def _content(lines: Iterable[str]) -> bytes:
    return b"".join(fold(line) for line in lines)


def fold(line: str) -> bytes:
    """A content line in UTF-8, folded at 75 octets between characters, CRLF-ended.

    RFC 5545 section 3.1 allows a fold within a character; many readers decode line by line, so each
    line is valid UTF-8 by itself.
    """
    data = line.encode()
    parts = []
    room = 75
    while len(data) > room:
        cut = room
        while data[cut] & 0xC0 == 0x80:
            cut -= 1
        parts.append(data[:cut])
        data = data[cut:]
        room = 74
    parts.append(data)
    return b"\r\n ".join(parts) + b"\r\n"


def _clean(value: str) -> str:
    """The text with one kind of line break, and nothing that a calendar line may not hold."""
    value = _LINE_BREAK.sub("\n", value).replace("\t", " ")
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _CONTROL.sub("", value))


def _text(value: str) -> str:
    return _clean(value).translate(_ESCAPED)


def _parameter(value: str) -> str:
    """A quoted parameter value. It knows no escape for a quotation mark (RFC 5545 section 3.2)."""
    return '"' + " ".join(_clean(value).replace('"', "'").split()) + '"'


def _address(email: str) -> str:
    return quote(_clean(email), safe="@!$&'*+-./=^_`{|}~")


def _uri(value: str) -> str:
    return quote(_clean(value), safe=":/?#[]@!$&'()*+,;=%~")


def _token(value: str) -> str:
    return re.sub(r"[^A-Za-z0-9/_+-]", "", value)


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"
