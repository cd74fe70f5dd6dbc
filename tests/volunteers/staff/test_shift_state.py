"""Posting, cancelling and throwing away a shift."""

from datetime import timedelta

import pytest

from events.actions.calling_off import cancel_event
from events.models import AuditEntry, Office, Outbox
from notifications.models import Delivery
from notifications.planning import plan_outbox
from tests.desk import Desk
from tests.factories import NOW, make_claim, make_event, make_shift
from tests.pages import page
from volunteers.actions.shifts import cancel_shift
from volunteers.models import Shift

pytestmark = pytest.mark.django_db


def now_saved(shift: Shift) -> Shift:
    return Shift.objects.effective().get(pk=shift.pk)


def test_posting_makes_a_draft_public_and_mails_nobody(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, post=False)
    Outbox.objects.all().delete()
    answer = desk.send("staff-shift-post", {}, pk=shift.pk)
    assert "Posted. Everybody can see it now." in desk.follow(answer).text
    assert desk.client.get(shift.get_absolute_url()).status_code == 200
    plan_outbox(now=NOW)
    assert not Delivery.objects.exists()


def test_a_shift_cancelled_with_its_event_is_not_posted(desk: Desk, office: Office) -> None:
    event = make_event(office)
    shift = make_shift(event, post=False)
    cancel_event(event_id=event.pk, reason="Rain.", now=NOW)
    answer = desk.send("staff-shift-post", {}, pk=shift.pk)
    assert answer.status_code == 422
    assert "This shift was cancelled." in page(answer).text
    assert not AuditEntry.objects.filter(action="shift.posted").exists()


def test_a_cancellation_needs_a_reason_and_says_who_is_told(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, capacity=1)
    make_claim(shift)
    make_claim(shift)
    desk.send("staff-volunteer-new", {"name": "Bo", "phone": "555-010-0112", "language": "en"},
              pk=shift.pk)  # fmt: skip
    asked = desk.see("staff-shift-cancel", pk=shift.pk).text
    assert "2 volunteers will get one message each." in asked
    assert "1 person has no email address and has to be called." in asked
    answer = desk.send("staff-shift-cancel", {"reason": " "}, pk=shift.pk)
    assert answer.status_code == 422
    assert "Say why; everyone who hears of it asks." in page(answer).text
    assert now_saved(shift).is_on


def test_cancelling_twice_tells_each_volunteer_once(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    person = make_claim(shift).person_id
    Outbox.objects.all().delete()
    for _time in range(2):
        desk.follow(desk.send("staff-shift-cancel", {"reason": "The hall is shut."}, pk=shift.pk))
    saved = now_saved(shift)
    assert (saved.status, saved.status_reason) == ("cancelled", "The hall is shut.")
    assert "The hall is shut." in page(desk.client.get(shift.get_absolute_url())).text
    plan_outbox(now=NOW)
    told = Delivery.objects.values_list("message", "person_id")
    assert list(told) == [("shift_cancelled", person)]


def test_a_draft_and_what_is_over_are_not_cancelled(desk: Desk, office: Office) -> None:
    draft = make_shift(office=office, post=False)
    past = make_shift(office=office, starts_at=NOW - timedelta(days=1))
    for shift in (draft, past):
        page_of_it = desk.see("staff-shift", pk=shift.pk)
        assert f"/staff/shifts/{shift.pk}/cancel/" not in page_of_it.links
        assert desk.ask("staff-shift-cancel", pk=shift.pk).status_code == 302
        desk.send("staff-shift-cancel", {"reason": "x"}, pk=shift.pk)
        assert now_saved(shift).is_on


def test_a_draft_is_thrown_away_after_one_question(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, post=False)
    assert "It cannot be brought back." in desk.see("staff-shift-delete", pk=shift.pk).text
    assert Shift.objects.filter(pk=shift.pk).exists()
    answer = desk.send("staff-shift-delete", {}, pk=shift.pk)
    assert "The draft is gone." in desk.follow(answer).text
    assert not Shift.objects.filter(pk=shift.pk).exists()
    assert AuditEntry.objects.filter(action="shift.deleted", subjects__shift=shift.pk).exists()


def test_what_was_public_is_not_thrown_away(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    assert desk.ask("staff-shift-delete", pk=shift.pk).status_code == 302
    desk.send("staff-shift-delete", {}, pk=shift.pk)
    assert Shift.objects.filter(pk=shift.pk).exists()


def test_a_cancelled_shift_shows_its_reason_and_offers_a_copy(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    cancel_shift(shift_id=shift.pk, reason="The hall is shut.", now=NOW)
    shown = desk.see("staff-shift", pk=shift.pk)
    assert "The hall is shut." in shown.text
    assert f"/staff/shifts/new/?copy={shift.pk}" in shown.links
    assert f"/staff/shifts/{shift.pk}/edit/" not in shown.links
    assert f"/staff/shifts/{shift.pk}/volunteers/new/" not in shown.links
