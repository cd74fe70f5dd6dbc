"""What a guest is told of their own RSVP, and what they are not told any more."""

from datetime import datetime, timedelta

import pytest

from events.actions import events as event_actions
from events.actions import rsvps as actions
from events.models import Mode
from notifications.models import Delivery
from tests import factories as make
from tests.notifications import scenes
from tests.notifications.scenes import (
    LATER,
    NEW_START,
    NOW,
    calendar_lines,
    delivered,
    goes,
    plan,
    read,
    sent_to,
    the_office,
    town_hall,
)

pytestmark = pytest.mark.django_db

ANA = "ana@example.org"


def move(event_id: int, start: datetime = NEW_START) -> None:
    event_actions.reschedule_event(
        event_id=event_id, starts_at=start, ends_at=start + timedelta(hours=1), now=LATER
    )


# --- Who, and in which language ------------------------------------------------------------------


def test_only_the_guest_is_told() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    make.make_rsvp(event, email="ben@example.org")
    assert [(d.message, d.person.email) for d in plan() if d.person] == [
        ("rsvp_confirmed", ANA),
        ("rsvp_confirmed", "ben@example.org"),
    ]


def test_a_caller_without_an_address_is_not_mailed() -> None:
    staff = make.make_staff()
    actions.rsvp(
        event_id=town_hall().pk, name="Ana Reyes", phone="555-0111", mode=Mode.IN_PERSON,
        now=NOW, actor=staff,
    )  # fmt: skip
    assert plan() == []


@pytest.mark.parametrize(
    ("of_the_rsvp", "of_the_person", "expected"),
    [("es", "en", "es"), ("", "en", "en"), ("", "", "es")],
)
def test_the_language_is_the_rsvps_else_the_persons_else_the_offices(
    of_the_rsvp: str, of_the_person: str, expected: str
) -> None:
    make.make_person(ANA, language=of_the_person)
    make.make_rsvp(town_hall(the_office(languages=["es", "en"])), email=ANA, language=of_the_rsvp)
    assert delivered("rsvp_confirmed").language == expected


def test_mail_about_an_event_that_is_over_is_no_use() -> None:
    event = town_hall()
    make.make_rsvp(event)
    assert delivered("rsvp_confirmed").expires_at == event.ends_at


# --- A place -------------------------------------------------------------------------------------


def test_a_confirmation_puts_the_event_into_the_calendar() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    lines = calendar_lines(read(delivered("rsvp_confirmed")))
    assert (lines["METHOD"], lines["UID"], lines["SEQUENCE"]) == ("REQUEST", event.uid, "0")
    assert lines["ATTENDEE"] == ANA
    assert lines["DTSTART"] == "20260611T183000"


def test_an_unproven_address_is_asked_to_confirm_and_a_proven_one_is_not() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA, proven=False)
    make.make_rsvp(event, email="ben@example.org", proven=True)
    asked, not_asked = (read(delivery).text for delivery in plan())
    assert "Confirm your address:" in asked
    assert "Confirm your address" not in not_asked


def test_a_place_online_comes_with_the_link_and_without_the_room() -> None:
    event = town_hall(mode=Mode.BOTH, remote_capacity=5, dial_in="555-0199, code 7")
    make.make_rsvp(event, mode=Mode.REMOTE)
    text = read(delivered("rsvp_confirmed")).text
    assert "Online: https://meet.example.org/hall" in text
    assert "By phone: 555-0199, code 7" in text
    assert "Main Library" not in text


def test_who_waits_for_scarce_places_online_is_not_told_the_link() -> None:
    event = town_hall(mode=Mode.REMOTE, remote_capacity=1)
    make.make_rsvp(event)
    make.make_rsvp(event)
    assert "meet.example.org" not in read(delivered("rsvp_waitlisted")).text


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW, "Tell us by Monday, June 8, so that we can arrange it: 555-0100."),
        (NOW + timedelta(days=8), "There is little time left, but we will try: 555-0100."),
    ],
)
def test_help_with_access_is_offered_with_a_date_and_a_phone(now: datetime, expected: str) -> None:
    make.make_rsvp(town_hall(), now=now)
    assert expected in read(delivered("rsvp_confirmed", now=now), now).text


# --- The line ------------------------------------------------------------------------------------


