"""Who came; and whom staff write down by phone."""

from datetime import timedelta

import pytest

from events.actions.events import reschedule_event
from events.actions.people import person_with_email, person_without_email
from events.errors import Refused
from events.models import AuditEntry, Person
from tests.factories import (
    NOW,
    make_claim,
    make_event,
    make_office,
    make_shift,
    make_staff,
)
from volunteers.actions.claims import claim_shift, release_claim, set_attended
from volunteers.actions.shifts import cancel_shift, edit_shift
from volunteers.models import Shift, ShiftClaim

pytestmark = pytest.mark.django_db

HOUR, DAYS = timedelta(hours=1), timedelta(days=9)

#: 2026-06-09, a quarter past midnight in Los Angeles: the day of the shift, hours before it.
DAY = NOW + timedelta(days=7, hours=15, minutes=15)


def attended(claim: ShiftClaim) -> bool | None:
    claim.refresh_from_db()
    return claim.attended


def test_attendance_is_written_down_from_the_local_day_of_the_shift_on() -> None:
    shift = make_shift()
    claim = make_claim(shift)
    with pytest.raises(Refused, match="too_early"):
        set_attended(claim_id=claim.pk, attended=True, now=DAY - timedelta(minutes=20))
    assert attended(claim) is None
    set_attended(claim_id=claim.pk, attended=True, now=DAY)
    assert attended(claim) is True
    set_attended(claim_id=claim.pk, attended=None, now=DAY)
    assert attended(claim) is None


def test_the_same_answer_twice_is_one_fact() -> None:
    claim = make_claim(make_shift())
    staff = make_staff(claim.shift.office)
    for _time in range(2):
        set_attended(claim_id=claim.pk, attended=False, now=DAY, actor=staff)
    fact = AuditEntry.objects.get(action="claim.attended")
    assert (fact.staff, fact.person_id, fact.subjects) == (
        staff, claim.person_id, {"shift": claim.shift_id, "claim": claim.pk},
    )  # fmt: skip
    # Whether somebody came is nobody's business in the trail of facts.
    assert fact.changes == {"attended": None}


def test_only_who_is_on_a_shift_that_took_place_can_have_come() -> None:
    shift = make_shift(capacity=1)
    gone, waits = make_claim(shift), make_claim(shift)
    release_claim(claim_id=gone.pk, now=NOW)
    off = make_claim(make_shift())
    cancel_shift(shift_id=off.shift_id, reason="Not needed.", now=NOW)
    late = make_claim(shift)
    for claim, code in ((gone, "no_place"), (late, "no_place"), (off, "shift_off")):
        with pytest.raises(Refused, match=code):
            set_attended(claim_id=claim.pk, attended=True, now=DAY)
    # Who moved up has a place to come to.
    set_attended(claim_id=waits.pk, attended=True, now=DAY)


def test_who_came_on_one_day_has_not_come_on_the_new_one() -> None:
    event = make_event()
    at_event, alone = make_shift(event), make_shift(office=event.office)
    present, away, by_itself = make_claim(at_event), make_claim(at_event), make_claim(alone)
    now = event.starts_at
    for claim, came in ((present, True), (away, False), (by_itself, True)):
        set_attended(claim_id=claim.pk, attended=came, now=now)
    later = {"starts_at": event.starts_at + HOUR, "ends_at": event.ends_at + HOUR}
    reschedule_event(event_id=event.pk, now=now, **later)
    assert (attended(present), attended(away)) == (True, False), "an hour later is the same day"
    reschedule_event(event_id=event.pk, now=now, **{k: v + DAYS for k, v in later.items()})
    assert (attended(present), attended(away)) == (None, None)
    assert attended(by_itself) is True
    times = Shift.objects.effective().get(pk=alone.pk)
    moved = {"starts_at": times.starts_at + DAYS, "ends_at": times.ends_at + DAYS}
    edit_shift(shift_id=alone.pk, changes=moved, now=now)
    assert attended(by_itself) is None
    assert AuditEntry.objects.filter(action="claim.attended").count() == 6


def test_an_overlap_that_staff_meet_is_no_fact_to_tell() -> None:
    office = make_office()
    staff = make_staff(office)
    taken, wanted = make_shift(office=office), make_shift(office=office)
    make_claim(taken, email="ana@example.org")
    facts = {"shift_id": wanted.pk, "name": "Ana", "email": "ana@example.org", "now": NOW}
    assert claim_shift(**facts, actor=staff).result == "overlap"
    assert not AuditEntry.objects.filter(action="claim.refused").exists()
    assert claim_shift(**facts).result == "overlap"
    assert AuditEntry.objects.filter(action="claim.refused").count() == 1


def test_a_name_in_capitals_is_the_same_name_in_every_language() -> None:
    angela = person_without_email(name="Ángela Ñúñez", phone="555-010-0112", at=NOW)
    assert person_without_email(name="ÁNGELA  ÑÚÑEZ", phone="5550100112", at=NOW) == angela


def test_one_name_at_one_number_is_one_person() -> None:
    ana = person_without_email(name="Ana Reyes", phone="(555) 010-0112", at=NOW)
    assert person_without_email(name="ana reyes", phone="555 010 0112", at=NOW) == ana
    others = {
        person_without_email(name="Ana Reyes", phone="555-010-0113", at=NOW).pk,
        person_without_email(name="Luis Reyes", phone="555-010-0112", at=NOW).pk,
        person_without_email(name="Ana Reyes", postal_address="1 Main Street", at=NOW).pk,
        person_with_email("ana@example.org", name="Ana Reyes", at=NOW).pk,
    }
    assert len(others | {ana.pk}) == 5
    by_post = person_without_email(name="Ana Reyes", postal_address="1 Main Street", at=NOW)
    assert by_post.pk in others
    assert Person.objects.count() == 5


def test_who_has_a_phone_alone_is_not_in_two_places_at_one_time() -> None:
    office = make_office()
    staff = make_staff(office)
    by_phone = {"name": "Ana", "phone": "555-010-0112", "now": NOW, "actor": staff}
    alone = make_shift(office=office)
    at_event = make_shift(make_event(office, starts_at=alone.ends_at))
    results = [claim_shift(shift_id=s.pk, **by_phone).result for s in (alone, at_event)]
    assert results == ["confirmed", "overlap"]
