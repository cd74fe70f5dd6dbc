"""A change of an event: everyone concerned hears of it once, old and new, calendars included."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from events.actions import events as actions
from events.actions import rsvps as rsvp_actions
from events.actions.calling_off import resume_event
from events.actions.offices import edit_venue
from events.models import AuditEntry, Event, Mode, Outbox
from notifications import catalogue, rendering
from notifications.delivery.sending import send_batch
from notifications.message import NotYet, Rendered, Superseded
from notifications.models import Delivery
from tests import factories as make
from tests.notifications import mailbox, scenes
from tests.notifications.mailbox import ANA, told
from tests.notifications.scenes import (
    LATER,
    NEW_START,
    calendar_lines,
    delivered,
    goes,
    plan,
    read,
    sent_to,
    town_hall,
)
from volunteers.actions import claims as claim_actions
from volunteers.actions import shifts as shift_actions

pytestmark = pytest.mark.django_db


def send_all(now: datetime = LATER) -> None:
    while send_batch(now=now) is not None:
        pass


def edit(event: Event, **changes: Any) -> None:
    actions.edit_event(event_id=event.pk, changes=changes, now=LATER)


def move(event: Event, *, days: int = 4, hours: float = 0) -> None:
    by = timedelta(days=days, hours=hours)
    event.refresh_from_db()
    edit(event, starts_at=event.starts_at + by, ends_at=event.ends_at + by)


def new_mail(email: str = ANA) -> list[str]:
    return mailbox.names(mailbox.new_mail(email))


# --- Who hears -----------------------------------------------------------------------------------


def test_a_draft_that_was_changed_and_thrown_away_leaves_nothing_to_plan() -> None:
    event = town_hall(post=False)
    move(event)
    actions.delete_draft(event_id=event.pk, now=LATER)
    shift = make.make_shift(post=False)
    times = {"starts_at": shift.starts_at + timedelta(hours=1)}
    shift_actions.edit_shift(shift_id=shift.pk, changes=times, now=LATER)
    shift_actions.delete_draft(shift_id=shift.pk, now=LATER)
    assert plan() == []
    assert not Outbox.objects.exists()


def test_who_came_after_a_change_is_not_told_of_it_however_late_it_is_planned() -> None:
    event = town_hall()
    shift = make.make_shift(event)
    told()
    move(event)
    by = timedelta(hours=1)
    changes = {"starts_at": shift.starts_at + 4 * timedelta(days=1) + by}
    shift_actions.edit_shift(shift_id=shift.pk, changes=changes, now=LATER)
    # The time of these requests was read before they waited for the change to be over.
    make.make_rsvp(event, email="at-once@example.org", now=LATER)
    make.make_claim(shift, email="helps-at-once@example.org", now=LATER)
    make.make_rsvp(event, email="later@example.org", now=LATER + by)
    make.make_claim(shift, email="helps-later@example.org", now=LATER + by)
    mail = {(d.message, d.person.email) for d in plan() if d.state == "due" and d.person}
    assert mail == {
        ("event_changed", "at-once@example.org"),
        ("event_changed", "helps-at-once@example.org"),
        ("shift_changed", "helps-at-once@example.org"),
        ("rsvp_confirmed", "at-once@example.org"),
        ("rsvp_confirmed", "later@example.org"),
        ("claim_confirmed", "helps-at-once@example.org"),
        ("claim_confirmed", "helps-later@example.org"),
    }


def test_guests_and_volunteers_hear_once_also_those_who_wait() -> None:
    event = town_hall(capacity=1)
    make.make_rsvp(event, email="guest@example.org")
    make.make_rsvp(event, email="waits@example.org")
    gone = make.make_rsvp(event, email="gone@example.org")
    rsvp_actions.cancel_rsvp(rsvp_id=gone.pk, now=scenes.NOW)
    shift = make.make_shift(event, capacity=1)
    make.make_claim(shift, email="helps@example.org")
    make.make_claim(shift, email="would-help@example.org")
    make.make_claim(make.make_shift(event), email="guest@example.org")
    make.make_rsvp(town_hall(event.office), email="elsewhere@example.org")
    told()
    move(event)
    heard = [d.person.email for d in plan() if d.message == "event_changed" and d.person]
    assert sorted(heard) == [
        "guest@example.org",
        "helps@example.org",
        "waits@example.org",
        "would-help@example.org",
    ]


def test_an_unproven_guest_hears_too() -> None:
    event = town_hall(capacity=10)
    make.make_rsvp(event, party_size=8, proven=False)
    make.make_rsvp(event, email=ANA, proven=False)
    told()
    scenes.call_off(event)
    assert new_mail() == ["event_cancelled"]


def test_a_large_audience_is_planned_in_pieces_and_nobody_twice() -> None:
    event = town_hall(capacity=None)
    emails = [f"guest{number:02}@example.org" for number in range(9)]
    for email in emails:
        make.make_rsvp(event, email=email)
    for email in emails[5:]:
        make.make_claim(make.make_shift(event), email=email)
    told()
    move(event)
    entries = list(AuditEntry.objects.filter(event_id=event.pk, action="event.rescheduled"))
    message = catalogue.named("event_changed")
    heard: list[int] = []
    cursor, rounds = "", 0
    while rounds == 0 or cursor:
        recipients, cursor = message.audience(entries, cursor, 4)
        assert len(recipients) <= 4
        heard += [recipient.person_id for recipient in recipients]
        rounds += 1
    assert rounds == 3
    assert len(heard) == len(set(heard)) == 9


def test_a_volunteer_whose_shift_was_cancelled_before_hears_nothing_of_the_event() -> None:
    event = town_hall()
    shift = make.make_shift(event)
    make.make_claim(shift, email=ANA)
    shift_actions.cancel_shift(shift_id=shift.pk, reason="Enough.", now=scenes.NOW)
    told()
    scenes.call_off(event)
    assert new_mail() == []


def test_a_new_link_concerns_only_those_who_join_online() -> None:
    event = town_hall(mode=Mode.BOTH, remote_capacity=5)
    make.make_rsvp(event, email="room@example.org", mode=Mode.IN_PERSON)
    make.make_rsvp(event, email=ANA, mode=Mode.REMOTE)
    told()
    edit(event, remote_url="https://meet.example.org/other")
    assert new_mail("room@example.org") == []
    assert new_mail() == ["event_changed"]
    mail = read(delivered("event_changed"))
    assert mail.subject == "New link to join: Town hall on parking, Thursday, June 11"
    assert "Online: https://meet.example.org/other" in mail.text


def test_other_edits_tell_nobody() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    edit(event, title="Town hall on streets", description="More of it.", capacity=50)
    assert new_mail() == []


def test_a_change_is_worth_telling_until_the_later_of_old_and_new_end() -> None:
    event = town_hall()
    make.make_rsvp(event)
    told()
    was = event.ends_at
    move(event, days=-1)
    assert delivered("event_changed").expires_at == was


# --- What it says --------------------------------------------------------------------------------


def test_time_and_place_are_told_in_one_message_with_old_and_new() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA, party_size=2)
    told()
    hall = make.make_venue(event.office, name="City Hall", street="1 Plaza", entrance="")
    edit(event, starts_at=NEW_START, ends_at=NEW_START + timedelta(hours=2), venue=hall)
    assert new_mail() == ["event_changed"]
    mail = read(delivered("event_changed"))
    assert mail.subject == "New time and place: Town hall on parking, Monday, June 15"
    assert mail.text.splitlines()[2:7] == [
        "Before: Thursday, June 11, 2026, 6:30–8:00 p.m. PDT",
        "Now: Monday, June 15, 2026, 6:30–8:30 p.m. PDT",
        "Before: Main Library, Community Room",
        "Now: City Hall",
        "1 Plaza, San Arroyo, CA 90000",
    ]
    assert "We keep your 2 places for you." in mail.text


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({"days": 1}, "New date"),
        ({"days": 0, "hours": 1}, "New time"),
        ({"venue": True}, "New place"),
        ({"mode": Mode.BOTH, "remote_url": "https://meet.example.org/x"}, "New way to attend"),
    ],
)
def test_the_subject_says_what_changed(changes: dict[str, Any], headline: str) -> None:
    event = town_hall()
    make.make_rsvp(event)
    told()
    if "days" in changes:
        move(event, **changes)
    else:
        if "venue" in changes:
            changes = {"venue": make.make_venue(event.office, name="City Hall")}
        edit(event, **changes)
    subject = read(delivered("event_changed")).subject
    assert subject.startswith(f"{headline}: Town hall on parking, ")


def test_an_event_that_goes_online_tells_everybody_how_to_join() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    edit(event, mode=Mode.REMOTE, remote_url="https://meet.example.org/hall")
    text = read(delivered("event_changed")).text
    assert "Before: In person" in text
    assert "Everybody joins online or by phone now." in text
    assert "Online: https://meet.example.org/hall" in text
    assert "Main Library" not in text


def test_who_waits_is_not_made_to_believe_that_they_have_a_place() -> None:
    event = town_hall(capacity=1)
    make.make_rsvp(event)
    make.make_rsvp(event, email=ANA)
    told()
    move(event)
    mail = read(delivered("event_changed", email=ANA))
    assert "You are still on the waitlist." in mail.text
    assert "We keep your place" not in mail.text
    assert mail.calendar is None


def test_two_changes_before_the_first_is_out_are_told_in_one_message() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    edit(event, venue=make.make_venue(event.office, name="City Hall"))
    plan()
    move(event, days=2)
    plan()
    move(event, days=2)
    assert new_mail() == ["event_changed"]
    latest = plan()[-1]
    lines = read(latest).text.splitlines()
    assert lines[2:6] == [
        "Before: Thursday, June 11, 2026, 6:30–8:00 p.m. PDT",
        "Now: Monday, June 15, 2026, 6:30–8:00 p.m. PDT",
        "Before: Main Library, Community Room",
        "Now: City Hall",
    ]


def test_a_second_change_is_told_from_what_the_first_one_said() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    move(event, days=2)
    told()
    move(event, days=2)
    assert new_mail() == ["event_changed"]
    assert "Before: Saturday, June 13, 2026" in read(plan()[-1]).text


def test_a_move_that_makes_a_volunteer_double_booked_says_so() -> None:
    event = town_hall()
    make.make_claim(make.make_shift(event), email=ANA)
    other = make.make_shift(
        office=event.office, role=make.make_role(event.office, "Driver"), starts_at=NEW_START
    )
    make.make_claim(other, email=ANA)
    told()
    move(event)
    text = read(delivered("event_changed")).text
    assert (
        "Greeter is now at the same time as something else of yours: Driver, Monday, June 15, "
        "2026, 6:30–8:30 p.m. PDT. Please give one of them back." in text
    )


# --- Called off ----------------------------------------------------------------------------------


def test_a_cancellation_gives_the_reason_and_ends_the_calendar_entry() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    scenes.call_off(event)
    assert new_mail() == ["event_cancelled"]
    mail = read(delivered("event_cancelled"))
    assert "The reason: The library has a water leak." in mail.text
    lines = calendar_lines(mail)
    assert (lines["METHOD"], lines["STATUS"], lines["SEQUENCE"]) == ("CANCEL", "CANCELLED", "1")


def test_a_cancellation_supersedes_what_was_to_be_said_before() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    plan()
    move(event)
    plan()
    scenes.call_off(event)
    assert sent_to(ANA) == ["event_cancelled"]


def test_who_has_cancelled_meanwhile_is_not_told_of_the_events_end() -> None:
    event = town_hall()
    rsvp = make.make_rsvp(event, email=ANA)
    told()
    scenes.call_off(event)
    plan()
    rsvp_actions.cancel_rsvp(rsvp_id=rsvp.pk, now=LATER)
    assert new_mail() == ["rsvp_cancelled"]


def test_a_postponed_event_that_has_a_date_again_enters_the_calendar_again() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    scenes.call_off(event, "postpone")
    off = calendar_lines(read(delivered("event_postponed")))
    told()
    move(event)
    mail = read(delivered("event_changed"))
    on = calendar_lines(mail)
    assert mail.subject == "New date: Town hall on parking, Monday, June 15"
    assert "This event was postponed. It has a new date now." in mail.text
    assert [(c["METHOD"], c["SEQUENCE"]) for c in (off, on)] == [("CANCEL", "1"), ("REQUEST", "2")]


def test_a_new_date_supersedes_the_postponement_that_was_not_told_yet() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    scenes.call_off(event, "postpone")
    plan()
    move(event)
    assert new_mail() == ["event_changed"]


def test_a_guest_with_a_place_is_asked_whether_they_still_come() -> None:
    event = town_hall(capacity=1)
    rsvp = make.make_rsvp(event, email=ANA)
    make.make_rsvp(event, email="waits@example.org")
    told()
    edit(event, starts_at=NEW_START, ends_at=NEW_START + timedelta(hours=1))
    delivery = delivered("event_changed", email=ANA)
    mail = read(delivery)
    assert "We keep your place for you. Please tell us whether you still come." in mail.text
    assert "Yes, I am coming" in mail.text
    assert "Change or cancel your RSVP" in mail.text
    waits = read(delivered("event_changed", email="waits@example.org"))
    assert "Yes, I am coming" not in waits.text
    assert "Change or cancel your RSVP" in waits.text

    rsvp_actions.confirm_rsvp(rsvp_id=rsvp.pk, now=LATER + timedelta(minutes=1))
    assert "Yes, I am coming" not in read(delivery).text


# --- Certain, and on again -----------------------------------------------------------------------


def test_what_becomes_certain_is_told_and_entered_as_such() -> None:
    event = town_hall(status="tentative")
    make.make_rsvp(event, email=ANA)
    make.make_claim(make.make_shift(event), email="vic@example.org")
    told()
    edit(event, status="confirmed")
    assert new_mail() == new_mail("vic@example.org") == ["event_changed"]
    mail = read(delivered("event_changed", email=ANA))
    assert mail.subject == "It is now certain: Town hall on parking, Thursday, June 11"
    assert "We keep your place for you. You need to do nothing." in mail.text
    lines = calendar_lines(mail)
    assert (lines["METHOD"], lines["STATUS"], lines["SEQUENCE"]) == ("REQUEST", "CONFIRMED", "1")


def test_what_is_no_longer_certain_is_told_and_entered_as_such() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA, language="es")
    told()
    edit(event, status="tentative")
    assert new_mail() == ["event_changed"]
    mail = rendering.render(delivered("event_changed"), scenes.NOW)
    assert isinstance(mail, Rendered)
    assert mail.subject.startswith("Por confirmar: Reunión sobre el estacionamiento")
    assert "Todavía no es seguro que este evento se celebre." in mail.text
    lines = calendar_lines(mail)
    assert (lines["METHOD"], lines["STATUS"], lines["SEQUENCE"]) == ("REQUEST", "TENTATIVE", "1")


def test_a_new_date_and_certainty_are_one_message() -> None:
    event = town_hall(status="tentative")
    make.make_rsvp(event, email=ANA)
    told()
    by = timedelta(days=4)
    edit(event, status="confirmed", starts_at=event.starts_at + by, ends_at=event.ends_at + by)
    assert new_mail() == ["event_changed"]
    mail = read(delivered("event_changed"))
    assert mail.subject.startswith("New date: ")
    assert "It is now certain that this event takes place." in mail.text


def test_certainty_that_was_taken_back_before_it_was_told_is_not_told() -> None:
    event = town_hall(status="tentative")
    make.make_rsvp(event, email=ANA)
    told()
    edit(event, status="confirmed")
    plan()
    edit(event, status="tentative")
    assert new_mail() == ["event_changed"]
    latest = plan()[-1]
    assert isinstance(rendering.render(latest, scenes.NOW), Superseded)


def test_an_old_date_that_is_kept_is_told_and_entered_again() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    scenes.call_off(event, "postpone")
    told()
    resume_event(event_id=event.pk, now=LATER)
    assert new_mail() == ["event_changed"]
    mail = read(delivered("event_changed"))
    assert mail.subject == "It takes place after all: Town hall on parking, Thursday, June 11"
    assert "Now it takes place after all, at the time that was planned." in mail.text
    assert "Before:" not in mail.text
    lines = calendar_lines(mail)
    assert (lines["METHOD"], lines["STATUS"], lines["SEQUENCE"]) == ("REQUEST", "CONFIRMED", "2")


def test_a_postponement_between_two_changes_is_not_forgotten() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    edit(event, status="tentative")
    plan()
    scenes.call_off(event, "postpone")
    plan()
    resume_event(event_id=event.pk, now=LATER + timedelta(hours=1))
    assert new_mail() == ["event_changed"]
    assert "This event was postponed." in read(plan()[-1]).text


# --- Calendars -----------------------------------------------------------------------------------


def test_a_guest_has_the_moved_entry_in_the_message_itself() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    told()
    move(event)
    lines = calendar_lines(read(delivered("event_changed")))
    assert (lines["METHOD"], lines["UID"], lines["SEQUENCE"], lines["DTSTART"]) == (
        "REQUEST", event.uid, "1", "20260615T183000",
    )  # fmt: skip


def test_a_volunteer_has_the_shifts_entry_in_the_message_itself() -> None:
    event = town_hall()
    shift = make.make_shift(event)
    make.make_claim(shift, email=ANA)
    told()
    move(event)
    assert new_mail() == ["event_changed"]
    lines = calendar_lines(read(delivered("event_changed")))
    assert (lines["METHOD"], lines["UID"], lines["DTSTART"]) == (
        "REQUEST", shift.uid, "20260615T173000",
    )  # fmt: skip


def test_a_shift_that_went_elsewhere_before_its_event_moved_is_named_with_its_place() -> None:
    event = town_hall()
    shift = make.make_shift(event)
    make.make_claim(shift, email=ANA)
    told()
    annex = make.make_venue(event.office, name="Annex")
    shift_actions.edit_shift(shift_id=shift.pk, changes={"venue": annex}, now=LATER)
    plan()
    move(event)
    assert new_mail() == ["event_changed"]
    assert "7:30 p.m. PDT, Annex" in read(delivered("event_changed")).text


@pytest.mark.parametrize("what", ["move", "cancel"])
def test_several_entries_of_one_person_come_in_a_short_message_each(what: str) -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    shift = make.make_shift(event)
    make.make_claim(shift, email=ANA)
    told()
    if what == "move":
        move(event)
    else:
        scenes.call_off(event)
    summary, first, second = [d for d in plan() if d.state == "due"]
    assert read(summary).calendar is None
    method = "REQUEST" if what == "move" else "CANCEL"
    person = first.person_id
    assert [first.key, second.key] == [
        f"invite:{event.uid}:1:{method}:{person}",
        f"invite:{shift.uid}:1:{method}:{person}",
    ]
    parts = [calendar_lines(read(delivery)) for delivery in (first, second)]
    assert [(part["METHOD"], part["UID"]) for part in parts] == [
        (method, event.uid),
        (method, shift.uid),
    ]


def test_a_calendar_message_is_not_sent_for_what_was_given_back_or_called_off_meanwhile() -> None:
    event = town_hall()
    make.make_rsvp(event, email=ANA)
    claim = make.make_claim(make.make_shift(event), email=ANA)
    told()
    move(event)
    _summary, of_event, of_shift = [d for d in plan() if d.state == "due"]
    claim_actions.release_claim(claim_id=claim.pk, now=LATER)
    assert (goes(of_event), goes(of_shift)) == (True, False)
    scenes.call_off(event)
    assert goes(of_event) is False


def calendar_entries() -> list[Delivery]:
    """The short messages about calendar entries that wait, oldest first."""
    return [d for d in plan() if d.state == "due" and d.message == "calendar_update"]


def guest_and_volunteer() -> tuple[Event, int]:
    """A town hall, and the shift there of a guest who helps; everything is told."""
    event = town_hall(mode=Mode.BOTH, remote_url="https://meet.example.org/a")
    make.make_rsvp(event, email=ANA)
    shift = make.make_shift(event)
    make.make_claim(shift, email=ANA)
    told()
    return event, shift.pk


def test_two_moves_before_the_mail_goes_update_each_entry_once() -> None:
    event, _shift = guest_and_volunteer()
    move(event)
    first = calendar_entries()
    assert [goes(delivery) for delivery in first] == [True, True]
    move(event)
    entries = calendar_entries()
    assert [d.context["sequence"] for d in entries] == [1, 1, 2, 2]
    assert [goes(delivery) for delivery in entries] == [False, False, True, True]
    assert [calendar_lines(read(d))["SEQUENCE"] for d in entries[2:]] == ["2", "2"]
    send_all()
    states = [Delivery.objects.get(pk=delivery.pk).state for delivery in entries]
    assert states == ["superseded", "superseded", "accepted", "accepted"]


def test_an_entry_waits_for_a_newer_move_to_be_planned_and_is_updated_once() -> None:
    event, _shift = guest_and_volunteer()
    move(event)
    first = calendar_entries()
    move(event)
    assert [type(rendering.render(delivery, LATER)) for delivery in first] == [NotYet, NotYet]
    send_all()
    entries = calendar_entries()
    assert [delivery.state for delivery in entries] == ["due"] * 4
    send_all(LATER + timedelta(minutes=1))
    states = [Delivery.objects.get(pk=delivery.pk).state for delivery in entries]
    assert states == ["superseded", "superseded", "accepted", "accepted"]


def test_the_order_in_which_two_changes_were_planned_makes_no_difference() -> None:
    event, _shift = guest_and_volunteer()
    scenes.call_off(event, "postpone")
    old = calendar_entries()
    resume_event(event_id=event.pk, now=LATER)
    new = calendar_entries()[2:]
    # As if the first had been planned by a worker that was slower.
    for delivery in old:
        Delivery.objects.filter(pk=delivery.pk).delete()
        delivery.pk = None
        delivery.save(force_insert=True)
    assert [goes(delivery) for delivery in old + new] == [False, False, True, True]


def test_a_cancelled_entry_is_removed_once_whatever_was_to_be_said_before() -> None:
    event, _shift = guest_and_volunteer()
    move(event)
    scenes.call_off(event, "postpone")
    plan()
    scenes.call_off(event)
    entries = [delivery for delivery in calendar_entries() if goes(delivery)]
    assert [(d.context["method"], d.context["sequence"]) for d in entries] == [("CANCEL", 3)] * 2


def test_a_change_that_is_not_told_does_not_keep_an_entry_from_being_updated() -> None:
    event, _shift = guest_and_volunteer()
    move(event)
    plan()
    # Nobody joins online: it raises SEQUENCE, and is told to nobody.
    edit(event, remote_url="https://meet.example.org/b")
    entries = calendar_entries()
    assert [goes(delivery) for delivery in entries] == [True, True]
    assert [calendar_lines(read(delivery))["SEQUENCE"] for delivery in entries] == ["2", "2"]


def test_a_removal_goes_although_the_place_has_a_new_address_since() -> None:
    event, _shift = guest_and_volunteer()
    scenes.call_off(event)
    plan()
    assert event.venue_id is not None
    edit_venue(venue_id=event.venue_id, changes={"street": "14 Elm Street"}, now=LATER)
    assert [goes(delivery) for delivery in calendar_entries()] == [True, True]


def test_who_moves_up_and_helps_has_each_entry_once() -> None:
    event = town_hall(capacity=1)
    make.make_rsvp(event)
    make.make_rsvp(event, email=ANA)
    shift = make.make_shift(event)
    make.make_claim(shift, email=ANA)
    told()
    by = timedelta(days=1)
    edit(event, capacity=5, starts_at=event.starts_at + by, ends_at=event.ends_at + by)
    mine = [d for d in plan() if d.state == "due" and d.person and d.person.email == ANA]
    assert [(d.message, calendar_lines(read(d))["UID"]) for d in mine] == [
        ("rsvp_promoted", event.uid),
        ("calendar_update", shift.uid),
    ]
