"""Claim, release, promote: what the actions promise."""

from datetime import datetime, timedelta

import pytest

from events.actions.calling_off import cancel_event
from events.actions.events import reschedule_event
from events.errors import Refused
from events.models import AuditEntry
from tests.factories import NOW, make_claim, make_event, make_office, make_rsvp, make_shift
from volunteers.actions import claims, shifts
from volunteers.models import Shift, ShiftClaim

pytestmark = pytest.mark.django_db


def claim_facts() -> list[str]:
    actions = AuditEntry.objects.filter(action__startswith="claim.").order_by("pk")
    return list(actions.values_list("action", flat=True))


def statuses(shift: Shift) -> list[str]:
    return list(
        ShiftClaim.objects.filter(shift=shift).order_by("pk").values_list("status", flat=True)
    )


def claim(shift: Shift, email: str) -> claims.Outcome:
    return claims.claim_shift(shift_id=shift.pk, name="Vic", email=email, now=NOW)


def test_claiming_takes_a_place() -> None:
    shift = make_shift(capacity=2)
    assert claim(shift, "vic@example.org").result == "confirmed"
    assert Shift.objects.get(pk=shift.pk).taken == 1
    assert claim_facts() == ["claim.confirmed"]


def test_claiming_a_full_shift_waits_in_line() -> None:
    shift = make_shift(capacity=1)
    make_claim(shift)
    assert claim(shift, "vic@example.org").result == "waitlisted"


def test_claiming_twice_changes_nothing() -> None:
    shift = make_shift(capacity=2)
    claim(shift, "vic@example.org")
    assert claim(shift, "VIC@example.org").result == "repeated"
    assert Shift.objects.get(pk=shift.pk).taken == 1


def test_a_shift_that_overlaps_a_confirmed_claim_is_not_claimed() -> None:
    first = make_shift(hours=2)
    second = make_shift(starts_at=first.starts_at + timedelta(hours=1))
    claim(first, "vic@example.org")
    outcome = claim(second, "vic@example.org")
    assert (outcome.result, outcome.claim) == ("overlap", None)
    assert Shift.objects.get(pk=second.pk).taken == 0
    assert claim_facts() == ["claim.confirmed", "claim.refused"]


def test_shifts_that_touch_end_to_start_do_not_overlap() -> None:
    first = make_shift(hours=2)
    second = make_shift(starts_at=first.starts_at + timedelta(hours=2))
    claim(first, "vic@example.org")
    assert claim(second, "vic@example.org").result == "confirmed"


def test_a_shift_at_the_event_one_rsvped_to_does_not_clash() -> None:
    event = make_event()
    make_rsvp(event, email="vic@example.org")
    assert claim(make_shift(event), "vic@example.org").result == "confirmed"


def test_a_shift_during_another_event_one_rsvped_to_clashes() -> None:
    event = make_event()
    make_rsvp(event, email="vic@example.org")
    other = make_shift(starts_at=event.starts_at)
    assert claim(other, "vic@example.org").result == "overlap"


def test_an_rsvp_is_never_refused_for_a_shift() -> None:
    event = make_event()
    claim(make_shift(starts_at=event.starts_at), "vic@example.org")
    assert make_rsvp(event, email="vic@example.org").is_confirmed


def test_a_cancelled_shift_no_longer_stands_in_the_way() -> None:
    first = make_shift()
    second = make_shift(starts_at=first.starts_at)
    claim(first, "vic@example.org")
    shifts.cancel_shift(shift_id=first.pk, reason="Rain.", now=NOW)
    assert claim(second, "vic@example.org").result == "confirmed"


