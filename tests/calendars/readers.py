"""Readers of calendars that share no code with what writes them.

`libical` is what Thunderbird's and Evolution's ancestors read with; it resolves a TZID by the
file's own VTIMEZONE, and knows RFC 5546's table of what each method must and must not carry.
`vobject` reads VTIMEZONE through dateutil. `icalendar` ignores VTIMEZONE and trusts its own zones,
as Google and Apple do.
"""

from __future__ import annotations

import ctypes
import functools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import icalendar
import pytest
import vobject

LIBICAL = ("libical.so.3", "libical.so.2", "libical.dylib")


@dataclass(frozen=True)
class Seen:
    """One event as a reader sees it. All-day events have dates, the others instants in UTC."""

    uid: str
    starts: datetime | date
    ends: datetime | date
    status: str
    sequence: int
    summary: str
    description: str
    location: str
    url: str
    categories: tuple[str, ...]
    dtstamp: datetime
    last_modified: datetime


Reader = Callable[[bytes], list[Seen]]


class _Time(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second")),
        ("is_date", ctypes.c_int),
        ("is_daylight", ctypes.c_int),
        ("zone", ctypes.c_void_p),
    ]


_TAKES: dict[str, tuple[type | None, list[type]]] = {
    "icalparser_parse_string": (ctypes.c_void_p, [ctypes.c_char_p]),
    "icalcomponent_free": (None, [ctypes.c_void_p]),
    "icalcomponent_string_to_kind": (ctypes.c_int, [ctypes.c_char_p]),
    "icalproperty_string_to_kind": (ctypes.c_int, [ctypes.c_char_p]),
    "icalcomponent_get_first_component": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
    "icalcomponent_get_next_component": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
    "icalcomponent_get_first_property": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
    "icalcomponent_get_next_property": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int]),
    "icalcomponent_count_errors": (ctypes.c_int, [ctypes.c_void_p]),
    "icalcomponent_count_components": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_int]),
    "icalcomponent_as_ical_string": (ctypes.c_char_p, [ctypes.c_void_p]),
    "icalrestriction_check": (ctypes.c_int, [ctypes.c_void_p]),
    "icalcomponent_get_dtstart": (_Time, [ctypes.c_void_p]),
    "icalcomponent_get_dtend": (_Time, [ctypes.c_void_p]),
    "icalcomponent_get_dtstamp": (_Time, [ctypes.c_void_p]),
    "icalcomponent_get_sequence": (ctypes.c_int, [ctypes.c_void_p]),
    "icaltime_as_timet_with_zone": (ctypes.c_long, [_Time, ctypes.c_void_p]),
    "icalproperty_get_value_as_string": (ctypes.c_char_p, [ctypes.c_void_p]),
    "icalproperty_get_value": (ctypes.c_void_p, [ctypes.c_void_p]),
    "icalvalue_get_text": (ctypes.c_char_p, [ctypes.c_void_p]),
}


@functools.cache
def _libical() -> ctypes.CDLL:
    for name in LIBICAL:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        for function, (gives, takes) in _TAKES.items():
            getattr(library, function).restype = gives
            getattr(library, function).argtypes = takes
        return library
    message = "libical is not installed (Debian: apt-get install libical3)"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


class _Parsed:
    """A calendar as libical parsed it; a context, since C frees nothing by itself."""

    def __init__(self, data: bytes) -> None:
        self.c = _libical()
        self.root = self.c.icalparser_parse_string(data)
        assert self.root, "libical read no calendar at all"

    def __enter__(self) -> _Parsed:
        return self

    def __exit__(self, *exc: object) -> None:
        self.c.icalcomponent_free(self.root)

    def components(self, name: bytes) -> Iterator[int]:
        kind = self.c.icalcomponent_string_to_kind(name)
        component = self.c.icalcomponent_get_first_component(self.root, kind)
        while component:
            yield component
            component = self.c.icalcomponent_get_next_component(self.root, kind)

    def texts(self, component: int, name: bytes) -> Iterator[str]:
        kind = self.c.icalproperty_string_to_kind(name)
        found = self.c.icalcomponent_get_first_property(component, kind)
        while found:
            value = self.c.icalproperty_get_value(found)
            yield self.c.icalvalue_get_text(value).decode()
            found = self.c.icalcomponent_get_next_property(component, kind)

    def text(self, component: int, name: bytes) -> str:
        return next(self.texts(component, name), "")

    def raw(self, component: int, name: bytes) -> str:
        kind = self.c.icalproperty_string_to_kind(name)
        found = self.c.icalcomponent_get_first_property(component, kind)
        return self.c.icalproperty_get_value_as_string(found).decode() if found else ""

    def when(self, time: _Time) -> datetime | date:
        if time.is_date:
            return date(time.year, time.month, time.day)
        seconds = self.c.icaltime_as_timet_with_zone(time, time.zone)
        return datetime.fromtimestamp(seconds, UTC)


