"""What a volunteer is told of a shift: their own claim, and changes of the shift itself."""

from datetime import timedelta

import pytest

from events.actions import events as event_actions
from events.models import Mode
from tests import factories as make
from tests.notifications.mailbox import told
from tests.notifications.scenes import (
    LATER,
    calendar_lines,
    call_off,
    delivered,
    goes,
    plan,
    read,
    sent_to,
    the_office,
    town_hall,
)
from volunteers.actions import claims as actions
from volunteers.actions import shifts as shift_actions
from volunteers.models import Shift

pytestmark = pytest.mark.django_db

VIC = "vic@example.org"


def move(shift: Shift, hours: float) -> None:
    by = timedelta(hours=hours)
    now = Shift.objects.effective().get(pk=shift.pk)
    shift_actions.edit_shift(
        shift_id=shift.pk,
        changes={"starts_at": now.starts_at + by, "ends_at": now.ends_at + by},
        now=LATER,
    )


# --- One's own claim -----------------------------------------------------------------------------


def test_a_claim_puts_the_shift_into_the_calendar() -> None:
    shift = make.make_shift(town_hall(), notes="Bring a *warm* jacket.")
    make.make_claim(shift, email=VIC)
    mail = read(delivered("claim_confirmed"))
    assert mail.subject == "You have a shift: Greeter, Town hall on parking, Thursday, June 11"
    assert "What you do: Welcome people at the door." in mail.text
    assert "What to know before you come:\nBring a warm jacket." in mail.text
    lines = calendar_lines(mail)
    assert (lines["METHOD"], lines["UID"], lines["ATTENDEE"], lines["DTSTART"]) == (
        "REQUEST", shift.uid, VIC, "20260611T173000",
    )  # fmt: skip


def test_a_volunteer_reads_of_a_shift_in_their_language() -> None:
    office = the_office()
    role = shift_actions.create_role(
        office=office, name="Greeter", description="Welcome people.", now=make.NOW,
        translations={"es": {"name": "Recepción", "description": "Reciba a la gente."}},
    )  # fmt: skip
    notes = {"es": {"notes": "Traiga un abrigo."}}
    shift = make.make_shift(office=office, role=role, notes="Bring a coat.", translations=notes)
    make.make_claim(shift, email=VIC, language="es")
    mail = read(delivered("claim_confirmed"))
    assert "Recepción" in mail.subject
    assert "Reciba a la gente." in mail.text
    assert "Traiga un abrigo." in mail.text
    assert calendar_lines(mail)["SUMMARY"] == "Recepción"
    assert "Greeter" not in mail.text


def test_a_shift_on_its_own_has_its_own_place() -> None:
    office = the_office()
    venue = make.make_venue(office, name="Storage")
    make.make_claim(make.make_shift(office=office, venue=venue))
    mail = read(delivered("claim_confirmed"))
    assert mail.subject == "You have a shift: Greeter, Tuesday, June 9"
    assert "Storage" in mail.text


def test_a_shift_at_an_event_online_says_how_to_join() -> None:
    event = town_hall(mode=Mode.REMOTE)
    make.make_claim(make.make_shift(event))
    assert "Online: https://meet.example.org/hall" in read(delivered("claim_confirmed")).text


def test_a_waiting_volunteer_learns_the_place_in_line() -> None:
    shift = make.make_shift(capacity=1)
    for email in ("first@example.org", "second@example.org", VIC):
        make.make_claim(shift, email=email)
    mail = read(delivered("claim_waitlisted", email=VIC))
    assert "You are number 2 in line." in mail.text
    assert mail.calendar is None


def test_who_moves_up_is_told_once_and_no_more_that_they_wait() -> None:
    shift = make.make_shift(capacity=1)
    first = make.make_claim(shift)
    make.make_claim(shift, email=VIC)
    actions.release_claim(claim_id=first.pk, now=LATER)
    assert sent_to(VIC) == ["claim_promoted"]
    assert calendar_lines(read(delivered("claim_promoted")))["METHOD"] == "REQUEST"


