"""Who is reminded, when, of what: found from the facts of the moment, planned once."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.actions import events as event_actions
from events.actions import offices as office_actions
from events.actions import rsvps as rsvp_actions
from events.actions.calling_off import resume_event
from events.models import RSVP, AttendanceStatus, Event, Mode, Person
from notifications import reminders
from notifications.delivery.sending import send_batch
from notifications.models import Delivery
from tests import factories as make
from tests.notifications.scenes import call_off, goes, read, the_office, town_hall
from volunteers.actions import claims as claim_actions
from volunteers.actions import shifts as shift_actions
from volunteers.models import Shift, ShiftClaim

pytestmark = pytest.mark.django_db

ANA = "ana@example.org"
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def at(text: str) -> datetime:
    """An instant on the wall clock of Los Angeles, in June 2026: "11 16:30"."""
    return datetime.fromisoformat(f"2026-06-{text}").replace(tzinfo=LOS_ANGELES)


# The town hall is on June 11 at 18:30: due on June 4 at 18:30, June 10 at 11:00, June 11 at 16:30.
WEEK, DAY, HOURS = at("04 18:30"), at("10 11:00"), at("11 16:30")
MINUTE = timedelta(minutes=1)


def planned(now: datetime) -> list[str]:
    """Plan at ``now``; return the keys of what is new, without the numbers of rows."""
    before = set(Delivery.objects.values_list("pk", flat=True))
    reminders.plan(now)
    new = Delivery.objects.exclude(pk__in=before).order_by("pk")
    return [re.sub(r"(rsvp|claim):\d+", r"\1", delivery.key) for delivery in new]


def reschedule(event: Event, *, now: datetime, **by: Any) -> None:
    event.refresh_from_db()
    event_actions.reschedule_event(
        event_id=event.pk,
        starts_at=event.starts_at + timedelta(**by),
        ends_at=event.ends_at + timedelta(**by),
        now=now,
    )


# --- At their leads ------------------------------------------------------------------------------


def test_a_guest_is_reminded_at_every_lead_of_the_office_and_once() -> None:
    rsvp = make.make_rsvp(town_hall(), email=ANA)
    for due, lead in ((WEEK, "7d"), (DAY, "1d@11:00"), (HOURS, "2h")):
        assert planned(due - MINUTE) == []
        assert planned(due) == [f"reminder:rsvp:{lead}:0"]
        assert planned(due) == []
        assert planned(due + MINUTE) == []
    keys = Delivery.objects.order_by("pk").values_list("key", flat=True)
    assert list(keys) == [
        f"reminder:rsvp:{rsvp.pk}:7d:0",
        f"reminder:rsvp:{rsvp.pk}:1d@11:00:0",
        f"reminder:rsvp:{rsvp.pk}:2h:0",
    ]


def test_a_volunteer_is_reminded_at_the_shifts_own_time() -> None:
    claim = make.make_claim(make.make_shift(town_hall()))
    assert planned(WEEK - timedelta(hours=1)) == ["reminder:claim:7d:0"]
    assert planned(DAY) == ["reminder:claim:1d@11:00:0"]
    assert planned(HOURS - timedelta(hours=1)) == ["reminder:claim:2h:0"]
    assert Delivery.objects.latest("pk").key == f"reminder:claim:{claim.pk}:2h:0"


def test_every_office_has_its_own_leads() -> None:
    make.make_rsvp(town_hall(the_office(reminder_leads=["3d"])))
    make.make_rsvp(town_hall(the_office(reminder_leads=[])))
    assert planned(WEEK) == []
    assert planned(at("08 18:30")) == ["reminder:rsvp:3d:0"]


def test_each_event_has_its_own_zone() -> None:
    start = at("11 18:30")
    for zone in ("America/Los_Angeles", "America/New_York"):
        office = the_office(timezone=zone, reminder_leads=["1d@11:00"])
        make.make_rsvp(town_hall(office, timezone=zone, starts_at=start))
    assert len(planned(at("10 08:00"))) == 1
    assert len(planned(at("10 11:00"))) == 1


def test_it_is_sent_until_the_next_lead_or_the_start_takes_over() -> None:
    event = town_hall()
    make.make_rsvp(event)
    for due in (WEEK, DAY, HOURS):
        planned(due)
    ends = Delivery.objects.order_by("pk").values_list("expires_at", flat=True)
    assert list(ends) == [DAY, HOURS, event.starts_at]


# --- Who is not reminded -------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["cancel", "postpone"])
def test_what_is_called_off_reminds_nobody(what: str) -> None:
    event = town_hall()
    make.make_rsvp(event)
    make.make_claim(make.make_shift(event))
    call_off(event, what)
    assert planned(DAY) == []


def test_a_cancelled_shift_reminds_nobody() -> None:
    shift = make.make_shift(town_hall())
    make.make_claim(shift)
    shift_actions.cancel_shift(shift_id=shift.pk, reason="Enough.", now=make.NOW)
    assert planned(DAY) == []


def test_what_has_begun_reminds_nobody() -> None:
    event = town_hall()
    make.make_rsvp(event)
    assert planned(event.starts_at) == []
    assert planned(event.starts_at + timedelta(hours=1)) == []


def test_only_a_place_is_reminded_of() -> None:
    event = town_hall(capacity=10)
    make.make_rsvp(event, party_size=8, proven=False)
    make.make_rsvp(event, proven=False)
    make.make_rsvp(event, party_size=4)
    gone = make.make_rsvp(event)
    rsvp_actions.cancel_rsvp(rsvp_id=gone.pk, now=make.NOW)
    assert sorted(RSVP.objects.values_list("status", flat=True)) == [
        "cancelled", "confirmed", "unproven", "waitlisted",
    ]  # fmt: skip
    assert len(planned(DAY)) == 1


def test_somebody_without_an_address_is_not_planned_again_and_again() -> None:
    rsvp_actions.rsvp(
        event_id=town_hall().pk, name="Ana", phone="555-0111", mode=Mode.IN_PERSON,
        now=make.NOW, actor=make.make_staff(),
    )  # fmt: skip
    assert reminders.due(DAY) == {}


def test_a_lead_that_was_past_when_somebody_joined_does_not_count() -> None:
    event = town_hall()
    make.make_rsvp(event, email="early@example.org")
    make.make_rsvp(event, email=ANA, now=DAY + MINUTE)
    assert len(planned(DAY + 2 * MINUTE)) == 1
    assert len(planned(HOURS)) == 2


def test_somebody_who_moves_up_late_is_not_reminded_of_the_past() -> None:
    event = town_hall(capacity=1)
    first = make.make_rsvp(event)
    make.make_rsvp(event, email=ANA)
    rsvp_actions.cancel_rsvp(rsvp_id=first.pk, now=DAY + MINUTE)
    assert planned(DAY + 2 * MINUTE) == []
    assert planned(HOURS) == ["reminder:rsvp:2h:0"]


def test_leads_that_the_office_adds_late_do_not_count_for_what_is_near() -> None:
    office = the_office(reminder_leads=["2h"])
    make.make_rsvp(town_hall(office))
    office_actions.edit_office(
        office_id=office.pk, changes={"reminder_leads": ["3d", "2h"]}, now=at("09 10:00")
    )
    assert planned(at("09 10:01")) == []
    assert planned(HOURS) == ["reminder:rsvp:2h:0"]


# --- Moves ---------------------------------------------------------------------------------------


def test_a_moved_event_reminds_anew_and_supersedes_what_was_planned() -> None:
    event = town_hall()
    make.make_rsvp(event)
    planned(WEEK)
    old = Delivery.objects.get()
    assert goes(old)
    reschedule(event, now=WEEK + MINUTE, days=14)
    assert not goes(old)
    assert planned(at("18 18:30")) == ["reminder:rsvp:7d:1"]


def test_a_lead_that_was_past_when_the_event_was_moved_does_not_count() -> None:
    event = town_hall()
    make.make_rsvp(event)
    planned(WEEK)
    # From Thursday to Tuesday, set on Monday evening: the day before is past, two hours are not.
    reschedule(event, now=at("08 19:00"), days=-2)
    assert planned(at("08 19:01")) == []
    assert planned(at("09 16:30")) == ["reminder:rsvp:2h:1"]


def test_a_postponed_event_that_keeps_its_date_is_reminded_of_again() -> None:
    event = town_hall()
    make.make_rsvp(event)
    assert planned(WEEK) == ["reminder:rsvp:7d:0"]
    assert planned(DAY) == ["reminder:rsvp:1d@11:00:0"]
    # It has not gone out yet, and is no longer true.
    call_off(event, "postpone")
    assert planned(DAY + MINUTE) == []
    resume_event(event_id=event.pk, now=DAY + 2 * MINUTE)
    # What was due before is past: the message that it is on again says the same.
    assert planned(DAY + 3 * MINUTE) == []
    assert planned(HOURS) == ["reminder:rsvp:2h:1"]


def test_a_reminder_that_was_dropped_while_postponed_is_planned_under_a_new_key() -> None:
    event = town_hall()
    make.make_rsvp(event)
    call_off(event, "postpone")
    resume_event(event_id=event.pk, now=WEEK - MINUTE)
    assert planned(WEEK) == ["reminder:rsvp:7d:1"]


def test_a_moved_shift_reminds_anew() -> None:
    shift = make.make_shift(town_hall())
    make.make_claim(shift)
    shift_actions.edit_shift(
        shift_id=shift.pk,
        changes={"starts_at": at("11 12:00"), "ends_at": at("11 14:00")},
        now=at("10 12:00"),
    )
    assert planned(at("10 12:01")) == []
    assert planned(at("11 10:00")) == ["reminder:claim:2h:1"]


def test_a_new_place_changes_no_reminder() -> None:
    event = town_hall()
    make.make_rsvp(event)
    planned(DAY)
    hall = make.make_venue(event.office, name="City Hall")
    event_actions.edit_event(event_id=event.pk, changes={"venue": hall}, now=DAY + MINUTE)
    reminder = Delivery.objects.get(message="rsvp_reminder")
    assert goes(reminder)
    assert "City Hall" in read(reminder, DAY + MINUTE).text


def test_who_cancels_is_not_reminded_by_what_was_planned() -> None:
    event = town_hall()
    rsvp = make.make_rsvp(event)
    claim = make.make_claim(make.make_shift(event))
    planned(DAY)
    rsvp_actions.cancel_rsvp(rsvp_id=rsvp.pk, now=DAY + MINUTE)
    claim_actions.release_claim(claim_id=claim.pk, now=DAY + MINUTE)
    assert [goes(d) for d in Delivery.objects.filter(message__endswith="_reminder")] == [False] * 2


# --- Ticks that never fired ----------------------------------------------------------------------


def test_a_tick_that_never_fired_is_made_up_for() -> None:
    make.make_rsvp(town_hall())
    assert planned(at("06 09:00")) == ["reminder:rsvp:7d:0"]


def test_of_several_missed_leads_the_nearest_alone_is_sent() -> None:
    make.make_rsvp(town_hall())
    assert planned(HOURS + MINUTE) == ["reminder:rsvp:2h:0"]
    assert planned(HOURS + 2 * MINUTE) == []


def test_what_was_missed_for_more_than_a_week_is_let_go() -> None:
    office = the_office(reminder_leads=["30d"])
    event = town_hall(office, starts_at=at("30 18:30") + timedelta(days=10))
    make.make_rsvp(event)
    assert planned(at("18 18:31")) == []
    make.make_rsvp(town_hall(office, starts_at=at("30 18:30") + timedelta(days=11)))
    assert len(planned(at("18 18:29"))) == 1


def test_a_missed_reminder_waits_for_the_end_of_the_quiet_hours() -> None:
    make.make_rsvp(town_hall())
    assert planned(at("10 22:00")) == []
    assert planned(at("11 07:59")) == []
    assert planned(at("11 08:00")) == ["reminder:rsvp:1d@11:00:0"]


def test_a_reminder_whose_retry_falls_into_the_night_is_sent_in_the_morning() -> None:
    make.make_rsvp(town_hall())
    planned(DAY)
    outcome = send_batch(now=at("10 23:00"))
    assert outcome is not None
    reminder = Delivery.objects.get()
    assert (reminder.state, reminder.next_attempt_at) == ("due", at("11 08:00"))
    assert send_batch(now=at("11 07:59")) is None
    outcome = send_batch(now=at("11 08:00"))
    assert outcome is not None
    assert outcome.states == {"accepted": 1}


# --- Somebody who is a guest and helps -----------------------------------------------------------


def test_a_guest_who_helps_is_reminded_once_and_of_both() -> None:
    event = town_hall()
    rsvp = make.make_rsvp(event, email=ANA, party_size=2, access_needs=["asl"])
    make.make_claim(make.make_shift(event), email=ANA)
    assert planned(DAY) == ["reminder:claim:1d@11:00:0"]
    text = read(Delivery.objects.get(), DAY).text
    assert "Thursday, June 11, 2026, 5:30–7:30 p.m. PDT" in text
    assert (
        "The event: Town hall on parking, Thursday, June 11, 2026, 6:30–8:00 p.m. PDT. "
        "You also have 2 places there." in text
    )
    assert f"See or cancel your RSVP: http://testserver/rsvps/{rsvp.pk}." in text
    assert "For the event you asked for:\n- American Sign Language interpreter" in text


@pytest.mark.parametrize("why", ["far away", "waits", "gave back", "cancelled"])
def test_a_guest_whose_shift_reminds_them_of_nothing_is_reminded_of_the_event(why: str) -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    days = 3 if why == "far away" else 0
    shift = make.make_shift(
        event, starts_at=event.starts_at - timedelta(days=days, hours=1), capacity=1
    )
    if why == "waits":
        make.make_claim(shift)
    claim = make.make_claim(shift, email=ANA)
    if why == "gave back":
        claim_actions.release_claim(claim_id=claim.pk, now=make.NOW)
    if why == "cancelled":
        shift_actions.cancel_shift(shift_id=shift.pk, reason="Enough.", now=make.NOW)
    planned(DAY)
    assert Delivery.objects.filter(message="rsvp_reminder", person__email=ANA).count() == 1


def _helps(event: Event, *, hours: float, claimed: datetime = make.NOW) -> ShiftClaim:
    """Ana takes a shift that begins so many hours after the event."""
    shift = make.make_shift(event, starts_at=event.starts_at + timedelta(hours=hours))
    return make.make_claim(shift, email=ANA, now=claimed)


@pytest.mark.parametrize("hours", [1.5, 8])
def test_a_shift_after_the_event_makes_its_reminder_no_later(hours: float) -> None:
    event = town_hall(starts_at=at("11 10:30"))
    make.make_rsvp(event, email=ANA)
    _helps(event, hours=hours)
    assert planned(DAY) == ["reminder:claim:1d@11:00:0"]
    assert planned(at("11 08:30")) == ["reminder:rsvp:2h:0"]
    assert planned(at("11 08:30") + timedelta(hours=hours)) == ["reminder:claim:2h:0"]


def test_a_shift_before_the_event_reminds_of_both_two_hours_before() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    _helps(event, hours=-9.5)
    assert planned(DAY) == ["reminder:claim:1d@11:00:0"]
    assert planned(at("11 08:00")) == ["reminder:claim:2h:0"]
    # The shift has begun by now, and has told of the event.
    assert planned(HOURS) == []


def test_a_shift_after_the_event_whose_reminder_waits_for_the_same_morning_is_one() -> None:
    event = town_hall(starts_at=at("11 09:15"))
    make.make_rsvp(event, email=ANA)
    _helps(event, hours=0.5)
    assert planned(at("11 08:00")) == ["reminder:claim:2h:0"]


@pytest.mark.parametrize(
    ("hours", "claimed", "now", "lead"),
    [
        (1.5, DAY + timedelta(hours=1), DAY + timedelta(hours=1.5), "1d@11:00"),
        # After the shift's own reminder was due, before the event's.
        (-1, HOURS - timedelta(minutes=30), HOURS, "2h"),
        (-1, WEEK - timedelta(minutes=30), WEEK, "7d"),
    ],
)
def test_a_shift_claimed_too_late_for_its_reminder_leaves_the_events(
    hours: float, claimed: datetime, now: datetime, lead: str
) -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    _helps(event, hours=hours, claimed=claimed)
    assert planned(now) == [f"reminder:rsvp:{lead}:0"]
    assert planned(now + MINUTE) == []


def test_a_shift_moved_too_late_for_its_reminder_leaves_the_events() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    claim = _helps(event, hours=1.5)
    shift_actions.edit_shift(
        shift_id=claim.shift_id,
        changes={"starts_at": at("11 17:30"), "ends_at": at("11 18:15")},
        now=at("11 16:00"),
    )
    assert planned(HOURS) == ["reminder:rsvp:2h:0"]


def test_a_shift_moved_after_its_reminder_has_still_told_of_the_event() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    claim = _helps(event, hours=-1)
    assert planned(DAY) == ["reminder:claim:1d@11:00:0"]
    shift_actions.edit_shift(
        shift_id=claim.shift_id, changes={"starts_at": at("11 17:00")}, now=DAY + MINUTE
    )
    assert planned(DAY + 2 * MINUTE) == []


def test_a_shift_after_the_event_does_not_speak_of_a_place_at_what_is_over() -> None:
    event = town_hall(starts_at=at("11 10:30"))
    make.make_rsvp(event, email=ANA)
    _helps(event, hours=8)
    assert planned(HOURS) == ["reminder:claim:2h:0"]
    assert "You also have a place there." not in read(Delivery.objects.get(), HOURS).text


# --- What it says --------------------------------------------------------------------------------


def test_the_day_before_has_all_that_one_needs_to_come() -> None:
    make.make_rsvp(town_hall(), party_size=2, access_needs=["wheelchair"])
    planned(DAY)
    mail = read(Delivery.objects.get(), DAY)
    assert mail.subject == "Reminder: Town hall on parking, Thursday, June 11"
    for words in (
        "This is tomorrow. We keep 2 places in the room for you.",
        "Use the door on Oak Avenue.",
        "- Bus 14 stops at the door.",
        "- The way from the street to a seat has no steps.",
        "You asked for:\n- Wheelchair space",
        "Yes, I am coming:\nhttp://testserver/rsvps/",
        "No, cancel my RSVP: http://testserver/rsvps/",
        "When reminders go out: 1 week before, the day before at 11:00 a.m., and 2 hours before.",
    ):
        assert words in mail.text


def test_two_hours_before_nobody_is_asked_whether_they_come() -> None:
    make.make_rsvp(town_hall())
    planned(HOURS)
    text = read(Delivery.objects.get(), HOURS).text
    assert "This is today." in text
    assert "Yes, I am coming" not in text
    assert "See or cancel your RSVP:" in text


def test_a_reminder_that_comes_late_says_how_far_off_it_is_now() -> None:
    make.make_rsvp(town_hall())
    planned(WEEK)
    reminder = Delivery.objects.get()
    assert "This is in 7 days." in read(reminder, WEEK).text
    assert "This is in 5 days." in read(reminder, WEEK + timedelta(days=2)).text


# --- Size ----------------------------------------------------------------------------------------


def _crowd(event: Event, shift: Shift, count: int) -> None:
    """Guests and volunteers in bulk, as the actions would have made them."""
    first = Person.objects.count()
    people = Person.objects.bulk_create(
        Person(email=f"p{first + n}@example.org", created_at=make.NOW) for n in range(count)
    )
    columns: dict[str, Any] = {
        "status": AttendanceStatus.CONFIRMED, "created_at": make.NOW, "changed_at": make.NOW,
        "confirmed_at": make.NOW,
    }  # fmt: skip
    RSVP.objects.bulk_create(
        RSVP(event=event, person=person, mode=Mode.IN_PERSON, **columns) for person in people
    )
    ShiftClaim.objects.bulk_create(
        ShiftClaim(shift=shift, person=person, **columns) for person in people
    )


@pytest.mark.parametrize(("events", "people"), [(1, 3), (10, 30)])
def test_the_queries_do_not_grow_with_events_or_people(events: int, people: int) -> None:
    office = the_office()
    for _number in range(events):
        event = town_hall(office, capacity=None, translations={})
        far = make.make_shift(event, starts_at=event.starts_at + timedelta(hours=13), capacity=None)
        _crowd(event, far, people)
        near = make.make_shift(event, starts_at=event.starts_at - timedelta(hours=1))
        make.make_claim(near)
    # Offices and leads, what was rescheduled, events, shifts, guests, volunteers.
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = reminders.due(at("11 16:30"), limit=10**6)
    assert len(asked) == 6
    assert {name: len(who) for name, who in found.items()} == {
        "rsvp_reminder": events * people,
        "claim_reminder": events * people + events,
    }


def test_a_tick_with_nothing_to_remind_asks_four_questions() -> None:
    town_hall()
    with CaptureQueriesContext(connection) as asked:
        assert reminders.due(make.NOW) == {}
    assert len(asked) == 4


def test_many_are_planned_in_rounds() -> None:
    event = town_hall(capacity=None)
    shift = make.make_shift(event, starts_at=event.starts_at - timedelta(days=2), capacity=None)
    _crowd(event, shift, 7)
    assert [len(found) for found in reminders.due(DAY, limit=3).values()] == [3]
    assert reminders.plan(DAY) == 7
    assert reminders.plan(DAY) == 0


def test_a_key_that_is_taken_ends_the_rounds() -> None:
    """So would a person who was merged into another after the reminder was planned."""
    make.make_rsvp(town_hall())
    assert reminders.plan(DAY) == 1
    Delivery.objects.update(person=None)
    assert reminders.plan(DAY) == 1
    assert Delivery.objects.count() == 1


def test_more_events_than_one_query_may_ask_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "OCCASIONS_A_QUERY", 2)
    office = the_office()
    for _number in range(5):
        make.make_rsvp(town_hall(office))
    assert len(planned(DAY)) == 5