def read_libical(data: bytes) -> list[Seen]:
    with _Parsed(data) as parsed:
        c = parsed.c
        return [
            Seen(
                uid=parsed.text(event, b"UID"),
                starts=parsed.when(c.icalcomponent_get_dtstart(event)),
                ends=parsed.when(c.icalcomponent_get_dtend(event)),
                status=parsed.raw(event, b"STATUS"),
                sequence=c.icalcomponent_get_sequence(event),
                summary=parsed.text(event, b"SUMMARY"),
                description=parsed.text(event, b"DESCRIPTION"),
                location=parsed.text(event, b"LOCATION"),
                url=parsed.raw(event, b"URL"),
                categories=tuple(parsed.texts(event, b"CATEGORIES")),
                dtstamp=_stamp(parsed.raw(event, b"DTSTAMP")),
                last_modified=_stamp(parsed.raw(event, b"LAST-MODIFIED")),
            )
            for event in parsed.components(b"VEVENT")
        ]


def libical_verdict(data: bytes) -> tuple[int, int]:
    """The result of libical's restriction check (1 is good), and its count of errors."""
    with _Parsed(data) as parsed:
        passed = parsed.c.icalrestriction_check(parsed.root)
        return passed, parsed.c.icalcomponent_count_errors(parsed.root)


def libical_text(data: bytes) -> str:
    """The calendar as libical would write it, with the reasons of its errors."""
    with _Parsed(data) as parsed:
        parsed.c.icalrestriction_check(parsed.root)
        return parsed.c.icalcomponent_as_ical_string(parsed.root).decode()


def read_vobject(data: bytes) -> list[Seen]:
    calendar = vobject.readOne(data.decode())
    return [
        Seen(
            uid=event.uid.value,
            starts=_instant(event.dtstart.value),
            ends=_instant(event.dtend.value),
            status=event.status.value,
            sequence=int(event.sequence.value),
            summary=event.summary.value,
            description=event.description.value if hasattr(event, "description") else "",
            location=event.location.value if hasattr(event, "location") else "",
            url=event.url.value if hasattr(event, "url") else "",
            categories=tuple(event.categories.value) if hasattr(event, "categories") else (),
            dtstamp=event.dtstamp.value.astimezone(UTC),
            last_modified=event.last_modified.value.astimezone(UTC),
        )
        for event in getattr(calendar, "vevent_list", [])
    ]


def read_icalendar(data: bytes) -> list[Seen]:
    calendar = icalendar.Calendar.from_ical(data)
    return [
        Seen(
            uid=str(event["UID"]),
            starts=_instant(event.decoded("DTSTART")),
            ends=_instant(event.decoded("DTEND")),
            status=str(event["STATUS"]),
            sequence=int(event["SEQUENCE"]),
            summary=str(event["SUMMARY"]),
            description=str(event.get("DESCRIPTION", "")),
            location=str(event.get("LOCATION", "")),
            url=str(event.get("URL", "")),
            categories=tuple(map(str, event.categories)),
            dtstamp=event.decoded("DTSTAMP"),
            last_modified=event.decoded("LAST-MODIFIED"),
        )
        for event in calendar.walk("VEVENT")
    ]


READERS: dict[str, Reader] = {
    "libical": read_libical,
    "vobject": read_vobject,
    "icalendar": read_icalendar,
}


def lines_of(data: bytes) -> list[bytes]:
    """The physical lines; asserts that every one of them ends in CRLF and none has a stray one."""
    assert data.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", data)
    return data[:-2].split(b"\r\n")


def _instant(value: datetime | date) -> datetime | date:
    if not isinstance(value, datetime):
        return value
    assert value.tzinfo is not None, f"{value} has no zone"
    return value.astimezone(UTC)


def _stamp(value: str) -> datetime:
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
