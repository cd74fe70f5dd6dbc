"""Dates and times in words, in both languages, over midnights, days, years and clock changes."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from events import dates_text

LOS_ANGELES = "America/Los_Angeles"


def at(*parts: int, zone: str = LOS_ANGELES) -> datetime:
    """Return the instant of a local date and time, in UTC as the database gives it."""
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))  # type: ignore[arg-type, misc]


JUNE_11 = at(2026, 6, 11, 18, 30)
JUNE_11_END = at(2026, 6, 11, 20, 0)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Thursday, June 11, 2026, 6:30–8:00 p.m. PDT"),
        ("es", "jueves, 11 de junio de 2026, 6:30–8:00 p.m. PDT"),
    ],
)
def test_one_line_has_weekday_date_hours_and_zone(language: str, expected: str) -> None:
    assert dates_text.when_text(JUNE_11, JUNE_11_END, LOS_ANGELES, language) == expected


@pytest.mark.parametrize(
    ("start", "end", "english", "spanish"),
    [
        ((11, 0), (13, 0), "11:00 a.m.–1:00 p.m. PDT", "11:00 a.m.–1:00 p.m. PDT"),
        ((9, 0), (11, 30), "9:00–11:30 a.m. PDT", "9:00–11:30 a.m. PDT"),
        ((9, 0), (12, 0), "9:00 a.m.–noon PDT", "9:00 a.m.–mediodía PDT"),
        ((12, 0), (13, 0), "noon–1:00 p.m. PDT", "mediodía–1:00 p.m. PDT"),
        ((12, 30), (13, 0), "12:30–1:00 p.m. PDT", "12:30–1:00 p.m. PDT"),
        ((0, 15), (0, 45), "12:15–12:45 a.m. PDT", "12:15–12:45 a.m. PDT"),
    ],
)
def test_hours_name_each_half_of_the_day_once(
    start: tuple[int, int], end: tuple[int, int], english: str, spanish: str
) -> None:
    begins, ends = at(2026, 6, 11, *start), at(2026, 6, 11, *end)
    assert dates_text.time_text(begins, ends, LOS_ANGELES, "en") == english
    assert dates_text.time_text(begins, ends, LOS_ANGELES, "es") == spanish


def test_an_evening_that_ends_after_midnight_stays_on_its_day() -> None:
    midnight, one = at(2026, 6, 12, 0, 0), at(2026, 6, 12, 1, 0)
    day = "Thursday, June 11, 2026, 6:30 p.m."
    assert dates_text.when_text(JUNE_11, midnight, LOS_ANGELES, "en") == f"{day}–midnight PDT"
    assert dates_text.when_text(JUNE_11, one, LOS_ANGELES, "en") == f"{day}–1:00 a.m. PDT"


def test_several_days_have_a_beginning_and_an_end() -> None:
    begins, ends = at(2026, 6, 11, 9, 0), at(2026, 6, 13, 17, 0)
    assert dates_text.when_lines(begins, ends, LOS_ANGELES, "en") == [
        "Thursday, June 11, 2026, 9:00 a.m.",
        "to Saturday, June 13, 2026, 5:00 p.m. PDT",
    ]
    assert dates_text.when_text(begins, ends, LOS_ANGELES, "es") == (
        "jueves, 11 de junio de 2026, 9:00 a.m. hasta el sábado, 13 de junio de 2026, 5:00 p.m. PDT"
    )


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ((2026, 6, 12), "Thursday, June 11, 2026 (all day)"),
        ((2026, 6, 11), "Thursday, June 11, 2026 (all day)"),
        ((2026, 6, 14), "Thursday, June 11 – Saturday, June 13, 2026 (all day)"),
    ],
)
def test_the_end_of_an_all_day_event_is_exclusive(end: tuple[int, ...], expected: str) -> None:
    text = dates_text.when_text(at(2026, 6, 11), at(*end), LOS_ANGELES, "en", all_day=True)
    assert text == expected


def test_days_over_new_year_name_both_years() -> None:
    text = dates_text.day_text(at(2026, 12, 31), at(2027, 1, 2), LOS_ANGELES, "en", all_day=True)
    assert text == "Thursday, December 31, 2026 – Friday, January 1, 2027"


def test_a_clock_change_inside_an_event_names_both_zones() -> None:
    text = dates_text.time_text(at(2026, 11, 1, 0, 30), at(2026, 11, 1, 3, 0), LOS_ANGELES, "en")
    assert text == "12:30 a.m. PDT–3:00 a.m. PST"


def test_without_an_end_only_the_beginning_is_named() -> None:
    text = dates_text.when_text(JUNE_11, None, LOS_ANGELES, "en")
    assert text == "Thursday, June 11, 2026, 6:30 p.m. PDT"


def test_a_card_may_leave_the_year_out() -> None:
    def card(language: str) -> str:
        return dates_text.day_text(JUNE_11, JUNE_11_END, LOS_ANGELES, language, year=False)

    assert [card("en"), card("es")] == ["Thursday, June 11", "jueves, 11 de junio"]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Phoenix", "MST"),
        ("Pacific/Honolulu", "HST"),
        ("America/Sao_Paulo", "UTC-3"),
        ("Asia/Kathmandu", "UTC+5:45"),
    ],
)
def test_a_zone_without_an_abbreviation_has_its_offset(zone: str, expected: str) -> None:
    assert dates_text.zone_text(dates_text.local(JUNE_11, zone)) == expected


@pytest.mark.parametrize(
    ("days", "english", "spanish"),
    [
        (-3, "3 days ago", "hace 3 días"),
        (-1, "yesterday", "ayer"),
        (0, "today", "hoy"),
        (1, "tomorrow", "mañana"),
        (3, "in 3 days", "dentro de 3 días"),
        (13, "in 13 days", "dentro de 13 días"),
        (21, "in 3 weeks", "dentro de 3 semanas"),
    ],
)
def test_relative_counts_days_of_the_local_calendar(days: int, english: str, spanish: str) -> None:
    late = at(2026, 6, 11, 23, 0)
    early = at(2026, 6, 11, 8, 0) + timedelta(days=days)
    if days == 0:
        early = late + timedelta(minutes=30)
    texts = [
        dates_text.relative_text(early, None, LOS_ANGELES, late, code) for code in ("en", "es")
    ]
    assert texts == [english, spanish]


def test_what_is_going_on_is_now() -> None:
    now = JUNE_11 + timedelta(minutes=5)
    assert dates_text.relative_text(JUNE_11, JUNE_11_END, LOS_ANGELES, now, "en") == "now"
    over = dates_text.relative_text(JUNE_11, JUNE_11_END, LOS_ANGELES, JUNE_11_END, "en")
    assert over == "today"


def test_a_deadline_is_one_moment_in_full() -> None:
    text = dates_text.moment_text(at(2026, 6, 9, 17, 0), LOS_ANGELES, "en")
    assert text == "Tuesday, June 9, 2026, 5:00 p.m. PDT"


def test_other_languages_have_their_own_clock() -> None:
    text = dates_text.when_text(JUNE_11, JUNE_11_END, LOS_ANGELES, "fr")
    assert text == "jeudi 11 juin 2026, 18:30–20:00 PDT"


def test_an_unknown_language_is_written_in_english() -> None:
    assert dates_text.date_text(JUNE_11.date(), "x-none", weekday=False) == "June 12, 2026"


@pytest.mark.parametrize(
    ("language", "with_year", "alone"),
    [("en", "September 2026", "September"), ("es", "Septiembre de 2026", "Septiembre")],
)
def test_a_month_is_named_with_its_year_or_alone(language: str, with_year: str, alone: str) -> None:
    day = date(2026, 9, 1)
    assert dates_text.month_text(day, language) == with_year
    assert dates_text.month_text(day, language, year=False) == alone
