"""One volunteer on a shift: written down by staff, taken off, marked as come."""

from datetime import timedelta
from typing import Any

import pytest

from events.models import AuditEntry, Office, OfficeKind, Outbox, Person
from notifications.models import Delivery
from notifications.planning import plan_outbox
from tests.clock import at
from tests.desk import Desk
from tests.factories import (
    NOW,
    make_claim,
    make_event,
    make_office,
    make_role,
    make_rsvp,
    make_shift,
)
from tests.pages import page
from volunteers.actions.claims import release_claim
from volunteers.actions.shifts import cancel_shift, edit_shift
from volunteers.models import Shift, ShiftClaim

pytestmark = pytest.mark.django_db


def typed(**fields: Any) -> dict[str, Any]:
    return {"name": "Ana Reyes", "email": "ana@example.org", "language": "en"} | fields


def messages_planned() -> list[str]:
    plan_outbox(now=NOW)
    return sorted(Delivery.objects.values_list("message", flat=True))


# -- Write down -----------------------------------------------------------------------------------


def test_who_calls_is_written_down_and_gets_a_confirmation(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    Outbox.objects.all().delete()
    answer = desk.send("staff-volunteer-new", typed(language="es"), pk=shift.pk)
    assert "Ana Reyes is on the shift." in desk.follow(answer).text
    claim = ShiftClaim.objects.get()
    assert claim.person is not None
    assert (claim.person.email, claim.language, claim.is_confirmed) == (
        "ana@example.org", "es", True,
    )  # fmt: skip
    fact = AuditEntry.objects.get(action="claim.confirmed")
    assert (fact.staff, fact.actor_kind) == (desk.user, "staff")
    assert messages_planned() == ["claim_confirmed"]


def test_who_has_no_email_address_is_written_down_with_a_phone(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    desk.follow(desk.send("staff-volunteer-new", typed(email="", phone="(555) 010-0112"),
                          pk=shift.pk))  # fmt: skip
    claim = ShiftClaim.objects.get()
    assert claim.person is not None
    assert (claim.person.email, claim.person.phone) == (None, "(555) 010-0112")
    assert "No email address: changes have to be called." in (
        desk.see("staff-volunteer", shift_pk=shift.pk, pk=claim.pk).text
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "Enter the volunteer’s name."),
        ({"email": ""}, "Enter a phone number or an email address."),
        ({"email": "ana@"}, "Enter an email address in full"),
        ({"email": "", "phone": "12"}, "Enter a phone number with its area code."),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    desk: Desk, office: Office, fields: dict[str, str], said: str
) -> None:
    shift = make_shift(office=office)
    answer = desk.send("staff-volunteer-new", typed(**fields), pk=shift.pk)
    assert answer.status_code == 422
    shown = page(answer)
    assert said in shown.text
    expected = typed(**fields)
    assert {name: shown.fields[name] for name in expected} == expected
    assert not ShiftClaim.objects.exists()


def test_on_a_full_shift_the_caller_joins_the_line_and_is_told_so(
    desk: Desk, office: Office
) -> None:
    shift = make_shift(office=office, capacity=1)
    make_claim(shift)
    make_claim(shift)
    assert "All places are taken, and 1 person waits." in (
        desk.see("staff-volunteer-new", pk=shift.pk).text
    )
    answer = desk.send("staff-volunteer-new", typed(), pk=shift.pk)
    shown = desk.follow(answer)
    assert "Ana Reyes is on the waitlist." in shown.text
    assert "2 Ana Reyes" in shown.text


def test_who_is_there_already_is_not_written_down_twice(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    for fields in (typed(), typed(email="", phone="(555) 010-0112")):
        desk.send("staff-volunteer-new", fields, pk=shift.pk)
    again = (
        typed(email="ANA@example.org"),
        typed(name="ana reyes", email="", phone="555 010 0112"),
    )
    for fields in again:
        answer = desk.send("staff-volunteer-new", fields, pk=shift.pk)
        assert "is on the list already. Nothing was changed." in desk.follow(answer).text
    assert ShiftClaim.objects.count() == 2


@pytest.mark.parametrize("reached", [{"email": "ana@example.org"}, {"phone": "555-010-0112"}])
def test_an_overlap_is_told_on_the_page_and_not_mailed(
    desk: Desk, office: Office, reached: dict[str, str]
) -> None:
    shift = make_shift(office=office)
    other = make_shift(office=office, role=make_role(office, "Note taker"))
    fields = {"name": "Ana Reyes", "language": "en"} | reached
    desk.send("staff-volunteer-new", fields, pk=other.pk)
    Outbox.objects.all().delete()
    answer = desk.send("staff-volunteer-new", fields, pk=shift.pk)
    assert answer.status_code == 422
    assert (
        "They have a shift at that time: Note taker, Tuesday, June 9, 2026, 9:00–11:00 a.m. PDT."
        in page(answer).text
    )
    assert not ShiftClaim.objects.filter(shift=shift).exists()
    assert messages_planned() == []


def test_a_place_at_an_event_is_an_overlap_too(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    event = make_event(office, title="Budget night", starts_at=shift.starts_at)
    make_rsvp(event, email="ana@example.org")
    answer = desk.send("staff-volunteer-new", typed(), pk=shift.pk)
    assert "They have a place at an event at that time: Budget night" in page(answer).text


def test_what_somebody_does_for_another_office_is_not_told(desk: Desk, office: Office) -> None:
    campaign = make_office(kind=OfficeKind.CAMPAIGN)
    secret = make_shift(office=campaign, role=make_role(campaign, "Door knocker"))
    make_claim(secret, email="ana@example.org")
    shift = make_shift(office=office)
    answer = desk.send("staff-volunteer-new", typed(), pk=shift.pk)
    assert answer.status_code == 422
    text = page(answer).text
    assert "They have taken on something else at that time." in text
    assert "Door knocker" not in text


@pytest.mark.parametrize("state", ["draft", "over", "cancelled"])
def test_a_shift_that_takes_nobody_says_so(desk: Desk, office: Office, state: str) -> None:
    shift = make_shift(
        office=office, post=state != "draft",
        starts_at=NOW - timedelta(days=1) if state == "over" else None,
    )  # fmt: skip
    if state == "cancelled":
        cancel_shift(shift_id=shift.pk, reason="Not needed.", now=NOW)
    said = "This shift takes no volunteers now."
    assert said in desk.follow(desk.ask("staff-volunteer-new", pk=shift.pk)).text
    assert said in desk.follow(desk.send("staff-volunteer-new", typed(), pk=shift.pk)).text
    assert not Person.objects.exists()


# -- Look up --------------------------------------------------------------------------------------


def test_a_volunteers_page_names_what_overlaps_after_a_move(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    other = make_shift(office=office, role=make_role(office, "Note taker"),
                       starts_at=NOW + timedelta(days=2))  # fmt: skip
    claim = make_claim(shift, email="ana@example.org", proven=False)
    make_claim(other, email="ana@example.org")
    edit_shift(
        shift_id=other.pk, changes={"starts_at": shift.starts_at, "ends_at": shift.ends_at}, now=NOW
    )
    shown = desk.see("staff-volunteer", shift_pk=shift.pk, pk=claim.pk).text
    assert "At that time they also have: Note taker, Tuesday, June 9, 2026" in shown
    assert "ana@example.org Address not confirmed" in shown


def test_a_claim_is_found_under_its_own_shift_alone(desk: Desk, office: Office) -> None:
    claim, other = make_claim(make_shift(office=office)), make_shift(office=office)
    assert desk.ask("staff-volunteer", shift_pk=other.pk, pk=claim.pk).status_code == 404
    for name in ("staff-volunteer-release", "staff-volunteer-attended"):
        answer = desk.send(name, {"reason": "x"}, shift_pk=other.pk, pk=claim.pk)
        assert answer.status_code == 404
    claim.refresh_from_db()
    assert claim.is_confirmed


# -- Take off -------------------------------------------------------------------------------------


def test_taking_somebody_off_needs_a_reason_and_lets_the_next_one_in(
    desk: Desk, office: Office
) -> None:
    shift = make_shift(office=office, capacity=1)
    claim = make_claim(shift, name="Ana Reyes")
    waits = make_claim(shift, name="Ben Cruz")
    kwargs = {"shift_pk": shift.pk, "pk": claim.pk}
    with at(NOW + timedelta(hours=1)):
        answer = desk.send("staff-volunteer-release", {"reason": ""}, **kwargs)
        assert answer.status_code == 422
        assert "Say why, for your colleagues." in page(answer).text
        answer = desk.send("staff-volunteer-release", {"reason": "Called and is ill."}, **kwargs)
        shown = desk.follow(answer).text
        assert "Ana Reyes is off the shift." in shown
        assert "Ben Cruz moved up from the waitlist." in shown
        for row in (claim, waits):
            row.refresh_from_db()
        assert (claim.is_cancelled, claim.release_reason) == (True, "Called and is ill.")
        assert waits.is_confirmed
        after = desk.see("staff-volunteer", **kwargs).text
        assert "Taken off by Sam Staff" in after
        assert "Called and is ill." in after


def test_what_a_volunteer_gave_back_was_not_taken_off_by_staff(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    claim = make_claim(shift)
    release_claim(claim_id=claim.pk, reason="My son is ill.", now=NOW)
    shown = desk.see("staff-volunteer", shift_pk=shift.pk, pk=claim.pk).text
    assert "Taken off by" not in shown
    assert "My son is ill." in shown


def test_nobody_is_taken_off_a_shift_that_is_over(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    claim = make_claim(shift)
    with at(shift.ends_at + timedelta(hours=1)):
        answer = desk.send("staff-volunteer-release", {"reason": "x"}, shift_pk=shift.pk,
                           pk=claim.pk)  # fmt: skip
        assert "There is no place to give back." in desk.follow(answer).text
    claim.refresh_from_db()
    assert claim.is_confirmed


# -- Who came -------------------------------------------------------------------------------------


def mark(desk: Desk, claim: ShiftClaim, value: str, **more: str) -> Any:
    data = {"attended": value, **more}
    return desk.client.post(f"/staff/shifts/{claim.shift_id}/volunteers/{claim.pk}/attended/", data)


def test_who_came_and_who_did_not_is_written_down_and_can_be_taken_back(
    desk: Desk, office: Office
) -> None:
    claim = make_claim(make_shift(office=office, starts_at=NOW + timedelta(hours=2)))
    for value, attended in (("yes", True), ("no", False), ("no", False), ("", None)):
        assert mark(desk, claim, value).status_code == 303
        claim.refresh_from_db()
        assert claim.attended is attended
    facts = AuditEntry.objects.filter(action="claim.attended")
    assert [(fact.staff, list(fact.changes)) for fact in facts] == [(desk.user, ["attended"])] * 3
    assert messages_planned() == ["claim_confirmed"]


def test_before_the_day_nobody_has_come(desk: Desk, office: Office) -> None:
    claim = make_claim(make_shift(office=office))
    answer = mark(desk, claim, "yes")
    assert answer.status_code == 422
    assert "Who came is written down from the day of the shift on." in page(answer).text
    assert mark(desk, claim, "perhaps").status_code == 404
    claim.refresh_from_db()
    assert claim.attended is None


def test_after_a_mark_the_same_part_of_the_roster_is_shown(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, starts_at=NOW + timedelta(hours=2))
    claim = make_claim(shift)
    here = f"/staff/shifts/{shift.pk}/?q=vic"
    assert mark(desk, claim, "yes", back=here)["Location"] == f"{here}#volunteer-{claim.pk}"
    for back in ("https://elsewhere.example/", "//elsewhere.example", "/staff/"):
        assert mark(desk, claim, "no", back=back)["Location"] == (
            f"/staff/shifts/{shift.pk}/#volunteer-{claim.pk}"
        )


def test_the_shift_itself_is_what_the_line_waits_for(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, capacity=1, starts_at=NOW + timedelta(hours=2))
    make_claim(shift)
    waits = make_claim(shift)
    answer = mark(desk, waits, "yes")
    assert "This volunteer is not on the shift." in page(answer).text
    assert Shift.objects.get(pk=shift.pk).taken == 1