@pytest.mark.parametrize("capacity", [1, 2])
def test_a_second_claim_is_answered_with_what_there_is(capacity: int) -> None:
    shift = make.make_shift(capacity=capacity)
    make.make_claim(shift)
    for _time in range(2):
        make.make_claim(shift, email=VIC)
    text = read(delivered("claim_repeated")).text
    assert "Nothing was changed." in text
    assert ("The shift is yours." in text) is (capacity == 2)
    assert ("You are first in line." in text) is (capacity == 1)


def refuse(shift: Shift) -> None:
    outcome = actions.claim_shift(shift_id=shift.pk, name="Vic Ortiz", email=VIC, now=LATER)
    assert outcome.result == "overlap"


def test_an_overlap_with_a_shift_names_it_and_how_to_give_it_back() -> None:
    held = make.make_shift(town_hall())
    claim = make.make_claim(held, email=VIC)
    other = make.make_shift(office=held.office, starts_at=held.starts_at + timedelta(hours=1))
    refuse(other)
    text = read(delivered("claim_refused")).text
    assert "- Greeter, Town hall on parking, Thursday, June 11, 2026, 5:30–7:30 p.m. PDT" in text
    assert f"Give the other shift back: http://testserver/claims/{claim.pk}." in text
    assert f"Sign up for this shift again: http://testserver/volunteer/shifts/{other.pk}/" in text


def test_an_overlap_with_an_event_names_it_and_how_to_cancel() -> None:
    event = town_hall()
    rsvp = make.make_rsvp(event, email=VIC)
    refuse(make.make_shift(office=event.office, starts_at=event.starts_at))
    text = read(delivered("claim_refused")).text
    assert "- Town hall on parking, Thursday, June 11, 2026, 6:30–8:00 p.m. PDT" in text
    assert f"Cancel the RSVP: http://testserver/rsvps/{rsvp.pk}." in text


def test_a_refusal_is_void_once_the_volunteer_has_got_the_shift() -> None:
    held = make.make_shift()
    claim = make.make_claim(held, email=VIC)
    other = make.make_shift(office=held.office, starts_at=held.starts_at)
    refuse(other)
    refusal = delivered("claim_refused")
    actions.release_claim(claim_id=claim.pk, now=LATER)
    assert goes(refusal)
    make.make_claim(other, email=VIC)
    assert not goes(refusal)


def test_a_shift_given_back_goes_from_the_calendar() -> None:
    shift = make.make_shift()
    claim = make.make_claim(shift, email=VIC)
    actions.release_claim(claim_id=claim.pk, now=LATER)
    assert sent_to(VIC) == ["claim_released"]
    lines = calendar_lines(read(delivered("claim_released")))
    assert (lines["METHOD"], lines["STATUS"], lines["UID"]) == ("CANCEL", "CANCELLED", shift.uid)


def test_leaving_the_line_takes_nothing_from_the_calendar() -> None:
    shift = make.make_shift(capacity=1)
    make.make_claim(shift)
    waiting = make.make_claim(shift, email=VIC)
    actions.release_claim(claim_id=waiting.pk, now=LATER)
    assert read(delivered("claim_released")).calendar is None


def test_who_takes_the_shift_again_keeps_it_in_the_calendar() -> None:
    shift = make.make_shift()
    claim = make.make_claim(shift, email=VIC)
    actions.release_claim(claim_id=claim.pk, now=LATER)
    make.make_claim(shift, email=VIC, now=LATER)
    assert sent_to(VIC) == ["claim_confirmed"]


def test_an_event_that_is_called_off_supersedes_the_claims_confirmation() -> None:
    event = town_hall()
    make.make_claim(make.make_shift(event), email=VIC)
    call_off(event)
    assert sent_to(VIC) == ["event_cancelled"]


# --- The shift -----------------------------------------------------------------------------------


