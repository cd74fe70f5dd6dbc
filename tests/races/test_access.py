"""Two hands on one access request, on real PostgreSQL: one answer counts, and nobody deadlocks."""

import pytest

from events.actions.access_requests import arrange_requests, cannot_arrange, reopen_request
from events.actions.rsvps import cancel_rsvp, change_rsvp
from events.errors import Refused
from events.models import AccessRequest, AuditEntry, Event, Mode
from tests.factories import NOW, make_event, make_rsvp, make_staff
from tests.races.test_letters import at_once, failures

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_of_several_answers_at_once_one_counts_and_the_others_are_told() -> None:
    event = make_event()
    request = make_rsvp(event, access_needs=["asl"]).access_requests.get()
    hands = [make_staff(event.office) for _number in range(4)]

    def arrange(number: int) -> AccessRequest:
        return arrange_requests(
            request_ids=[request.pk], arranged_with=f"Interpreter {number}", now=NOW,
            actor=hands[number],
        )[0]  # fmt: skip

    def refuse(number: int) -> AccessRequest:
        return cannot_arrange(
            request_id=request.pk, decided_by="Ana", reason="None is free.", instead="Captions.",
            now=NOW, actor=hands[number],
        )  # fmt: skip

    results = at_once(lambda: arrange(0), lambda: refuse(1), lambda: arrange(2), lambda: refuse(3))
    assert [one.code for one in results if isinstance(one, Refused)] == ["access_changed"] * 3
    (won,) = [one for one in results if isinstance(one, AccessRequest)]
    row = AccessRequest.objects.get()
    assert (row.state, row.answer, row.arranged_with) == (won.state, won.answer, won.arranged_with)
    assert AuditEntry.objects.filter(action__startswith="access.").count() == 1


def test_guests_change_their_minds_while_staff_arrange_and_nobody_deadlocks() -> None:
    event = make_event(mode=Mode.BOTH, remote_capacity=20)
    sam = make_staff(event.office)
    rsvps = [make_rsvp(event, access_needs=["asl", "captions"]) for _number in range(4)]
    asked = list(AccessRequest.objects.filter(kind="asl").order_by("pk"))

    def arrange_all() -> None:
        arrange_requests(
            request_ids=[one.pk for one in asked], arranged_with="Two", now=NOW, actor=sam
        )
        reopen_request(
            request_id=asked[0].pk, seen=AccessRequest.objects.get(pk=asked[0].pk).answer,
            now=NOW, actor=sam,
        )  # fmt: skip

    results = at_once(
        arrange_all,
        lambda: change_rsvp(rsvp_id=rsvps[1].pk, party_size=1, mode="remote", now=NOW),
        lambda: change_rsvp(
            rsvp_id=rsvps[2].pk, party_size=1, mode="in_person", access_needs=["captions"], now=NOW
        ),
        lambda: cancel_rsvp(rsvp_id=rsvps[3].pk, now=NOW),
    )
    assert failures(results) == []
    wanted = AccessRequest.objects.wanted()
    assert wanted.filter(kind="captions").count() == 3
    assert {one.state for one in wanted.filter(kind="asl")} == {"requested", "arranged"}
    # What is arranged for who needs it no more is called off; nothing is lost between the hands.
    assert all(one.arranged_with for one in AccessRequest.objects.to_call_off())
    assert Event.objects.get().taken == 2
