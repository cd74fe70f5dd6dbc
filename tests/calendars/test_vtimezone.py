"""VTIMEZONE: every instant that readers see is the one that the zone means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from dateutil import tz

from notifications.calendars import vtimezone
from tests.calendars import readers
from tests.calendars.entries import entry, feed, local

# Zones whose clocks change by a rule that no plain RRULE says: on "the day after the first
# Saturday", on "the Friday before the last Sunday", or at an hour of the day before.
WITHOUT_PLAIN_RULE = {
    "Africa/Cairo",
    "America/Godthab",
    "America/Nuuk",
    "America/Santiago",
    "America/Scoresbysund",
    "Asia/Gaza",
    "Asia/Hebron",
    "Asia/Jerusalem",
    "Asia/Tel_Aviv",
    "Chile/Continental",
    "Egypt",
    "Israel",
}
UTC_ITSELF = {
    "Etc/UCT",
    "Etc/UTC",
    "Etc/Universal",
    "Etc/Zulu",
    "Factory",
    "UCT",
    "UTC",
    "Universal",
    "Zulu",
}

ACCEPTANCE_STARTS = [
    (2026, 7, 1, 18),
    (2026, 11, 1, 18),
    (2027, 3, 14, 18),
    (2027, 7, 1, 18),
    (2030, 7, 1, 18),
]
ACCEPTANCE_ZONES = [
    "America/Los_Angeles",
    "America/Phoenix",
    "Pacific/Honolulu",
    "America/Vancouver",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
]


def test_only_zones_without_a_plain_rule_are_written_in_utc() -> None:
    without = {name for name in vtimezone.zone_names() if vtimezone.vtimezone(name) is None}
    assert without == WITHOUT_PLAIN_RULE | UTC_ITSELF


@pytest.mark.parametrize("reader", readers.READERS)
@pytest.mark.parametrize("zone", [*ACCEPTANCE_ZONES, "Europe/Dublin", "America/Santiago"])
def test_instants_read_back_as_the_zone_means_them(zone: str, reader: str) -> None:
    starts = [local(zone, *when) for when in ACCEPTANCE_STARTS]
    data = feed(*(entry(zone, uid=str(n), starts_at=at) for n, at in enumerate(starts)))
    seen = readers.READERS[reader](data)
    assert [one.starts for one in seen] == starts
    assert [one.ends for one in seen] == [at + timedelta(hours=2) for at in starts]


@pytest.mark.parametrize("zone", ACCEPTANCE_ZONES)
def test_acceptance_zones_carry_their_tzid(zone: str) -> None:
    data = feed(*(entry(zone, starts_at=local(zone, *when)) for when in ACCEPTANCE_STARTS))
    assert data.count(b"DTSTART;TZID=" + zone.encode() + b":") == len(ACCEPTANCE_STARTS)
    assert data.count(b"BEGIN:VTIMEZONE") == 1


@pytest.mark.parametrize("reader", readers.READERS)
def test_an_event_across_the_spring_change_keeps_both_ends(reader: str) -> None:
    starts = local("America/Los_Angeles", 2026, 3, 7, 22)
    ends = local("America/Los_Angeles", 2026, 3, 8, 6)
    assert ends - starts == timedelta(hours=7)
    (seen,) = readers.READERS[reader](feed(entry(starts_at=starts, ends_at=ends)))
    assert (seen.starts, seen.ends) == (starts, ends)


@pytest.mark.parametrize("reader", readers.READERS)
def test_both_passes_of_the_repeated_hour_are_told_apart(reader: str) -> None:
    first = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)  # 01:30 PDT
    second = first + timedelta(hours=1)  # 01:30 PST
    data = feed(
        entry(uid="first", starts_at=first, ends_at=first + timedelta(minutes=10)),
        entry(uid="second", starts_at=second, ends_at=second + timedelta(minutes=10)),
    )
    assert [one.starts for one in readers.READERS[reader](data)] == [first, second]


def test_before_a_new_law_an_event_is_written_in_utc() -> None:
    """British Columbia ended its winter time in 2026; the rule of now is wrong for January then."""
    zone = vtimezone.plain_zone("America/Vancouver")
    assert zone is not None
    assert zone.right_from == datetime(2026, 3, 8, 10, tzinfo=UTC)
    before = local("America/Vancouver", 2026, 1, 15, 18)
    assert b"DTSTART:20260116T020000Z\r\n" in feed(entry("America/Vancouver", starts_at=before))


def one_zone_for_each_rule() -> dict[tuple[str, datetime], str]:
    plain = {name: vtimezone.plain_zone(name) for name in sorted(vtimezone.zone_names())}
    return {
        (zone.text.replace(name, ""), zone.right_from): name
        for name, zone in plain.items()
        if zone is not None
    }


def test_every_zone_agrees_with_zoneinfo_wherever_it_writes_local_times() -> None:
    """Read by dateutil's VTIMEZONE, at 61-hour steps from 2020 to 2031."""
    zones = one_zone_for_each_rule().values()
    assert len(zones) > 100
    for name in zones:
        text = vtimezone.vtimezone(name)
        assert text is not None
        theirs, ours = tz.tzical(StringIO(text)).get(), vtimezone.zone_info(name)
        at = datetime(2020, 1, 1, tzinfo=UTC)
        while at.year < 2031:
            if vtimezone.writes_local(name, at):
                wall = at.astimezone(ours)
                assert wall.replace(tzinfo=theirs).utcoffset() == wall.utcoffset(), (name, at)
            at += timedelta(hours=61)


def test_onset_is_in_the_local_time_before_the_change() -> None:
    text = vtimezone.vtimezone("Australia/Lord_Howe")
    assert text is not None
    assert text.split("\r\n")[2:16] == [
        "BEGIN:STANDARD",
        "DTSTART:20080406T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU",
        "TZOFFSETFROM:+1100",
        "TZOFFSETTO:+1030",
        "TZNAME:+1030",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:20081005T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=1SU",
        "TZOFFSETFROM:+1030",
        "TZOFFSETTO:+1100",
        "TZNAME:+11",
        "END:DAYLIGHT",
    ]


def test_dublin_is_daylight_in_summer_though_its_law_says_otherwise() -> None:
    text = vtimezone.vtimezone("Europe/Dublin")
    assert text is not None
    daylight = text.split("BEGIN:DAYLIGHT\r\n")[1]
    assert daylight.startswith(
        "DTSTART:19960331T010000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"
        "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nTZNAME:IST\r\n"
    )


@pytest.mark.parametrize("form", ["J60/2", "59/2", "M3.4.4/50", "M3.5.0/-1", "M9.1.6/24"])
def test_changes_without_a_plain_rule_are_known_as_such(form: str) -> None:
    assert vtimezone._change(form) is None


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "", "America"])
def test_a_name_that_is_no_zone_has_no_text(name: str) -> None:
    assert vtimezone.vtimezone(name) is None
    with pytest.raises(KeyError):
        vtimezone.zone_info(name)
