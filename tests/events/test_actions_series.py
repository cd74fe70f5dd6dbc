"""Dates that repeat, on the wall clock and a year ahead."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from events.actions.events import EventDraft
from events.actions.series import create_series, end_series, extend_series
from events.models import Event, EventType, Series
from events.month_table import days_taken_up
from tests.factories import LOS_ANGELES, NOW, make_event, make_office, make_venue

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo(LOS_ANGELES)


def local(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=ZONE).astimezone(UTC)  # type: ignore[arg-type, misc]


def weekly(
    starts_at: datetime,
    ends_at: datetime,
    *,
    now: datetime,
    rule: str = "FREQ=WEEKLY",
    post: bool = True,
    **facts: object,
) -> Series:
    office = make_office(now=now)
    columns: dict[str, object] = {
        "title": "Fair",
        "event_type": EventType.COMMUNITY_EVENT,
        "timezone": LOS_ANGELES,
        "venue": make_venue(office, now=now),
    }
    draft = EventDraft(starts_at=starts_at, ends_at=ends_at, **(columns | facts))  # type: ignore[arg-type]
    return create_series(office=office, draft=draft, rule=rule, post=post, now=now)


def dates(series: Series) -> list[Event]:
    return list(series.events.order_by("starts_at"))


def test_whole_days_stay_whole_when_clocks_change() -> None:
    series = weekly(local(2026, 10, 25), local(2026, 10, 26), now=local(2026, 10, 1), all_day=True)
    seen = [days_taken_up(event) for event in dates(series)]
    assert all(days.first == days.last for days in seen)
    assert {str(days.first) for days in seen} >= {"2026-11-01", "2027-03-14"}


def test_an_evening_ends_at_its_hour_when_clocks_change_that_night() -> None:
    series = weekly(local(2026, 10, 24, 22), local(2026, 10, 25, 3), now=local(2026, 10, 1))
    ends = {event.ends_at.astimezone(ZONE).time() for event in dates(series)}
    assert {str(end) for end in ends} == {"03:00:00"}
    lengths = {event.ends_at - event.starts_at for event in dates(series)}
    assert lengths == {timedelta(hours=4), timedelta(hours=5), timedelta(hours=6)}


def test_every_address_names_its_date_also_behind_a_long_title() -> None:
    title = "A very long title of a town hall that nobody will ever read to its end, or if so"
    series = weekly(local(2026, 6, 11, 18), local(2026, 6, 11, 20), now=NOW, title=title * 2)
    extend_series(now=NOW + timedelta(days=30))
    slugs = [event.slug for event in dates(series)]
    assert len(slugs) == 55
    assert [slug[-11:] for slug in slugs] == [
        f"-{event.starts_at.astimezone(ZONE):%Y-%m-%d}" for event in dates(series)
    ]
    assert len({slug[:-11] for slug in slugs}) == 1


def test_an_address_that_was_taken_is_not_handed_on() -> None:
    make_event(title="Fair 2027-06-03", slug="fair-2027-06-03")
    series = weekly(local(2026, 6, 11, 18), local(2026, 6, 11, 20), now=NOW)
    extend_series(now=NOW + timedelta(days=3))
    extend_series(now=NOW + timedelta(days=10))
    assert [event.slug for event in dates(series)[-3:]] == [
        "fair-2027-05-27", "fair-2027-06-03-2", "fair-2027-06-10",
    ]  # fmt: skip


def test_a_series_that_fails_keeps_no_other_from_going_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken, whole = (weekly(local(2026, 6, 11, 18), local(2026, 6, 11, 20), now=NOW) for _ in "12")
    Series.objects.filter(pk=broken.pk).update(rule="FREQ=NOW AND THEN")
    count = len(dates(broken))
    assert extend_series(now=NOW + timedelta(days=10)) == 2
    assert (len(dates(broken)), len(dates(whole))) == (count, count + 2)
    assert f"Series {broken.pk} got no new dates" in caplog.text


def test_a_series_that_begins_in_two_years_has_its_first_date() -> None:
    series = weekly(local(2028, 6, 8, 18), local(2028, 6, 8, 20), now=NOW)
    assert [event.slug for event in dates(series)] == ["fair-2028-06-08"]
    extend_series(now=local(2027, 6, 20))
    assert len(dates(series)) == 2
    end_series(event_id=dates(series)[0].pk, reason="Nobody wants it.", now=local(2027, 6, 21))
    assert {event.status for event in dates(series)} == {"cancelled"}