def test_a_waiting_guest_learns_place_reason_and_what_must_happen() -> None:
    event = town_hall(capacity=1)
    for email in ("first@example.org", "second@example.org", ANA):
        make.make_rsvp(event, email=email)
    text = read(delivered("rsvp_waitlisted", email=ANA)).text
    assert "All places in the room are taken." in text
    assert "You are number 2 in line." in text
    assert "As soon as a place is free and it is your turn, it is yours" in text
    assert "online" not in text


def test_a_large_party_is_offered_to_come_with_fewer() -> None:
    event = town_hall(capacity=4)
    make.make_rsvp(event, party_size=2)
    make.make_rsvp(event, party_size=4, email=ANA)
    text = read(delivered("rsvp_waitlisted", email=ANA)).text
    assert "There are not enough places in the room for all of you." in text
    assert "2 places are free now. If only 2 of you come, they are yours at once." in text


@pytest.mark.parametrize(("online_places", "offered"), [(None, True), (2, True), (1, False)])
def test_a_waiting_party_is_offered_to_join_online_if_it_fits(
    online_places: int | None, offered: bool
) -> None:
    event = town_hall(capacity=2, mode=Mode.BOTH, remote_capacity=online_places)
    make.make_rsvp(event, party_size=2)
    make.make_rsvp(event, party_size=2, email=ANA)
    text = read(delivered("rsvp_waitlisted", email=ANA)).text
    assert ("Join online instead:" in text) is offered


def test_who_waits_for_the_room_keeps_the_place_online_and_is_told_so() -> None:
    event = town_hall(capacity=1, mode=Mode.BOTH)
    make.make_rsvp(event)
    remote = make.make_rsvp(event, email=ANA, mode=Mode.REMOTE)
    plan()
    actions.change_rsvp(rsvp_id=remote.pk, party_size=1, mode=Mode.IN_PERSON, now=LATER)
    text = read(delivered("rsvp_waitlisted", email=ANA)).text
    assert "You keep your place online while you wait for the room." in text
    assert "Join online instead" not in text


def test_moving_up_tells_once_and_enters_the_calendar() -> None:
    event = town_hall(capacity=1)
    first = make.make_rsvp(event)
    make.make_rsvp(event, email=ANA)
    actions.cancel_rsvp(rsvp_id=first.pk, now=LATER)
    assert sent_to(ANA) == ["rsvp_promoted"]
    lines = calendar_lines(read(delivered("rsvp_promoted")))
    assert (lines["METHOD"], lines["UID"]) == ("REQUEST", event.uid)


def test_confirming_an_unproven_rsvp_leads_to_one_message() -> None:
    event = town_hall(capacity=10)
    make.make_rsvp(event, party_size=8, proven=False)
    late = make.make_rsvp(event, email=ANA, proven=False)
    assert sent_to(ANA) == ["rsvp_unproven"]
    actions.confirm_rsvp(rsvp_id=late.pk, now=LATER)
    assert sent_to(ANA) == ["rsvp_promoted"]


def test_confirming_when_the_room_has_filled_up_leads_to_the_line() -> None:
    event = town_hall(capacity=10)
    make.make_rsvp(event, party_size=8, proven=False)
    late = make.make_rsvp(event, email=ANA, proven=False)
    make.make_rsvp(event, party_size=2)
    plan()
    actions.confirm_rsvp(rsvp_id=late.pk, now=LATER)
    assert sent_to(ANA) == ["rsvp_waitlisted"]


def test_changing_an_unproven_rsvp_leads_to_the_line_as_well() -> None:
    event = town_hall(capacity=10)
    make.make_rsvp(event, party_size=8, proven=False)
    late = make.make_rsvp(event, email=ANA, proven=False)
    make.make_rsvp(event, party_size=2)
    plan()
    actions.change_rsvp(rsvp_id=late.pk, party_size=2, mode=Mode.IN_PERSON, now=LATER)
    assert sent_to(ANA) == ["rsvp_waitlisted"]


def test_a_larger_room_tells_who_moves_up_about_the_move_in_one_message() -> None:
    event = town_hall(capacity=1)
    make.make_rsvp(event)
    make.make_rsvp(event, email=ANA)
    plan()
    hall = make.make_venue(event.office, name="City Hall")
    event_actions.edit_event(event_id=event.pk, changes={"venue": hall, "capacity": 200}, now=LATER)
    assert sent_to(ANA) == ["rsvp_promoted"]
    text = read(delivered("rsvp_promoted")).text
    assert "Before: Main Library, Community Room\nNow: City Hall" in text