def test_releasing_promotes_the_first_in_line_who_is_free() -> None:
    shift = make_shift(capacity=1)
    elsewhere = make_shift(starts_at=shift.starts_at)
    held = make_claim(shift)
    claim(shift, "busy@example.org")
    claim(shift, "free@example.org")
    # Busy takes another shift at the same time while waiting.
    claim(elsewhere, "busy@example.org")
    claims.release_claim(claim_id=held.pk, now=NOW)
    assert statuses(shift) == ["cancelled", "waitlisted", "confirmed"]
    assert Shift.objects.get(pk=shift.pk).taken == 1


def test_who_was_passed_over_keeps_the_place_in_line_and_moves_up_when_free() -> None:
    shift = make_shift(capacity=1)
    elsewhere = make_shift(starts_at=shift.starts_at)
    held = make_claim(shift)
    claim(shift, "busy@example.org")
    other = claim(elsewhere, "busy@example.org").claim
    claims.release_claim(claim_id=held.pk, now=NOW)
    assert statuses(shift) == ["cancelled", "waitlisted"]
    assert other is not None
    claims.release_claim(claim_id=other.pk, now=NOW)
    assert statuses(shift) == ["cancelled", "confirmed"]


def test_a_newcomer_does_not_jump_the_line_that_a_kill_left() -> None:
    shift = make_shift(capacity=1)
    held = make_claim(shift)
    claim(shift, "early@example.org")
    # The release committed; the promotion after it was never run.
    ShiftClaim.objects.filter(pk=held.pk).update(status="cancelled")
    Shift.objects.filter(pk=shift.pk).update(taken=0)
    assert claim(shift, "late@example.org").result == "waitlisted"
    assert statuses(shift) == ["cancelled", "confirmed", "waitlisted"]


def test_the_tick_finishes_promotions_that_a_kill_left() -> None:
    shift = make_shift(capacity=2)
    held = [make_claim(shift), make_claim(shift)]
    claim(shift, "early@example.org")
    ShiftClaim.objects.filter(pk__in=[c.pk for c in held]).update(status="cancelled")
    Shift.objects.filter(pk=shift.pk).update(taken=0)
    assert claims.promote_all_waiting(now=NOW) == 1
    assert claims.promote_all_waiting(now=NOW) == 0
    assert Shift.objects.get(pk=shift.pk).taken == 1


