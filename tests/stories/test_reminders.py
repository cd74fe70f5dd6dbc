"""Reminders come when the office has said, about what is true then, and about nothing else."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.factories import make_event, make_role, make_shift
from tests.stories.street import Neighbor, Street, heard, words_of

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
MOVED = {"starts_on": "2026-06-18", "starts_time": "17:00", "ends_time": "18:30"}


def june(text: str) -> datetime:
    """An instant on the wall clock of Los Angeles, in June 2026: "11 16:30"."""
    return datetime.fromisoformat(f"2026-06-{text}").replace(tzinfo=LOS_ANGELES)


@pytest.fixture
def town_hall(street: Street) -> int:
    """A town hall on Thursday, June 11, 18:30. The office reminds 7 days, 1 day, 2 hours before."""
    return make_event(
        street.office, title="Town hall on buses", starts_at=june("11 18:30"),
        venue=street.library, now=street.now,
    ).pk  # fmt: skip


def guest(street: Street, **typed: object) -> Neighbor:
    ana = street.neighbor("Ana")
    ana.confirm(ana.rsvp("/events/town-hall-on-buses/", **typed), "rsvps")
    return ana


def test_a_week_a_day_and_two_hours_before(street: Street, town_hall: int) -> None:
    ana = guest(street, access_needs=["asl"])
    subjects = []
    for before, due in (
        ("04 18:29", "04 18:30"),
        ("10 10:59", "10 11:00"),
        ("11 16:29", "11 16:30"),
    ):
        street.go_to(june(before))
        assert ana.mail() == [], before
        street.go_to(june(due))
        reminder = ana.letter()
        subjects.append(reminder["Subject"])
        if due == "10 11:00":
            day_before = reminder
    assert subjects == ["Reminder: Town hall on buses, Thursday, June 11"] * 3
    street.go_to(june("12 12:00"))
    assert ana.mail() == []

    # The one of the day before has all that one needs on the way, and asks.
    text = words_of(day_before)
    assert "This is tomorrow." in text
    assert "Use the door on Oak Avenue." in text
    assert "Bus 14 stops at the door." in text
    assert "American Sign Language interpreter" in text
    assert "Are you coming? If not, please cancel" in text


def test_what_was_moved_is_reminded_at_its_new_time(street: Street, town_hall: int) -> None:
    ana = guest(street)
    sam = street.staff()
    sam.open(f"/staff/events/{town_hall}/")
    sam.follow("Move to another time")
    sam.press("Check who will be told", **MOVED)
    sam.press("Save and tell them")
    assert ana.letter()["Subject"] == "New date: Town hall on buses, Thursday, June 18"

    street.go_to(june("10 11:00"))
    assert ana.mail() == [], "the old day before"
    street.go_to(june("11 17:00"))
    week_before = ana.letter()
    assert week_before["Subject"] == "Reminder: Town hall on buses, Thursday, June 18"
    assert "Thursday, June 18, 2026, 5:00–6:30 p.m." in words_of(week_before)


def test_what_was_cancelled_reminds_nobody(street: Street, town_hall: int) -> None:
    ana, ben = guest(street), street.neighbor("Ben")
    ben.confirm(ben.rsvp("/events/town-hall-on-buses/"), "rsvps")
    ben.follow("Cancel my RSVP")
    ben.press("Cancel my RSVP")
    assert heard(ben.letter()).method == "CANCEL"

    street.go_to(june("04 18:30"))
    assert ana.letter()["Subject"].startswith("Reminder")
    assert ben.mail() == [], "he has cancelled"

    sam = street.staff()
    sam.open(f"/staff/events/{town_hall}/")
    sam.follow("Cancel")
    sam.press("Cancel the event", reason="The roof leaks.")
    assert ana.letter()["Subject"].startswith("Cancelled: Town hall on buses")
    street.go_to(june("11 16:30"))
    assert ana.mail() == []


def test_nobody_is_reminded_at_night(street: Street) -> None:
    # Two hours before 9:00 is 7:00, in the quiet hours: it comes when they end.
    shift = make_shift(
        office=street.office, role=make_role(street.office, "Food sorter", now=street.now),
        starts_at=june("11 09:00"), now=street.now,
    )  # fmt: skip
    vic = street.neighbor("Vic")
    vic.confirm(vic.claim(shift.get_absolute_url()), "claims")
    street.go_to(june("10 11:00"))
    street.mail()
    for quiet in ("10 22:00", "11 07:00", "11 07:59"):
        street.go_to(june(quiet))
        assert vic.mail() == [], quiet
    street.go_to(june("11 08:00"))
    assert vic.letter()["Subject"] == "Reminder of your shift: Food sorter, Thursday, June 11"


def test_a_cancellation_does_not_wait_for_the_morning(street: Street, town_hall: int) -> None:
    ana = guest(street)
    street.go_to(june("10 23:30"))
    street.mail()
    sam = street.staff()
    sam.open(f"/staff/events/{town_hall}/")
    sam.follow("Cancel")
    sam.press("Cancel the event", reason="The roof leaks.")
    assert ana.letter()["Subject"].startswith("Cancelled: Town hall on buses")


def test_who_helps_at_the_event_they_come_to_is_reminded_once(
    street: Street, town_hall: int
) -> None:
    ana = guest(street)
    event = street.office.events.get(pk=town_hall)
    shift = make_shift(event, role=make_role(street.office, now=street.now), now=street.now)
    ana.claim(shift.get_absolute_url())
    street.go_to(june("10 11:00"))
    (reminder,) = (m for m in ana.mail() if m["Subject"].startswith("Reminder"))
    assert reminder["Subject"].startswith("Reminder of your shift: Greeter, Town hall on buses")


def test_a_program_that_slept_makes_up_for_it_once(street: Street, town_hall: int) -> None:
    ana = guest(street)
    # Nothing ran from before the first lead until after the second: the second counts, once.
    street.go_to(june("10 15:00"))
    assert "This is tomorrow." in words_of(ana.letter())