# --- Repeats and changes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capacity", "taken", "expected"),
    [
        (40, 1, "We keep a place in the room for you."),
        (1, 1, "You are on the waitlist. You are first in line."),
        (10, 8, "We hold no place for you yet. Please confirm your address by "),
    ],
)
def test_a_second_rsvp_is_answered_with_what_there_is(
    capacity: int, taken: int, expected: str
) -> None:
    event = town_hall(capacity=capacity)
    make.make_rsvp(event, party_size=taken, proven=False)
    for _time in range(2):
        make.make_rsvp(event, email=ANA, proven=False, language="")
    text = read(delivered("rsvp_repeated")).text
    assert "Nothing was changed." in text
    assert expected in text


def test_a_changed_party_is_told_old_and_new() -> None:
    rsvp = make.make_rsvp(town_hall(), email=ANA, party_size=4)
    plan()
    actions.change_rsvp(rsvp_id=rsvp.pk, party_size=1, mode=Mode.IN_PERSON, now=LATER)
    mail = read(delivered("rsvp_changed"))
    assert "It is now for 1 person. Before, it was for 4." in mail.text
    assert mail.calendar is None


def test_a_smaller_party_that_gets_in_is_told_once() -> None:
    event = town_hall(capacity=4)
    make.make_rsvp(event, party_size=2)
    waiting = make.make_rsvp(event, party_size=4, email=ANA)
    plan()
    actions.change_rsvp(rsvp_id=waiting.pk, party_size=2, mode=Mode.IN_PERSON, now=LATER)
    assert sent_to(ANA) == ["rsvp_promoted"]


# --- The end of an RSVP --------------------------------------------------------------------------


def test_a_cancelled_place_goes_from_the_calendar() -> None:
    event = town_hall()
    rsvp = make.make_rsvp(event, email=ANA)
    plan()
    actions.cancel_rsvp(rsvp_id=rsvp.pk, now=LATER)
    lines = calendar_lines(read(delivered("rsvp_cancelled")))
    assert (lines["METHOD"], lines["STATUS"], lines["UID"], lines["ATTENDEE"]) == (
        "CANCEL", "CANCELLED", event.uid, ANA,
    )  # fmt: skip


@pytest.mark.parametrize(("is_off", "words"), [(False, ""), (True, "Was planned for: ")])
def test_a_cancelled_rsvp_does_not_sound_like_a_cancelled_event(is_off: bool, words: str) -> None:
    event = town_hall()
    rsvp = make.make_rsvp(event)
    plan()
    if is_off:
        scenes.call_off(event)
    actions.cancel_rsvp(rsvp_id=rsvp.pk, now=LATER)
    lines = read(delivered("rsvp_cancelled")).text.splitlines()
    assert lines[2] == f"{words}Thursday, June 11, 2026, 6:30–8:00 p.m. PDT"
    assert ("You can RSVP again." in " ".join(lines)) is not is_off


def test_leaving_the_line_takes_nothing_from_the_calendar() -> None:
    event = town_hall(capacity=1)
    make.make_rsvp(event)
    waiting = make.make_rsvp(event, email=ANA)
    actions.cancel_rsvp(rsvp_id=waiting.pk, now=LATER)
    mail = read(delivered("rsvp_cancelled"))
    assert "You are no longer on the waitlist." in mail.text
    assert mail.calendar is None


def test_leaving_the_line_for_the_room_is_told_although_the_place_online_stays() -> None:
    event = town_hall(capacity=1, mode=Mode.BOTH)
    make.make_rsvp(event)
    remote = make.make_rsvp(event, email=ANA, mode=Mode.REMOTE)
    waiting = actions.change_rsvp(rsvp_id=remote.pk, party_size=1, mode=Mode.IN_PERSON, now=LATER)
    plan()
    actions.cancel_rsvp(rsvp_id=waiting.pk, now=LATER)
    assert goes(delivered("rsvp_cancelled"))
    text = read(delivered("rsvp_cancelled")).text
    assert "You are no longer on the waitlist. You keep your place online." in text
    assert "RSVP again" not in text


def test_a_cancellation_by_the_office_does_not_thank_the_guest() -> None:
    event = town_hall()
    rsvp = make.make_rsvp(event)
    actions.cancel_rsvp(rsvp_id=rsvp.pk, now=LATER, actor=make.make_staff(event.office))
    text = read(delivered("rsvp_cancelled")).text
    assert "We cancelled it at the office." in text
    assert "Thank you" not in text


