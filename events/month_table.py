"""The days of a month as weeks, for the calendar's table."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from events.dates_text import Days, babel_locale, days_of, month_text


class Day(NamedTuple):
    """One cell: its date, whether it belongs to the month, and what happens on it.

    ``occasions`` begin on this day; ``running`` began before it and still go on.
    """

    date: date
    inside: bool
    today: bool
    occasions: list[Any]
    running: list[Any]


class Weekday(NamedTuple):
    """One column: its name, long for those who listen, short for those who look."""

    name: str
    short: str


class MonthTable(NamedTuple):
    """What ``components/month.html`` shows."""

    caption: str
    weekdays: list[Weekday]
    weeks: list[list[Day]]
    previous: date
    following: date

    @property
    def is_within_a_year(self) -> bool:
        """Whether the months on both sides are of the same year as this one."""
        return self.previous.year == self.following.year


def weeks_of(year: int, month: int, language: str) -> list[list[date]]:
    """Return the weeks that a month touches, as the language's region begins them."""
    start_of_week = babel_locale(language).first_week_day  # 0 is Monday, as in date.weekday()
    first = date(year, month, 1)
    day = first - timedelta(days=(first.weekday() - start_of_week) % 7)
    weeks: list[list[date]] = []
    while day < _next_month(first):
        weeks.append([day + timedelta(days=offset) for offset in range(7)])
        day += timedelta(days=7)
    return weeks


def days_taken_up(occasion: Any) -> Days:
    """Return the first and the last day of an event or a shift where it takes place."""
    return days_of(
        occasion.starts_at,
        occasion.ends_at,
        occasion.timezone,
        all_day=getattr(occasion, "all_day", False),
    )


def month_table(
    year: int, month: int, occasions: Iterable[Any], today: date, language: str
) -> MonthTable:
    """Return the weeks of a month with what happens on each day.

    ``occasions`` have ``starts_at``, ``ends_at`` and ``timezone`` and are given in the order in
    which a day shall list them; each stands on every day that it takes up where it takes place.
    ``previous`` and ``following`` are the first days of the months beside this one.
    """
    locale = babel_locale(language)
    first = date(year, month, 1)
    weeks = weeks_of(year, month, language)
    last_shown = weeks[-1][-1]
    begins: dict[date, list[Any]] = {}
    goes_on: dict[date, list[Any]] = {}
    for occasion in occasions:
        days = days_taken_up(occasion)
        begins.setdefault(days.first, []).append(occasion)
        day = max(days.first + timedelta(days=1), weeks[0][0])
        while day <= min(days.last, last_shown):
            goes_on.setdefault(day, []).append(occasion)
            day += timedelta(days=1)

    names = locale.days["stand-alone"]
    order = [(locale.first_week_day + offset) % 7 for offset in range(7)]
    return MonthTable(
        caption=month_text(first, language),
        weekdays=[Weekday(names["wide"][each], names["abbreviated"][each]) for each in order],
        weeks=[
            [
                Day(
                    each,
                    (each.year, each.month) == (year, month),
                    each == today,
                    begins.get(each, []),
                    goes_on.get(each, []),
                )
                for each in week
            ]
            for week in weeks
        ],
        previous=(first - timedelta(days=1)).replace(day=1),
        following=_next_month(first),
    )


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