def test_a_line_that_fails_keeps_no_other_from_moving(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, other = make_shift(capacity=1), make_shift(capacity=1)
    for shift in (stuck, other):
        held = make_claim(shift)
        claim(shift, f"early{shift.pk}@example.org")
        ShiftClaim.objects.filter(pk=held.pk).update(status="cancelled")
    Shift.objects.update(taken=0)
    promote = claims.promote_waiting

    def fail_for_the_first(*, shift_id: int, now: datetime) -> list[ShiftClaim]:
        if shift_id == stuck.pk:
            raise ZeroDivisionError
        return promote(shift_id=shift_id, now=now)

    monkeypatch.setattr(claims, "promote_waiting", fail_for_the_first)
    assert claims.promote_all_waiting(now=NOW) == 1
    assert (statuses(stuck)[-1], statuses(other)[-1]) == ("waitlisted", "confirmed")
    assert f"The line of shift {stuck.pk} stands" in caplog.text
    monkeypatch.undo()
    assert claims.promote_all_waiting(now=NOW) == 1


def test_releasing_twice_changes_nothing() -> None:
    shift = make_shift(capacity=2)
    held = make_claim(shift)
    claims.release_claim(claim_id=held.pk, now=NOW)
    claims.release_claim(claim_id=held.pk, now=NOW)
    assert Shift.objects.get(pk=shift.pk).taken == 0
    assert claim_facts() == ["claim.confirmed", "claim.released"]


def test_claims_are_refused_for_what_is_off() -> None:
    event = make_event()
    of_cancelled_event = make_shift(event)
    cancel_event(event_id=event.pk, reason="The roof leaks.", now=NOW)
    cancelled = make_shift()
    shifts.cancel_shift(shift_id=cancelled.pk, reason="Rain.", now=NOW)
    for shift, code, now in (
        (of_cancelled_event, "shift_cancelled", NOW),
        (cancelled, "shift_cancelled", NOW),
        (make_shift(post=False), "shift_not_open", NOW),
        (make_shift(make_event(post=False)), "shift_not_open", NOW),
        (make_shift(), "shift_over", NOW + timedelta(days=60)),
    ):
        with pytest.raises(Refused) as refused:
            claims.claim_shift(shift_id=shift.pk, name="V", email="v@x.org", now=now)
        assert refused.value.code == code


# Shifts follow their event


def test_a_shift_follows_its_event_and_its_counters_rise() -> None:
    event = make_event()
    shift = make_shift(event)
    reschedule_event(
        event_id=event.pk, starts_at=event.starts_at + timedelta(days=2),
        ends_at=event.ends_at + timedelta(days=2), now=NOW + timedelta(hours=1),
    )  # fmt: skip
    moved = Shift.objects.effective().get(pk=shift.pk)
    assert moved.starts_at == shift.starts_at + timedelta(days=2)
    assert moved.ends_at == shift.ends_at + timedelta(days=2)
    assert (moved.sequence, moved.schedule_rev) == (shift.sequence + 1, shift.schedule_rev + 1)
    assert moved.revision > shift.revision
    assert moved.updated_at == NOW + timedelta(hours=1)


def test_a_shift_of_a_cancelled_event_is_cancelled_by_derivation() -> None:
    event = make_event()
    shift = make_shift(event)
    cancel_event(event_id=event.pk, reason="The roof leaks.", now=NOW)
    derived = Shift.objects.effective().get(pk=shift.pk)
    assert (derived.status, derived.status_reason) == ("cancelled", "The roof leaks.")
    assert derived.own_status == "confirmed"


def test_a_window_finds_shifts_by_their_effective_time() -> None:
    office = make_office()
    event = make_event(office)
    day = timedelta(days=1)
    early = make_shift(event, starts_at=event.starts_at - 13 * day)
    late = make_shift(event, starts_at=event.starts_at + 13 * day)
    alone = make_shift(office=office, starts_at=event.starts_at)
    at = event.starts_at
    found = Shift.objects.effective(at - 13 * day, at - 12 * day)
    assert list(found) == [early]
    assert list(Shift.objects.effective(at, at + day)) == [alone]
    assert list(Shift.objects.effective(at + 12 * day, at + 14 * day)) == [late]


def test_a_shift_at_an_event_has_no_zone_of_its_own() -> None:
    shift = make_shift(make_event())
    zone, later = "America/Chicago", shift.ends_at + timedelta(hours=1)
    edited = shifts.edit_shift(shift_id=shift.pk, changes={"timezone": zone}, now=NOW)
    assert (edited.timezone, edited.revision) == (shift.timezone, shift.revision)
    shifts.edit_shift(shift_id=shift.pk, changes={"timezone": zone, "ends_at": later}, now=NOW)
    assert set(AuditEntry.objects.get(action="shift.rescheduled").changes) == {"ends_at"}


def test_giving_a_shift_back_proves_the_address() -> None:
    claim = make_claim(make_shift(), proven=False)
    claims.release_claim(claim_id=claim.pk, now=NOW)
    assert claim_facts() == ["claim.confirmed", "claim.proven", "claim.released"]


def test_more_room_on_a_shift_promotes() -> None:
    shift = make_shift(capacity=1)
    make_claim(shift)
    claim(shift, "vic@example.org")
    shifts.edit_shift(shift_id=shift.pk, changes={"capacity": 2}, now=NOW)
    assert statuses(shift) == ["confirmed", "confirmed"]


def test_a_shift_far_from_its_event_is_refused() -> None:
    event = make_event()
    with pytest.raises(Refused) as refused:
        make_shift(event, starts_at=event.starts_at - timedelta(days=15))
    assert refused.value.code == "far_from_event"
