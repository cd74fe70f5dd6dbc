"""When reminders are due: wall clocks, changes of clocks, and nobody woken at night."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from notifications.reminder_times import (
    QUIET_FROM,
    QUIET_UNTIL,
    due_at,
    end_of_quiet_hours,
    is_quiet,
    known_leads,
    lead_words,
    longest,
    parse_lead,
)

LOS_ANGELES = "America/Los_Angeles"


def local(text: str, zone: str = LOS_ANGELES, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def due(lead: str, start: str, zone: str = LOS_ANGELES) -> str | None:
    """The local time at which the reminder is due, for a local start."""
    at = due_at(parse_lead(lead), local(start, zone), zone)
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if at else None


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        ("7d", "2026-06-04 18:30"),
        ("1d@11:00", "2026-06-10 11:00"),
        ("2h", "2026-06-11 16:30"),
        ("90m", "2026-06-11 17:00"),
        ("0d@09:00", "2026-06-11 09:00"),
    ],
)
def test_a_lead_before_an_evening_event(lead: str, expected: str) -> None:
    assert due(lead, "2026-06-11 18:30") == expected


@pytest.mark.parametrize(
    ("lead", "start", "expected"),
    [
        # Clocks go forward on March 8, back on November 1: days are counted on the wall clock.
        ("7d", "2026-03-10 18:30", "2026-03-03 18:30"),
        ("1d@11:00", "2026-03-08 18:30", "2026-03-07 11:00"),
        ("1d", "2026-11-01 18:30", "2026-10-31 18:30"),
        # … and hours as they pass: 12 hours before 13:00 on the long day is one o'clock, twice.
        ("6h", "2026-03-08 18:30", "2026-03-08 12:30"),
        ("26h", "2026-11-02 11:30", "2026-11-01 09:30"),
        ("34h", "2026-11-01 19:30", "2026-10-31 10:30"),
        ("34h", "2026-03-08 19:30", "2026-03-07 08:30"),
    ],
)
def test_over_a_change_of_clocks(lead: str, start: str, expected: str) -> None:
    assert due(lead, start) == expected


def test_the_zone_is_the_events_own() -> None:
    start = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)
    times = {
        zone: due_at(parse_lead("1d@11:00"), start, zone)
        for zone in (LOS_ANGELES, "Pacific/Honolulu", "Asia/Kolkata")
    }
    assert times == {
        LOS_ANGELES: datetime(2026, 6, 10, 18, 0, tzinfo=UTC),
        "Pacific/Honolulu": datetime(2026, 6, 10, 21, 0, tzinfo=UTC),
        "Asia/Kolkata": datetime(2026, 6, 11, 5, 30, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("lead", "start", "expected", "why"),
    [
        ("2h", "2026-06-11 10:00", "2026-06-11 08:00", "the quiet hours have just ended"),
        ("2h", "2026-06-11 09:30", "2026-06-11 08:00", "an hour and a half is left"),
        ("2h", "2026-06-11 09:00", "2026-06-11 08:00", "half of the lead is left"),
        ("2h", "2026-06-11 08:30", "2026-06-10 20:00", "half an hour is too late to go"),
        ("2h", "2026-06-11 06:00", "2026-06-10 20:00", "it begins in the quiet hours"),
        ("2h", "2026-06-11 23:30", "2026-06-11 20:00", "it begins before they end"),
        ("2h", "2026-06-11 22:59", "2026-06-11 20:59", "the last minute before they begin"),
        ("1d", "2026-06-11 07:00", "2026-06-10 08:00", "most of a day is left"),
        ("1d", "2026-06-11 22:00", "2026-06-11 08:00", "most of a day is left"),
        ("7d", "2026-06-11 06:00", "2026-06-04 08:00", "a week is a week"),
        ("2h", "2026-06-11 00:00", "2026-06-10 20:00", "an all-day event begins at midnight"),
    ],
)
def test_nobody_is_reminded_in_quiet_hours(lead: str, start: str, expected: str, why: str) -> None:
    assert due(lead, start) == expected, why


def test_a_lead_that_is_not_before_the_start_is_none() -> None:
    assert due("0d@09:00", "2026-06-11 08:30") is None
    assert due("0h", "2026-06-11 18:30") is None


@given(
    lead=st.one_of(
        st.integers(0, 60).map(lambda days: f"{days}d"),
        st.integers(1, 200).map(lambda hours: f"{hours}h"),
        st.builds(
            lambda days, at: f"{days}d@{at:%H:%M}",
            st.integers(0, 30),
            st.times(time(), time(23, 59)),
        ),
    ),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    zone=st.sampled_from([LOS_ANGELES, "America/Phoenix", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_a_reminder_is_before_the_start_by_day_and_within_the_horizon(
    lead: str, start: datetime, zone: str
) -> None:
    starts_at = start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    known = parse_lead(lead)
    at = due_at(known, starts_at, zone)
    if at is None:
        return
    assert at < starts_at
    assert not is_quiet(at, zone)
    assert starts_at - at <= longest([known])


@pytest.mark.parametrize(
    ("instant", "quiet"),
    [("20:59", False), ("21:00", True), ("23:59", True), ("07:59", True), ("08:00", False)],
)
def test_quiet_hours_are_from_nine_to_eight(instant: str, quiet: bool) -> None:
    assert is_quiet(local(f"2026-06-11 {instant}"), LOS_ANGELES) is quiet
    assert (time(21), time(8)) == (QUIET_FROM, QUIET_UNTIL)


@pytest.mark.parametrize(
    ("instant", "morning"),
    [
        ("2026-06-11 21:30", "2026-06-12 08:00"),
        ("2026-06-11 03:00", "2026-06-11 08:00"),
        ("2026-10-31 23:00", "2026-11-01 08:00"),
    ],
)
def test_quiet_hours_end_at_eight_in_the_morning(instant: str, morning: str) -> None:
    assert end_of_quiet_hours(local(instant), LOS_ANGELES) == local(morning)


@pytest.mark.parametrize("text", ["", "d", "7", "7w", "1d@25:00", "1d@9", "-1d", "2h@11:00", " 7d"])
def test_what_is_no_lead_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"lead|hour"):
        parse_lead(text)


def test_one_lead_that_cannot_be_read_stops_no_other() -> None:
    assert [lead.text for lead in known_leads(["2h", "soon", "7d"])] == ["7d", "2h"]


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        ("7d", "1 week before"),
        ("14d", "2 weeks before"),
        ("3d", "3 days before"),
        ("1d@11:00", "the day before at 11:00 a.m."),
        ("0d@09:00", "on the day at 9:00 a.m."),
        ("1h", "1 hour before"),
        ("2h", "2 hours before"),
        ("90m", "90 minutes before"),
    ],
)
def test_a_lead_in_words(lead: str, words: str) -> None:
    with override("en"):
        assert lead_words(parse_lead(lead), "en") == words


def test_the_horizon_covers_the_longest_lead() -> None:
    assert longest(known_leads(["2h", "7d"])) >= timedelta(days=8)
