"""Invitations: what the mail carries is what the calendar needs, and the same each time."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from events.actions import events as actions
from events.actions.calling_off import cancel_event
from events.actions.rsvps import cancel_rsvp
from events.models import RSVP, Event, Office
from notifications.calendars.invitations import claim_invitation, rsvp_invitation
from notifications.calendars.vevent import Method
from notifications.message import CalendarPart
from tests import factories
from tests.calendars import readers
from tests.factories import NOW
from volunteers.actions.claims import release_claim
from volunteers.models import Shift

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def office() -> Office:
    return factories.make_office(name="Office of Ana Ruiz", sender_address="office@example.org")


def invite(rsvp: RSVP, method: Method = "REQUEST") -> CalendarPart:
    rsvp.refresh_from_db()
    event = Event.objects.with_all_shown().get(pk=rsvp.event_id)
    return rsvp_invitation(rsvp, event, method=method)


def lines(part: CalendarPart, *names: str) -> list[str]:
    text = part.content.replace(b"\r\n ", b"").decode()
    return re.findall(rf"^((?:{'|'.join(names)})[;:].*)\r$", text, re.M)


def only(part: CalendarPart) -> readers.Seen:
    (seen,) = readers.read_libical(part.content)
    assert readers.read_vobject(part.content) == [seen]
    assert readers.libical_verdict(part.content) == (1, 0)
    return seen


def test_an_invitation_is_the_feeds_event_for_one_attendee(office: Office) -> None:
    event = factories.make_event(office, title="Rent")
    rsvp = factories.make_rsvp(event, email="ana@example.org", name="Ana Reyes", now=NOW + HOUR)
    part = invite(rsvp)
    seen = only(part)
    assert part.method == "REQUEST"
    assert (seen.uid, seen.sequence, seen.starts, seen.ends, seen.status, seen.summary) == (
        event.uid, 0, event.starts_at, event.ends_at, "CONFIRMED", "Rent",
    )  # fmt: skip
    assert seen.dtstamp == NOW + HOUR  # of the RSVP, which is later than the event's
    assert lines(part, "METHOD", "ORGANIZER", "ATTENDEE", "TRANSP") == [
        "METHOD:REQUEST",
        "TRANSP:OPAQUE",
        'ORGANIZER;CN="Office of Ana Ruiz":mailto:office@example.org',
        'ATTENDEE;CN="Ana Reyes";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;'
        "RSVP=FALSE:mailto:ana@example.org",
    ]


def test_a_retry_sends_the_same_bytes(office: Office) -> None:
    rsvp = factories.make_rsvp(factories.make_event(office))
    assert invite(rsvp) == invite(rsvp)


def test_a_move_raises_sequence_and_stamp(office: Office) -> None:
    event = factories.make_event(office)
    rsvp = factories.make_rsvp(event)
    actions.reschedule_event(
        event_id=event.pk,
        starts_at=event.starts_at + HOUR,
        ends_at=event.ends_at + HOUR,
        now=NOW + HOUR,
    )
    seen = only(invite(rsvp))
    assert (seen.sequence, seen.starts, seen.dtstamp) == (1, event.starts_at + HOUR, NOW + HOUR)


def test_a_cancelled_event_cancels_with_a_higher_sequence(office: Office) -> None:
    event = factories.make_event(office)
    rsvp = factories.make_rsvp(event)
    cancel_event(event_id=event.pk, reason="Flooded.", now=NOW + HOUR)
    part = invite(rsvp, "CANCEL")
    seen = only(part)
    assert (part.method, seen.uid, seen.sequence, seen.status, seen.dtstamp) == (
        "CANCEL", event.uid, 1, "CANCELLED", NOW + HOUR,
    )  # fmt: skip
    assert lines(part, "METHOD") == ["METHOD:CANCEL"]


def test_ones_own_cancellation_and_return_are_told_apart_by_their_stamp(office: Office) -> None:
    event = factories.make_event(office)
    first = factories.make_rsvp(event, email="ana@example.org")
    cancel_rsvp(rsvp_id=first.pk, now=NOW + HOUR)
    off = only(invite(first, "CANCEL"))
    again = factories.make_rsvp(event, email="ana@example.org", now=NOW + 2 * HOUR)
    back = only(invite(again))
    assert (off.sequence, off.status, off.dtstamp) == (0, "CANCELLED", NOW + HOUR)
    assert (back.sequence, back.status, back.dtstamp) == (0, "CONFIRMED", NOW + 2 * HOUR)
    assert off.uid == back.uid == event.uid
    assert "waitlist" not in off.description + back.description


def test_where_places_online_are_scarce_only_who_has_one_is_told_how(office: Office) -> None:
    event = factories.make_event(
        office, mode="both", remote_url="https://meet.example/r", remote_capacity=5
    )
    online = only(invite(factories.make_rsvp(event, mode="remote")))
    room = only(invite(factories.make_rsvp(event, mode="in_person")))
    assert "https://meet.example/r" in online.description
    assert "https://meet.example/r" not in room.description


def test_an_invitation_speaks_the_active_language(office: Office) -> None:
    words: dict[str, Any] = {"es": {"title": "Alquiler", "description": "Venga."}}
    event = factories.make_event(office, title="Rent", translations=words)
    rsvp = factories.make_rsvp(event)
    with override("es"):
        seen = only(invite(rsvp))
    assert (seen.summary, seen.url) == (
        "Alquiler", f"http://testserver/es/events/{event.slug}/",
    )  # fmt: skip
    manage = re.search(r"^Cambiar o cancelar: (\S+)$", seen.description, re.M)
    assert manage
    assert f"/rsvps/{rsvp.pk}." in manage[1]
    assert manage[1].endswith("?lang=es")


def test_a_shift_invites_and_cancels_under_its_own_uid(office: Office) -> None:
    shift = factories.make_shift(office=office)
    claim = factories.make_claim(shift, email="vic@example.org")
    known = Shift.objects.filter(pk=shift.pk).effective().with_all_shown().get()
    seen = only(claim_invitation(claim, known, method="REQUEST"))
    assert (seen.uid, seen.starts, seen.status) == (shift.uid, known.starts_at, "CONFIRMED")
    release_claim(claim_id=claim.pk, now=NOW + HOUR)
    claim.refresh_from_db()
    seen = only(claim_invitation(claim, known, method="CANCEL"))
    assert (seen.uid, seen.status, seen.dtstamp) == (shift.uid, "CANCELLED", NOW + HOUR)


def test_nobody_without_an_address_is_invited(office: Office) -> None:
    rsvp = factories.make_rsvp(factories.make_event(office))
    rsvp.person.email = None
    with pytest.raises(ValueError, match="no invitation"):
        rsvp_invitation(rsvp, rsvp.event, method="REQUEST")
