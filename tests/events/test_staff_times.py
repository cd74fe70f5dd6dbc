"""Local times in a form, on the days on which clocks change and on all others."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from events.staff.local_times import WhenForm, initial_when, instants_of

LOS_ANGELES = "America/Los_Angeles"


def filled(**typed: str) -> WhenForm:
    usual = {
        "starts_on": "2026-06-11",
        "starts_time": "18:30",
        "ends_time": "20:00",
        "timezone": LOS_ANGELES,
    }
    return WhenForm(usual | typed, initial={}, near=[LOS_ANGELES])


def times(form: WhenForm) -> tuple[datetime, datetime]:
    assert form.is_valid(), form.errors
    return form.cleaned_data["starts_at"], form.cleaned_data["ends_at"]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def test_wall_clock_becomes_the_instant_of_the_zone() -> None:
    assert times(filled()) == (utc(2026, 6, 12, 1, 30), utc(2026, 6, 12, 3, 0))
    assert times(filled(timezone="Asia/Kolkata"))[0] == utc(2026, 6, 11, 13, 0)
    # Winter, an hour further from UTC.
    assert times(filled(starts_on="2026-12-01"))[0] == utc(2026, 12, 2, 2, 30)


def test_an_hour_that_is_left_out_is_refused_with_the_reason() -> None:
    form = filled(starts_on="2026-03-08", starts_time="02:30", ends_time="04:00")
    assert form.errors == {
        "starts_time": [
            "Clocks go forward on Sunday, March 8, and 2:30 a.m. is left out. Choose another time."
        ]
    }


def test_an_hour_that_comes_twice_is_asked_about() -> None:
    typed = {"starts_on": "2026-11-01", "starts_time": "01:30", "ends_time": "03:00"}
    form = filled(**typed)
    assert form.errors == {
        "starts_which": [
            "Clocks go back on Sunday, November 1, and 1:30 a.m. comes twice. "
            "Choose which one you mean."
        ]
    }
    assert [label for _value, label in form.fields["starts_which"].choices] == [
        "The first, 1:30 a.m. PDT",
        "The second, 1:30 a.m. PST",
    ]
    assert times(filled(**typed, starts_which="0"))[0] == utc(2026, 11, 1, 8, 30)
    assert times(filled(**typed, starts_which="1"))[0] == utc(2026, 11, 1, 9, 30)


def test_between_the_two_there_is_an_hour() -> None:
    form = filled(starts_on="2026-11-01", starts_time="01:30", ends_time="01:30",
                  starts_which="0", ends_which="1")  # fmt: skip
    starts_at, ends_at = times(form)
    assert (ends_at - starts_at).total_seconds() == 3600


def test_on_any_other_day_nothing_is_asked() -> None:
    form = filled()
    assert "starts_which" not in form.fields
    assert "ends_which" not in form.fields


def test_what_is_stored_is_shown_as_it_was_typed() -> None:
    second = utc(2026, 11, 1, 9, 30)
    shown = initial_when(second, utc(2026, 11, 1, 11, 0), LOS_ANGELES)
    form = WhenForm(initial=shown, near=[LOS_ANGELES])
    assert shown["starts_time"].isoformat("minutes") == "01:30"
    assert form["starts_which"].value() == "1"


def test_all_day_lasts_to_the_midnight_after_the_last_day() -> None:
    form = filled(all_day="on", starts_time="", ends_time="", ends_on="2026-06-12")
    assert times(form) == (utc(2026, 6, 11, 7), utc(2026, 6, 13, 7))
    shown = initial_when(*times(form), LOS_ANGELES, all_day=True)
    assert (str(shown["starts_on"]), str(shown["ends_on"])) == ("2026-06-11", "2026-06-12")


def test_a_day_whose_midnight_is_left_out_begins_at_one() -> None:
    form = filled(
        all_day="on", starts_on="2026-09-06", starts_time="", ends_time="",
        timezone="America/Santiago",
    )  # fmt: skip
    starts_at, _ends_at = times(form)
    assert starts_at.astimezone(ZoneInfo("America/Santiago")).hour == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"starts_on": ""}, "starts_on"),
        ({"starts_on": "June 11"}, "starts_on"),
        ({"starts_on": "0026-06-11"}, "starts_on"),
        ({"starts_on": "9999-12-31"}, "starts_on"),
        ({"ends_on": "9999-12-31"}, "ends_on"),
        ({"starts_time": ""}, "starts_time"),
        ({"ends_time": ""}, "ends_time"),
        ({"ends_time": "18:00"}, "ends_time"),
        ({"ends_on": "2026-06-10"}, "ends_on"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(typed: dict[str, Any], field: str) -> None:
    assert list(filled(**typed).errors) == [field]


def test_a_clock_shows_no_one_or_two_instants() -> None:
    zone = ZoneInfo(LOS_ANGELES)
    counts = [
        len(instants_of(datetime(2026, 3, 8, 2, 30), zone)),
        len(instants_of(datetime(2026, 6, 11, 2, 30), zone)),
        len(instants_of(datetime(2026, 11, 1, 1, 30), zone)),
    ]
    assert counts == [0, 1, 2]