def test_a_moved_shift_tells_everyone_on_it_old_and_new() -> None:
    shift = make.make_shift(capacity=1)
    make.make_claim(shift, email=VIC)
    make.make_claim(shift, email="waits@example.org")
    told()
    move(shift, 26)
    holds, waits = [d for d in plan() if d.message == "shift_changed"]
    mail = read(holds)
    assert mail.subject == "New date: Greeter, Wednesday, June 10"
    assert mail.text.splitlines()[2:4] == [
        "Before: Tuesday, June 9, 2026, 9:00–11:00 a.m. PDT",
        "Now: Wednesday, June 10, 2026, 11:00 a.m.–1:00 p.m. PDT",
    ]
    assert calendar_lines(mail)["SEQUENCE"] == "1"
    assert "You are still on the waitlist." in read(waits).text
    assert read(waits).calendar is None


def test_a_shift_that_gets_a_place_of_its_own_names_the_old_one() -> None:
    event = town_hall()
    shift = make.make_shift(event)
    make.make_claim(shift)
    told()
    shift_actions.edit_shift(
        shift_id=shift.pk,
        changes={"venue": make.make_venue(event.office, name="Storage")},
        now=LATER,
    )
    mail = read(delivered("shift_changed"))
    assert mail.subject.startswith("New place: Greeter, Town hall on parking, ")
    assert "Before: Main Library, Community Room\nNow: Storage" in mail.text


def test_a_move_onto_another_engagement_is_told_with_what_it_is() -> None:
    shift = make.make_shift()
    make.make_claim(shift, email=VIC)
    event = town_hall(starts_at=shift.starts_at + timedelta(hours=3))
    make.make_rsvp(event, email=VIC)
    told()
    move(shift, 3)
    text = read(delivered("shift_changed")).text
    assert "It is now at the same time as something else of yours: Town hall on parking" in text


def test_two_moves_before_the_first_is_out_are_told_in_one_message() -> None:
    shift = make.make_shift()
    make.make_claim(shift, email=VIC)
    told()
    move(shift, 1)
    plan()
    move(shift, 1)
    goers = [d for d in plan() if d.message == "shift_changed" and goes(d)]
    assert len(goers) == 1
    assert "Before: Tuesday, June 9, 2026, 9:00–11:00 a.m. PDT" in read(goers[0]).text


def test_the_events_move_supersedes_the_shifts_that_was_not_told_yet() -> None:
    event = town_hall()
    shift = make.make_shift(event)
    make.make_claim(shift, email=VIC)
    told()
    move(shift, 0.5)
    plan()
    event_actions.reschedule_event(
        event_id=event.pk,
        starts_at=event.starts_at + timedelta(days=1),
        ends_at=event.ends_at + timedelta(days=1),
        now=LATER,
    )
    waiting = [d for d in plan() if d.state == "due" and goes(d)]
    assert [d.message for d in waiting] == ["event_changed"]
    assert "- Greeter, Friday, June 12, 2026, 6:00–8:00 p.m. PDT" in read(waiting[0]).text


def test_a_cancelled_shift_gives_the_reason_and_other_shifts() -> None:
    shift = make.make_shift()
    make.make_claim(shift, email=VIC)
    told()
    shift_actions.cancel_shift(shift_id=shift.pk, reason="Enough people.", now=LATER)
    mail = read(delivered("shift_cancelled"))
    assert "The reason: Enough people." in mail.text
    assert "See open shifts: http://testserver/volunteer/" in mail.text
    assert calendar_lines(mail)["METHOD"] == "CANCEL"


def test_who_gave_the_shift_back_is_not_told_of_its_end() -> None:
    shift = make.make_shift()
    claim = make.make_claim(shift, email=VIC)
    told()
    shift_actions.cancel_shift(shift_id=shift.pk, reason="Enough people.", now=LATER)
    end = delivered("shift_cancelled")
    assert goes(end)
    actions.release_claim(claim_id=claim.pk, now=LATER)
    assert not goes(end)


def test_notes_that_change_tell_nobody() -> None:
    shift = make.make_shift()
    make.make_claim(shift, email=VIC)
    told()
    shift_actions.edit_shift(
        shift_id=shift.pk, changes={"notes": "Bring water.", "minimum": 2}, now=LATER
    )
    assert [d.message for d in plan() if d.state == "due"] == []
