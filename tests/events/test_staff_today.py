"""The desk's first page: what is broken, what waits, what comes, and at first where to begin."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.actions.calling_off import cancel_event, postpone_event
from events.models import Mode, Office, Role
from notifications.delivery.holds import hold
from notifications.models import Tick
from notifications.planning import plan_outbox
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_rsvp, make_staff
from tests.notifications.mailing import make_letter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(make_staff(office))


def test_a_new_office_is_told_where_to_begin(desk: Desk) -> None:
    shown = desk.see("staff")
    for step in ("Create your first event", "Bring your calendar", "Bring in old letters"):
        assert step in shown.text
    for address in ("/staff/events/new/", "/staff/calendar/", "/staff/letters/new/"):
        assert address in shown.links
    assert "Say how to reach your office Done" in shown.text


def test_an_editor_is_not_sent_to_what_they_may_not_do(office: Office) -> None:
    shown = Desk(make_staff(office, role=Role.EDITOR)).see("staff")
    assert "Create your first event" in shown.text
    assert "Add a colleague" not in shown.text
    assert "/staff/members/" not in shown.links


def test_what_comes_is_shown_with_how_full_it_is(desk: Desk, office: Office) -> None:
    event = make_event(office, title="Budget", capacity=2, mode=Mode.BOTH, remote_capacity=9)
    make_rsvp(event, party_size=2)
    make_rsvp(event)
    make_event(office, title="Over", starts_at=NOW - timedelta(days=2))
    cancel_event(event_id=make_event(office, title="Off").pk, reason="Rain", now=NOW)
    text = desk.see("staff").text
    assert "Budget Thursday, June 11, 6:30–8:00 p.m. PDT (in 10 days)" in text
    assert "2 of 2 in the room 0 of 9 online 1 waits" in text
    assert "Over" not in text
    assert "Off " not in text


def test_access_is_listed_by_when_it_is_due_and_late_ones_say_so(
    desk: Desk, office: Office
) -> None:
    later = make_event(office, title="Later")
    soon = make_event(office, title="Soon", starts_at=NOW + timedelta(days=1))
    make_rsvp(later, access_needs=["asl"])
    make_rsvp(later, access_needs=["asl", "captions"])
    make_rsvp(soon, access_needs=["wheelchair"])
    text = desk.see("staff").text
    assert (
        "Access to arrange Little time left Soon Wheelchair space By Monday, June 8 Later "
        "2 × American Sign Language interpreter, Live captions"
    ) in text


def test_drafts_and_what_waits_for_a_new_date_are_shown(desk: Desk, office: Office) -> None:
    make_event(office, title="Half written", post=False)
    movie = make_event(office, title="Movie night")
    make_rsvp(movie)
    postpone_event(event_id=movie.pk, reason="Rain", now=NOW)
    text = desk.see("staff").text
    assert "Events not posted yet Half written" in text
    assert "Waiting for a new date Movie night 1 guest waits to hear." in text


def test_the_page_is_never_empty(desk: Desk, office: Office) -> None:
    make_letter(office)
    make_event(office, starts_at=NOW - timedelta(days=9))
    assert "Nothing waits for you" in desk.see("staff").text


def test_mail_that_does_not_go_out_is_said_first_with_since_and_why(
    desk: Desk, office: Office
) -> None:
    assert "Mail is not going out" not in desk.see("staff").text
    hold(office_id=None, reason="535 Authentication failed", now=NOW - timedelta(hours=2))
    text = desk.see("staff").text
    assert (
        "Mail is not going out Since Monday, June 1, 2026, 7:00 a.m. PDT , because the mail server "
        "refuses it: 535 Authentication failed"
    ) in text


def test_a_hold_on_another_offices_sender_is_not_ours(desk: Desk) -> None:
    hold(office_id=make_office().pk, reason="550 not yours", now=NOW)
    assert "550" not in desk.see("staff").text


@pytest.mark.parametrize("planned", [True, False], ids=["planned", "not even planned"])
def test_a_message_that_should_have_gone_is_said(desk: Desk, office: Office, planned: bool) -> None:
    make_rsvp(make_event(office))
    if planned:
        plan_outbox(now=NOW)
    with at(NOW + timedelta(minutes=10)):
        assert "Mail is not going out" not in desk.see("staff").text
    with at(NOW + timedelta(minutes=30)):
        text = desk.see("staff").text
    assert "The oldest message should have gone out on Monday, June 1, 2026, 9:00 a.m." in text
    assert ("1 message waits. Nothing is lost" in text) == planned


def test_a_clock_that_stands_still_is_said(desk: Desk) -> None:
    Tick.objects.create(at=NOW - timedelta(hours=1))
    assert "The program’s own clock stands still" in desk.see("staff").text


def test_the_page_costs_the_same_for_2_events_and_for_20(desk: Desk, office: Office) -> None:
    def fill(count: int) -> None:
        for number in range(count):
            event = make_event(office, translations={"es": {"title": "Hola", "description": ""}})
            make_rsvp(event, access_needs=["asl"])
            make_event(office, post=False)
            if number % 2:
                postpone_event(event_id=make_event(office).pk, reason="Rain", now=NOW)

    costs = []
    for count in (2, 18):
        fill(count)
        with CaptureQueriesContext(connection) as queries:
            desk.see("staff")
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert costs[1] <= 30