# --- What is not true any more -------------------------------------------------------------------


def test_a_cancelled_rsvp_supersedes_its_confirmation() -> None:
    rsvp = make.make_rsvp(town_hall(), email=ANA)
    actions.cancel_rsvp(rsvp_id=rsvp.pk, now=LATER)
    assert sent_to(ANA) == ["rsvp_cancelled"]


@pytest.mark.parametrize("what", ["cancel", "postpone"])
def test_an_event_that_is_called_off_supersedes_the_confirmation(what: str) -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    scenes.call_off(event, what)
    assert sent_to(ANA) == [f"event_{'cancelled' if what == 'cancel' else 'postponed'}"]


def test_a_confirmation_of_an_event_that_moved_meanwhile_names_the_new_time() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    confirmation = delivered("rsvp_confirmed")
    move(event.pk)
    assert goes(confirmation)
    mail = read(confirmation)
    assert "Monday, June 15, 2026, 6:30–7:30 p.m. PDT" in mail.text
    lines = calendar_lines(mail)
    assert (lines["DTSTART"], lines["SEQUENCE"]) == ("20260615T183000", "1")


def test_who_moved_up_is_not_told_any_more_that_they_wait() -> None:
    event = town_hall(capacity=1)
    first = make.make_rsvp(event)
    make.make_rsvp(event, email=ANA)
    waits = delivered("rsvp_waitlisted")
    assert goes(waits)
    actions.cancel_rsvp(rsvp_id=first.pk, now=LATER)
    assert not goes(waits)


def test_who_came_back_is_not_taken_from_the_calendar_by_a_late_cancellation() -> None:
    event = town_hall()
    rsvp = make.make_rsvp(event, email=ANA)
    actions.cancel_rsvp(rsvp_id=rsvp.pk, now=LATER)
    make.make_rsvp(event, email=ANA, now=LATER)
    assert sent_to(ANA) == ["rsvp_confirmed"]


def test_who_came_back_into_the_line_is_taken_from_the_calendar() -> None:
    event = town_hall(capacity=1)
    rsvp = make.make_rsvp(event, email=ANA)
    make.make_rsvp(event, email="next@example.org")
    actions.cancel_rsvp(rsvp_id=rsvp.pk, now=LATER)
    make.make_rsvp(event, email=ANA, now=LATER)
    assert sent_to(ANA) == ["rsvp_cancelled", "rsvp_waitlisted"]


def test_who_asked_again_is_not_told_that_the_first_rsvp_ended() -> None:
    event = town_hall(capacity=10)
    make.make_rsvp(event, party_size=8, proven=False)
    make.make_rsvp(event, email=ANA, proven=False)
    after = NOW + timedelta(hours=49)
    actions.expire_unproven(now=after)
    assert sent_to(ANA) == ["rsvp_expired"]
    make.make_rsvp(event, email=ANA, now=after)
    assert sent_to(ANA) == ["rsvp_confirmed"]


def test_somebody_whose_row_is_gone_is_no_error() -> None:
    make.make_rsvp(town_hall(), email=ANA)
    confirmation = delivered("rsvp_confirmed")
    Delivery.objects.filter(pk=confirmation.pk).update(rsvp_id=10**9)
    confirmation.refresh_from_db()
    assert not goes(confirmation)


def test_places_that_come_free_one_by_one_are_told_in_one_message() -> None:
    event = town_hall(capacity=6)
    gone = make.make_rsvp(event, party_size=6)
    make.make_rsvp(event, email=ANA, party_size=6)
    for size in (5, 4, 3):
        actions.change_rsvp(rsvp_id=gone.pk, party_size=size, mode=gone.mode, now=LATER)
    told = [row for row in plan(LATER) if row.message == "rsvp_passed_over"]
    assert [goes(delivery, LATER) for delivery in told] == [False, True]
    assert "3 places came free." in read(told[-1], LATER).text
    # They are told once more where twice as much is free, not for going back and forth.
    for size in (5, 3, 2):
        actions.change_rsvp(rsvp_id=gone.pk, party_size=size, mode=gone.mode, now=LATER)
    told = [row for row in plan(LATER) if row.message == "rsvp_passed_over"]
    assert [goes(delivery, LATER) for delivery in told] == [False, False, True]
