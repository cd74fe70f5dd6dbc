"""Editing and moving a shift: who is told is shown first, and nobody overwrites anybody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.actions.calling_off import postpone_event
from events.actions.events import reschedule_event
from events.models import AuditEntry, Office, Outbox
from notifications.models import Delivery
from notifications.planning import plan_outbox
from tests.desk import Desk
from tests.factories import NOW, make_claim, make_event, make_role, make_shift, make_venue
from tests.pages import page
from volunteers.actions.shifts import cancel_shift, edit_shift
from volunteers.models import Shift, ShiftClaim

pytestmark = pytest.mark.django_db


def facts_since(last: int) -> list[str]:
    return list(
        AuditEntry.objects.filter(pk__gt=last).order_by("pk").values_list("action", flat=True)
    )


def last_fact() -> int:
    return AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def now_saved(shift: Shift) -> Any:
    return Shift.objects.effective().select_related("role", "venue").get(pk=shift.pk)


def confirmed(desk: Desk, name: str, changes: dict[str, Any], shift: Shift) -> Any:
    """Send the form, then press the button of the page of review."""
    typed = desk.fill(name, pk=shift.pk) | changes
    desk.send(name, typed, pk=shift.pk)
    return desk.send(name, typed | {"do": "confirm"}, pk=shift.pk)


def test_what_nobody_is_told_of_is_saved_at_once(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, capacity=2)
    make_claim(shift)
    last = last_fact()
    changes = {"notes": "Bring gloves.", "minimum": "2", "capacity": "5"}
    answer = desk.change("staff-shift-edit", changes, pk=shift.pk)
    assert "Saved. The public page shows it." in desk.follow(answer).text
    saved = now_saved(shift)
    assert (saved.notes, saved.minimum, saved.capacity) == ("Bring gloves.", 2, 5)
    assert facts_since(last) == ["shift.edited"]


def test_a_new_time_and_place_are_shown_with_who_will_be_told_before_anything_is_saved(
    desk: Desk, office: Office
) -> None:
    venue = make_venue(office, name="The old mill")
    shift = make_shift(office=office, capacity=1)  # 2026-06-09, 9:00 to 11:00
    make_claim(shift)
    make_claim(shift)
    desk.send("staff-volunteer-new", {"name": "Bo", "phone": "555-010-0112", "language": "en"},
              pk=shift.pk)  # fmt: skip
    last = last_fact()
    typed = {"starts_time": "10:00", "ends_time": "13:00", "venue": str(venue.pk), "minimum": "1"}
    shown = page(desk.change("staff-shift-edit", typed, pk=shift.pk))
    assert "Check before saving" in shown.text
    assert "Now: Tuesday, June 9, 2026, 9:00–11:00 a.m. PDT" in shown.text
    assert "New: Tuesday, June 9, 2026, 10:00 a.m.–1:00 p.m. PDT" in shown.text
    assert "Now: – New: The old mill" in shown.text
    assert "2 volunteers will get one message each." in shown.text
    assert "1 person has no email address and has to be called." in shown.text
    assert f"/staff/shifts/{shift.pk}/?show=call" in shown.links
    assert facts_since(last) == []
    assert now_saved(shift).starts_at == shift.starts_at


def test_a_confirmed_move_keeps_the_claims_and_tells_each_volunteer_once(
    desk: Desk, office: Office
) -> None:
    venue = make_venue(office, name="The old mill")
    shift = make_shift(office=office, capacity=1)
    people = {make_claim(shift).person_id, make_claim(shift).person_id}
    Outbox.objects.all().delete()
    last = last_fact()
    changes = {"starts_time": "10:00", "ends_time": "13:00", "venue": str(venue.pk)}
    answer = confirmed(desk, "staff-shift-edit", changes, shift)
    assert "2 volunteers will get a message." in desk.follow(answer).text
    saved = now_saved(shift)
    assert (saved.starts_at, saved.venue) == (datetime(2026, 6, 9, 17, 0, tzinfo=UTC), venue)
    assert facts_since(last) == ["shift.rescheduled", "shift.moved"]
    assert sorted(ShiftClaim.objects.values_list("status", flat=True)) == [
        "confirmed", "waitlisted",
    ]  # fmt: skip
    assert Outbox.objects.count() == 1
    plan_outbox(now=NOW)
    told = Delivery.objects.values_list("message", "person_id")
    assert sorted(told) == sorted(("shift_changed", person) for person in people)


def test_back_to_the_form_keeps_what_was_typed(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    make_claim(shift)
    typed = desk.fill("staff-shift-edit", pk=shift.pk) | {"starts_time": "08:00", "notes": "A hat."}
    shown = page(desk.send("staff-shift-edit", typed | {"do": "change"}, pk=shift.pk))
    assert (shown.fields["starts_time"], shown.fields["notes"]) == ("08:00", "A hat.")
    assert shown.fields["seen"] == typed["seen"]
    assert now_saved(shift).notes == ""


def test_a_draft_is_moved_without_a_question(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, post=False)
    answer = desk.change("staff-shift-edit", {"starts_time": "08:00"}, pk=shift.pk)
    assert "Saved as a draft. Only staff see it." in desk.follow(answer).text
    assert now_saved(shift).starts_at == datetime(2026, 6, 9, 15, 0, tzinfo=UTC)


def test_a_draft_can_be_saved_and_posted_in_one(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, post=False)
    answer = desk.change("staff-shift-edit", {"notes": "A hat.", "do": "post"}, pk=shift.pk)
    assert "Posted. Everybody can see it now." in desk.follow(answer).text
    saved = now_saved(shift)
    assert (saved.is_posted, saved.notes) == (True, "A hat.")


def test_what_is_posted_is_no_draft_again_for_an_edit(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    shown = desk.client.get(f"/staff/shifts/{shift.pk}/edit/").content.decode()
    assert "Save and post" not in shown
    assert "Save the draft" not in shown


def test_more_places_let_in_who_waits(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, capacity=1)
    make_claim(shift)
    waiting = make_claim(shift)
    desk.change("staff-shift-edit", {"capacity": "2"}, pk=shift.pk)
    waiting.refresh_from_db()
    assert waiting.is_confirmed


def test_a_shift_goes_back_to_the_place_of_its_event(desk: Desk, office: Office) -> None:
    event = make_event(office)
    yard = make_venue(office, name="The yard")
    shift = make_shift(event, venue=yard)
    make_claim(shift)
    shown = desk.change("staff-shift-edit", {"venue": ""}, pk=shift.pk)
    assert "Now: The yard New: Main Library, Community Room" in page(shown).text
    confirmed(desk, "staff-shift-edit", {"venue": ""}, shift)
    assert now_saved(shift).venue is None


def test_another_role_is_no_move(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    role = make_role(office, "Note taker")
    desk.follow(desk.change("staff-shift-edit", {"role": str(role.pk)}, pk=shift.pk))
    assert now_saved(shift).role == role


# -- Two who edit at once -------------------------------------------------------------------------


def test_what_somebody_else_saved_meanwhile_is_shown_and_not_overwritten(
    desk: Desk, office: Office
) -> None:
    shift = make_shift(office=office)
    mine = desk.fill("staff-shift-edit", pk=shift.pk) | {"notes": "Bring gloves."}
    edit_shift(
        shift_id=shift.pk, changes={"notes": "Bring a hat.", "minimum": 2}, now=NOW,
        actor=desk.user,
    )  # fmt: skip
    answer = desk.send("staff-shift-edit", mine, pk=shift.pk)
    assert answer.status_code == 409
    shown = page(answer)
    assert "Sam Staff saved on Monday, June 1, 2026, 9:00 a.m. PDT ." in shown.text
    assert "Saved now: Bring a hat. In your form: Bring gloves." in shown.text
    assert "People needed Saved now: 2 In your form: 1" in shown.text
    assert now_saved(shift).notes == "Bring a hat."
    # Who has seen it may go on.
    knowing = mine | {"seen": shown.fields["seen"], "minimum": "2"}
    desk.follow(desk.send("staff-shift-edit", knowing, pk=shift.pk))
    assert (now_saved(shift).notes, now_saved(shift).minimum) == ("Bring gloves.", 2)


def test_an_event_that_moved_meanwhile_is_not_moved_back_by_its_shift(
    desk: Desk, office: Office
) -> None:
    event = make_event(office)
    shift = make_shift(event)
    mine = desk.fill("staff-shift-edit", pk=shift.pk) | {"notes": "Bring gloves."}
    reschedule_event(
        event_id=event.pk, starts_at=event.starts_at + timedelta(days=1),
        ends_at=event.ends_at + timedelta(days=1), now=NOW, actor=desk.user,
    )  # fmt: skip
    answer = desk.send("staff-shift-edit", mine, pk=shift.pk)
    assert answer.status_code == 409
    assert "Date Saved now: Friday, June 12, 2026 In your form: Thursday, June 11, 2026" in (
        page(answer).text
    )
    assert now_saved(shift).starts_at == shift.starts_at + timedelta(days=1)


# -- Move -----------------------------------------------------------------------------------------


def test_moving_a_shift_shows_old_and_new_and_leaves_the_event_where_it_is(
    desk: Desk, office: Office
) -> None:
    event = make_event(office)
    shift = make_shift(event)  # 17:30 to 19:30
    make_claim(shift)
    changes = {"starts_time": "16:00", "ends_time": "18:00"}
    shown = page(desk.change("staff-shift-reschedule", changes, pk=shift.pk))
    assert "Now: Thursday, June 11, 2026, 5:30–7:30 p.m. PDT" in shown.text
    assert "New: Thursday, June 11, 2026, 4:00–6:00 p.m. PDT" in shown.text
    assert "1 volunteer will get one message." in shown.text
    last = last_fact()
    desk.follow(confirmed(desk, "staff-shift-reschedule", changes, shift))
    assert facts_since(last) == ["shift.rescheduled"]
    assert now_saved(shift).starts_at == shift.starts_at - timedelta(minutes=90)
    event.refresh_from_db()
    assert event.starts_at == datetime(2026, 6, 12, 1, 30, tzinfo=UTC)


def test_the_time_it_has_now_is_no_move(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    answer = desk.change("staff-shift-reschedule", {}, pk=shift.pk)
    assert answer.status_code == 422
    assert "This is the time it has now." in page(answer).text


def test_what_concerns_nobody_is_saved_without_a_question(desk: Desk, office: Office) -> None:
    untaken = make_shift(office=office)
    long_ago = NOW - timedelta(days=9)
    over = make_shift(office=office, starts_at=NOW - timedelta(days=2), now=long_ago)
    make_claim(over, now=long_ago)
    event = make_event(office)
    postponed = make_shift(event)
    make_claim(postponed)
    postpone_event(event_id=event.pk, reason="Rain.", now=NOW)
    for shift in (untaken, over, postponed):
        answer = desk.change("staff-shift-reschedule", {"starts_time": "06:00"}, pk=shift.pk)
        said = desk.follow(answer).text
        assert "Saved. The public page shows it." in said
        assert "will get a message" not in said
        assert now_saved(shift).starts_at != shift.starts_at


@pytest.mark.parametrize("name", ["staff-shift-edit", "staff-shift-reschedule"])
def test_a_cancelled_shift_is_copied_not_changed(desk: Desk, office: Office, name: str) -> None:
    shift = make_shift(office=office)
    typed = desk.fill(name, pk=shift.pk)
    cancel_shift(shift_id=shift.pk, reason="Not needed.", now=NOW)
    assert "Copy it to set a new one." in desk.follow(desk.ask(name, pk=shift.pk)).text
    desk.follow(desk.send(name, typed | {"starts_time": "08:00"}, pk=shift.pk))
    assert now_saved(shift).starts_at == shift.starts_at


def test_notes_are_written_in_each_language_and_shown_in_the_readers(
    desk: Desk, office: Office
) -> None:
    shift = make_shift(office=office, notes="Bring gloves.")
    answer = desk.change("staff-shift-edit", {"notes_es": "Traiga\r\nguantes."}, pk=shift.pk)
    assert "Saved. The public page shows it." in desk.follow(answer).text
    assert shift.translations.get().notes == "Traiga\nguantes."
    assert desk.fill("staff-shift-edit", pk=shift.pk)["notes_es"] == "Traiga\nguantes."
    copied = desk.fill("staff-shift-new", f"?copy={shift.pk}")
    assert copied["notes_es"] == "Traiga\nguantes."
    shown = page(desk.client.get(f"/es{shift.get_absolute_url()}")).text
    assert "Traiga guantes." in shown
    assert "Bring gloves." not in shown


def test_what_has_no_version_is_shown_as_what_it_is(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, notes="Bring gloves.")
    shown = desk.client.get(f"/es{shift.get_absolute_url()}").content.decode()
    assert '<div class="prose" lang="en"><p>Bring gloves.</p>' in shown
    assert '<div class="prose" lang="en"><p>Welcome people at the door.</p>' in shown
    assert '<span lang="en">Greeter</span></h1>' in shown


def test_notes_that_somebody_else_wrote_meanwhile_are_shown_beside_mine(
    desk: Desk, office: Office
) -> None:
    shift = make_shift(office=office)
    mine = desk.fill("staff-shift-edit", pk=shift.pk) | {"notes_es": "Mío."}
    theirs = {"translations": {"es": {"notes": "Suyo."}}}
    edit_shift(shift_id=shift.pk, changes=theirs, now=NOW)
    answer = desk.send("staff-shift-edit", mine, pk=shift.pk)
    assert answer.status_code == 409
    assert "Saved now: Suyo. In your form: Mío." in page(answer).text
