"""An access request as a piece of work: taken, arranged, refused with reasons, taken back."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from events.actions import access_requests as actions
from events.actions.calling_off import cancel_event, postpone_event, resume_event
from events.actions.events import edit_event
from events.actions.offices import edit_office
from events.actions.rsvps import cancel_rsvp, change_rsvp
from events.errors import Refused
from events.models import (
    RSVP,
    AccessRequest,
    AccessState,
    AuditEntry,
    Event,
    Mode,
    Office,
    Outbox,
    StaffUser,
)
from tests.factories import NOW, make_event, make_office, make_rsvp, make_staff

pytestmark = pytest.mark.django_db(transaction=True)

REFUSAL = {
    "decided_by": "Ana Rivera, council member",
    "reason": "Both interpreters of the county are booked.",
    "instead": "Live captions on a tablet.",
}


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def sam(office: Office) -> StaffUser:
    return make_staff(office)


@pytest.fixture
def event(office: Office) -> Event:
    return make_event(office, mode=Mode.BOTH, capacity=2, remote_capacity=9)


def asked(event: Event, kind: str = "asl", **form: Any) -> AccessRequest:
    return make_rsvp(event, access_needs=[kind], **form).access_requests.get()


def fresh(request: AccessRequest) -> AccessRequest:
    return AccessRequest.objects.select_related("rsvp__event__office", "rsvp__person").get(
        pk=request.pk
    )


def arrange(request: AccessRequest, by: StaffUser, **more: Any) -> AccessRequest:
    return actions.arrange_requests(
        request_ids=[request.pk, *more.pop("others", [])],
        **({"arranged_with": "Two interpreters", "now": NOW, "actor": by} | more),
    )[0]


def facts() -> list[str]:
    return list(
        AuditEntry.objects.filter(action__startswith="access.")
        .order_by("pk")
        .values_list("action", flat=True)
    )


def test_a_request_begins_without_owner_and_answer_and_is_wanted_by_the_offices_notice(
    event: Event,
) -> None:
    request = fresh(asked(event, party_size=2))
    assert (request.state, request.owner, request.companions_there) == ("requested", None, 1)
    assert request.wanted_by.isoformat() == "2026-06-08"
    assert not request.is_late(NOW)
    assert request.is_late(NOW + timedelta(days=8))


def test_when_it_is_wanted_moves_with_the_event_and_with_the_offices_notice(
    event: Event, sam: StaffUser
) -> None:
    request = asked(event)
    later = event.starts_at + timedelta(days=7)
    edit_event(
        event_id=event.pk, now=NOW,
        changes={"starts_at": later, "ends_at": later + timedelta(hours=1)},
    )  # fmt: skip
    assert fresh(request).wanted_by.isoformat() == "2026-06-15"
    edit_office(office_id=event.office_id, changes={"access_notice_days": 5}, now=NOW)
    assert fresh(request).wanted_by.isoformat() == "2026-06-13"


def test_a_request_is_taken_by_who_works_for_the_office(event: Event, sam: StaffUser) -> None:
    request = asked(event)
    actions.assign_request(request_id=request.pk, owner=sam, now=NOW, actor=sam)
    actions.assign_request(request_id=request.pk, owner=sam, now=NOW, actor=sam)
    assert fresh(request).owner == sam
    stranger = make_staff(make_office())
    with pytest.raises(Refused, match="not_of_the_office"):
        actions.assign_request(request_id=request.pk, owner=stranger, now=NOW, actor=sam)
    actions.assign_request(request_id=request.pk, owner=None, now=NOW, actor=sam)
    assert fresh(request).owner is None
    assert facts() == ["access.assigned", "access.assigned"]


def test_what_is_arranged_says_with_what_and_who_arranged_owns_it(
    event: Event, sam: StaffUser
) -> None:
    request = asked(event)
    with pytest.raises(Refused, match="arranged_with_missing"):
        arrange(request, sam, arranged_with="  ")
    arrange(request, sam, arranged_with=" Two interpreters in the front row ")
    row = fresh(request)
    assert (row.state, row.arranged_with) == ("arranged", "Two interpreters in the front row")
    assert (row.owner, row.answered_at) == (sam, NOW)
    (fact,) = AuditEntry.objects.filter(action="access.arranged")
    assert row.answer == fact.operation
    assert (fact.person_id, fact.event_id) == (row.rsvp.person_id, event.pk)
    assert fact.changes == {}
    assert "interpreters" not in str(fact.subjects), "words stand in no fact"
    assert Outbox.objects.filter(operation=fact.operation).exists()


def test_one_interpreter_serves_all_who_asked_for_one_at_the_event(
    event: Event, sam: StaffUser
) -> None:
    first, second = asked(event), asked(event, mode="remote")
    captions = asked(event, "captions", mode="remote")
    elsewhere = asked(make_event(event.office))
    arrange(first, sam, others=[second.pk, captions.pk, elsewhere.pk])
    states = {request.pk: request.state for request in AccessRequest.objects.all()}
    assert states == {
        first.pk: "arranged", second.pk: "arranged",
        captions.pk: "requested", elsewhere.pk: "requested",
    }  # fmt: skip
    assert fresh(first).answer == fresh(second).answer


def test_an_interpreter_speaks_a_language(event: Event, sam: StaffUser) -> None:
    request = asked(event, "interpreter")
    with pytest.raises(Refused, match="language_missing"):
        arrange(request, sam)
    assert arrange(request, sam, language="zh").language == "zh"
    assert arrange(asked(event), sam, language="zh").language == ""


@pytest.mark.parametrize("missing", REFUSAL)
def test_cannot_needs_who_decided_why_and_what_instead(
    event: Event, sam: StaffUser, missing: str
) -> None:
    request = asked(event)
    said = REFUSAL | {missing: " "}
    with pytest.raises(Refused, match=f"{missing}_missing"):
        actions.cannot_arrange(request_id=request.pk, **said, now=NOW, actor=sam)
    assert fresh(request).state == "requested"
    # Nor does the database take it from anybody else.
    columns = REFUSAL | {missing: ""} | {"state": AccessState.CANNOT, "answered_at": NOW}
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRequest.objects.filter(pk=request.pk).update(**columns)


def test_the_database_takes_nothing_as_arranged_that_does_not_say_with_what(event: Event) -> None:
    request = asked(event)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRequest.objects.filter(pk=request.pk).update(
            state=AccessState.ARRANGED, answered_at=NOW, schedule_rev=0
        )


def test_cannot_is_kept_with_all_three_and_nobody_reads_the_words_in_the_database(
    event: Event, sam: StaffUser
) -> None:
    request = asked(event)
    arrange(request, sam)
    answer = fresh(request).answer
    actions.cannot_arrange(request_id=request.pk, **REFUSAL, seen=answer, now=NOW, actor=sam)
    row = fresh(request)
    assert {name: getattr(row, name) for name in REFUSAL} == REFUSAL
    assert (row.state, row.arranged_with) == ("cannot", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason, instead FROM events_accessrequest")
        assert not any("booked" in cell or "captions" in cell for cell in cursor.fetchone())
    assert facts() == ["access.arranged", "access.cannot"]


def test_who_answers_what_somebody_else_has_answered_meanwhile_is_told(
    event: Event, sam: StaffUser
) -> None:
    request = asked(event)
    arrange(request, sam)
    with pytest.raises(Refused, match="access_changed"):
        actions.cannot_arrange(request_id=request.pk, **REFUSAL, now=NOW, actor=sam)
    with pytest.raises(Refused, match="access_changed"):
        arrange(request, sam, seen=uuid4())
    assert fresh(request).state == "arranged"


def test_an_answer_that_is_taken_back_leaves_nothing_behind(event: Event, sam: StaffUser) -> None:
    request = asked(event)
    arrange(request, sam)
    actions.note_told(request_id=request.pk, now=NOW, actor=sam)
    answer = fresh(request).answer
    actions.reopen_request(request_id=request.pk, seen=answer, now=NOW, actor=sam)
    row = fresh(request)
    assert (row.state, row.arranged_with, row.told_at) == ("requested", "", None)
    assert row.answer not in (None, answer)
    assert facts() == ["access.arranged", "access.told", "access.reopened"]
    with pytest.raises(Refused, match="no_answer"):
        actions.note_told(request_id=request.pk, now=NOW, actor=sam)


def test_companions_are_the_rest_of_the_party_until_somebody_counts_them(
    event: Event, sam: StaffUser
) -> None:
    request = asked(event, "wheelchair", party_size=2)
    actions.count_companions(request_id=request.pk, companions=3, now=NOW, actor=sam)
    assert fresh(request).companions_there == 3
    actions.count_companions(request_id=request.pk, companions=None, now=NOW, actor=sam)
    assert fresh(request).companions_there == 1
    with pytest.raises(Refused, match="companions"):
        actions.count_companions(request_id=request.pk, companions=21, now=NOW, actor=sam)


@pytest.mark.parametrize("why", ["event_over", "event_cancelled", "access_gone"])
def test_nothing_is_arranged_where_nothing_comes(event: Event, sam: StaffUser, why: str) -> None:
    request, now = asked(event), NOW
    if why == "event_over":
        now = event.ends_at
    elif why == "event_cancelled":
        cancel_event(event_id=event.pk, reason="Rain", now=NOW)
    else:
        cancel_rsvp(rsvp_id=request.rsvp_id, now=NOW)
    with pytest.raises(Refused, match=why):
        arrange(request, sam, now=now)
    with pytest.raises(Refused, match=why):
        actions.cannot_arrange(request_id=request.pk, **REFUSAL, now=now, actor=sam)
    assert fresh(request).state == "requested"


def test_what_was_arranged_for_another_time_is_to_be_arranged_again(
    event: Event, sam: StaffUser
) -> None:
    request = arrange(asked(event), sam)
    assert list(AccessRequest.objects.arranged()) == [request]
    later = event.starts_at + timedelta(days=7)
    edit_event(
        event_id=event.pk, now=NOW,
        changes={"starts_at": later, "ends_at": later + timedelta(hours=1)},
    )  # fmt: skip
    assert fresh(request).shown_state == "requested"
    assert list(AccessRequest.objects.to_arrange()) == [request]
    assert not AccessRequest.objects.arranged().exists()
    arrange(request, sam, seen=request.answer)
    assert fresh(request).shown_state == "arranged"
    postpone_event(event_id=event.pk, reason="Rain", now=NOW)
    assert not AccessRequest.objects.coming(NOW).exists()
    resume_event(event_id=event.pk, now=NOW)
    assert list(AccessRequest.objects.coming(NOW).to_arrange()) == [request]


def test_what_nobody_worked_on_goes_without_a_trace_and_what_is_arranged_is_called_off(
    event: Event, sam: StaffUser
) -> None:
    rsvp = make_rsvp(event, access_needs=["asl", "captions", "wheelchair"])
    asl, captions, _wheelchair = rsvp.needs
    arrange(asl, sam)
    actions.assign_request(request_id=captions.pk, owner=sam, now=NOW, actor=sam)
    change_rsvp(rsvp_id=rsvp.pk, party_size=1, mode="in_person", access_needs=["other"], now=NOW)
    kept = {request.kind: request.state for request in AccessRequest.objects.all()}
    assert kept == {"asl": "withdrawn", "captions": "withdrawn", "other": "requested"}
    assert [request.kind for request in RSVP.objects.get(pk=rsvp.pk).needs] == ["other"]
    assert list(AccessRequest.objects.to_call_off()) == [asl]
    # Who needs it after all asks anew.
    change_rsvp(rsvp_id=rsvp.pk, party_size=1, mode="in_person", access_needs=["asl"], now=NOW)
    states = rsvp.access_requests.filter(kind="asl").order_by("pk")
    assert [request.state for request in states] == ["withdrawn", "requested"]


def test_a_guest_who_comes_no_more_has_what_was_arranged_called_off(
    event: Event, sam: StaffUser
) -> None:
    request = arrange(asked(event), sam)
    assert list(AccessRequest.objects.wanted()) == [request]
    cancel_rsvp(rsvp_id=request.rsvp_id, now=NOW)
    assert not AccessRequest.objects.wanted().exists()
    assert list(AccessRequest.objects.to_call_off()) == [request]


def test_what_is_still_needed_is_not_called_off(event: Event, sam: StaffUser) -> None:
    request = arrange(asked(event), sam)
    with pytest.raises(Refused, match="still_needed"):
        actions.note_called_off(request_id=request.pk, now=NOW, actor=sam)
    cancel_rsvp(rsvp_id=request.rsvp_id, now=NOW)
    for _time in range(2):
        actions.note_called_off(request_id=request.pk, now=NOW, actor=sam)
    assert (fresh(request).state, fresh(request).arranged_with) == ("withdrawn", "")
    assert facts() == ["access.arranged", "access.called_off"]


def test_a_guest_who_takes_part_another_way_keeps_what_is_arranged(
    event: Event, sam: StaffUser
) -> None:
    request = arrange(asked(event, party_size=2), sam)
    moved = change_rsvp(rsvp_id=request.rsvp_id, party_size=2, mode="remote", now=NOW)
    assert moved.pk != request.rsvp_id
    assert list(AccessRequest.objects.wanted()) == [request]
    assert fresh(request).rsvp == moved
    assert fresh(request).state == "arranged"


def test_who_waits_for_the_room_asks_once_with_the_place_online(
    event: Event, sam: StaffUser
) -> None:
    first = make_rsvp(event, party_size=2)
    request = asked(event, mode="remote")
    waits = change_rsvp(rsvp_id=request.rsvp_id, party_size=1, mode="in_person", now=NOW)
    assert waits.upgrade_of_id == request.rsvp_id
    assert list(AccessRequest.objects.wanted()) == [request]
    # Both say the same, whichever is changed.
    for row, kinds in ((waits, ["asl", "captions"]), (request.rsvp, ["asl"])):
        change_rsvp(rsvp_id=row.pk, party_size=1, mode=row.mode, access_needs=kinds, now=NOW)
        assert [one.kind for one in RSVP.objects.get(pk=waits.pk).needs] == kinds
        assert [one.kind for one in RSVP.objects.get(pk=request.rsvp_id).needs] == kinds
    arrange(request, sam)
    cancel_rsvp(rsvp_id=first.pk, now=NOW)
    assert RSVP.objects.get(pk=waits.pk).is_confirmed
    assert list(AccessRequest.objects.wanted()) == [request]
    assert (fresh(request).rsvp, fresh(request).state) == (waits, "arranged")


def test_what_the_public_sees_of_it_raises_the_events_revision(
    event: Event, sam: StaffUser
) -> None:
    def revision() -> int:
        return Event.objects.values_list("revision", flat=True).get(pk=event.pk)

    before = revision()
    arrange(asked(event, "wheelchair"), sam)
    assert revision() == before
    request = arrange(asked(event), sam)
    assert revision() == before + 1
    actions.reopen_request(request_id=request.pk, seen=request.answer, now=NOW, actor=sam)
    assert revision() == before + 2
    request = arrange(request, sam, seen=fresh(request).answer)
    cancel_rsvp(rsvp_id=request.rsvp_id, now=NOW)
    assert revision() == before + 4
    other = arrange(asked(event, mode="remote"), sam)
    change_rsvp(rsvp_id=other.rsvp_id, party_size=1, mode="remote", access_needs=[], now=NOW)
    assert revision() == before + 6
    assert not AccessRequest.objects.shown_to_all().exists()
