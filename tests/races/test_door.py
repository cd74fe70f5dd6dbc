"""Several doors of one event at the same moment, on real PostgreSQL."""

from uuid import UUID, uuid4

import pytest

from events.actions import door
from events.actions.offices import edit_venue
from events.actions.rsvps import cancel_rsvp
from events.errors import Refused
from events.models import AuditEntry, Entry
from tests.factories import NOW, make_event, make_rsvp, make_staff
from tests.races.test_letters import at_once, failures

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

DOORS = 4


def test_doors_count_a_party_once_a_tap_once_and_stop_at_the_sign() -> None:
    event = make_event(capacity=None)
    assert event.venue is not None
    edit_venue(venue_id=event.venue.pk, changes={"posted_occupancy": 8}, now=NOW)
    guest = make_rsvp(event, party_size=3)
    hands = [make_staff(event.office) for _number in range(DOORS)]

    def check(number: int, tap: UUID) -> Entry:
        return door.check_in(
            event_id=event.pk, rsvp_id=guest.pk, people=3, seen=0, tap=tap,
            now=event.starts_at, actor=hands[number],
        )  # fmt: skip

    def count(number: int, people: int, tap: UUID) -> Entry:
        return door.walk_in(
            event_id=event.pk, people=people, tap=tap, now=event.starts_at, actor=hands[number]
        )

    taps = [uuid4() for _number in range(DOORS)]
    results = at_once(*[lambda n=n: check(n, taps[n]) for n in range(DOORS)])  # type: ignore[misc]
    said = [one.code for one in results if isinstance(one, Refused)]
    assert said == ["checked_in_meanwhile"] * (DOORS - 1)
    assert door.inside(event) == 3

    tap = uuid4()
    results = at_once(*[lambda n=n: count(n, 2, tap) for n in range(DOORS)])  # type: ignore[misc]
    assert failures(results) == []
    assert (len({one.pk for one in results}), door.inside(event)) == (1, 5)

    # Three more may come in, and two doors let in two each.
    results = at_once(lambda: count(0, 2, uuid4()), lambda: count(1, 2, uuid4()))
    assert [one.code for one in results if isinstance(one, Refused)] == ["occupancy"]
    assert door.inside(event) == 7

    # Two hands take the same entry back, and the guest cancels meanwhile.
    entry = Entry.objects.get(rsvp=guest)

    def back(number: int) -> Entry:
        return door.take_back(
            event_id=event.pk, entry_id=entry.pk, now=event.starts_at, actor=hands[number]
        )

    results = at_once(
        lambda: back(0), lambda: back(1), lambda: cancel_rsvp(rsvp_id=guest.pk, now=event.starts_at)
    )
    # The guest may have been first, and is told to tell the door.
    assert {one.code for one in failures(results)} <= {"inside"}
    assert door.inside(event) == 4
    assert AuditEntry.objects.filter(action="entry.undone").count() == 1
