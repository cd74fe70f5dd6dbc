"""The month as weeks."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from events.month_table import month_table


def occasion(
    starts_at: datetime, hours: float = 1, timezone: str = "America/Los_Angeles"
) -> SimpleNamespace:
    ends_at = starts_at + timedelta(hours=hours)
    return SimpleNamespace(starts_at=starts_at, ends_at=ends_at, timezone=timezone)


def test_weeks_begin_on_sunday_and_cover_the_month() -> None:
    table = month_table(2026, 6, [], date(2026, 6, 11), "en")
    assert table.caption == "June 2026"
    assert table.weekdays[0].name == "Sunday"
    days = [day for week in table.weeks for day in week]
    assert (days[0].date, days[-1].date) == (date(2026, 5, 31), date(2026, 7, 4))
    assert [day.date for day in days if day.inside] == [date(2026, 6, n) for n in range(1, 31)]
    assert [day.date for day in days if day.today] == [date(2026, 6, 11)]
    assert (table.previous, table.following) == (date(2026, 5, 1), date(2026, 7, 1))


def test_a_month_that_fills_its_weeks_has_no_other_days() -> None:
    table = month_table(2026, 2, [], date(2026, 6, 11), "en")
    assert [len(table.weeks), table.weeks[0][0].date] == [4, date(2026, 2, 1)]


def test_an_event_stands_on_the_day_it_has_where_it_takes_place() -> None:
    # 18:30 in Los Angeles on June 11 is June 12 in UTC, and in Kolkata.
    evening = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)
    here, there = occasion(evening), occasion(evening, timezone="Asia/Kolkata")
    table = month_table(2026, 6, [here, there], date(2026, 6, 1), "en")
    found = {day.date: day.occasions for week in table.weeks for day in week if day.occasions}
    assert found == {date(2026, 6, 11): [here], date(2026, 6, 12): [there]}


def test_what_goes_on_stands_on_its_later_days_too() -> None:
    fair = occasion(datetime(2026, 5, 29, 16, 0, tzinfo=UTC), hours=80)
    table = month_table(2026, 6, [fair], date(2026, 6, 1), "en")
    days = [day for week in table.weeks for day in week]
    assert [day.date for day in days if day.occasions] == []
    assert {day.date: day.running for day in days if day.running} == {
        date(2026, 5, 31): [fair],
        date(2026, 6, 1): [fair],
    }


def test_spanish_has_its_own_names() -> None:
    table = month_table(2026, 12, [], date(2026, 6, 1), "es")
    assert table.caption == "Diciembre de 2026"
    assert table.weekdays[0].name == "domingo"
    assert table.following == date(2027, 1, 1)
