"""The days of a month as weeks, for the calendar's table."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from events.dates_text import babel_locale, local, month_text


class Day(NamedTuple):
    """One cell: its date, whether it belongs to the month, and what happens on it."""

    date: date
    inside: bool
    today: bool
    occasions: list[Any]


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


def month_table(
    year: int, month: int, occasions: Iterable[Any], today: date, language: str
) -> MonthTable:
    """Return the weeks of a month in the order of the language's region (Sunday first in the US).

    ``occasions`` have ``starts_at`` and ``timezone`` and are given in the order in which a day
    shall list them; each stands on the day on which it starts where it takes place. ``previous``
    and ``following`` are the first days of the months beside this one.
    """
    locale = babel_locale(language)
    first = date(year, month, 1)
    following = (first + timedelta(days=31)).replace(day=1)
    by_day: dict[date, list[Any]] = {}
    for occasion in occasions:
        start = local(occasion.starts_at, occasion.timezone).date()
        by_day.setdefault(start, []).append(occasion)

    start_of_week = locale.first_week_day  # 0 is Monday, as in date.weekday()
    day = first - timedelta(days=(first.weekday() - start_of_week) % 7)
    weeks: list[list[Day]] = []
    while day < following:
        week = [day + timedelta(days=offset) for offset in range(7)]
        weeks.append(
            [Day(each, each.month == month, each == today, by_day.get(each, [])) for each in week]
        )
        day += timedelta(days=7)

    names = locale.days["stand-alone"]
    order = [(start_of_week + offset) % 7 for offset in range(7)]
    return MonthTable(
        caption=month_text(first, language),
        weekdays=[Weekday(names["wide"][each], names["abbreviated"][each]) for each in order],
        weeks=weeks,
        previous=(first - timedelta(days=1)).replace(day=1),
        following=following,
    )
