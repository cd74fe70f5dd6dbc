"""Two hands at once at the desk and at the first start, on real PostgreSQL."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.actions.events import EventDraft, create_event
from events.actions.line import lock_event
from events.actions.offices import open_first_office, remove_staff, save_topic
from events.actions.people import person_without_email
from events.actions.series import create_series, extend_series
from events.audit import operation
from events.errors import Refused
from events.models import Event, EventType, Membership, Office, Person, Series, StaffUser, Venue
from tests.factories import (
    LOS_ANGELES,
    NOW,
    make_event,
    make_office,
    make_staff,
    make_topic,
    make_venue,
)
from tests.races.test_changes import in_a_thread
from tests.races.test_letters import at_once, failures

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def weekly(office: Office, venue: Venue, now: datetime = NOW) -> Series:
    begins = datetime(2026, 6, 5, 1, 30, tzinfo=UTC)
    draft = EventDraft(
        title="Town hall", event_type=EventType.TOWN_HALL, starts_at=begins,
        ends_at=begins + timedelta(hours=1), timezone=LOS_ANGELES, venue=venue,
    )  # fmt: skip
    return create_series(office=office, draft=draft, rule="FREQ=WEEKLY", post=True, now=now)


def test_a_site_is_opened_once() -> None:
    def open_it(number: int) -> Any:
        return lambda: open_first_office(
            manager_email=f"rosa{number}@example.org", manager_name="Rosa", password="long enough",
            topics=[{"slug": "events", "name": "Events"}], now=NOW,
            slug=f"rivera-{number}", name="Office", timezone=LOS_ANGELES,
        )  # fmt: skip

    results = at_once(*(open_it(number) for number in range(6)))
    assert len([one for one in results if isinstance(one, Office)]) == 1
    refused = [one for one in results if isinstance(one, Refused)]
    assert [one.code for one in refused] == ["office_exists"] * 5
    assert (Office.objects.count(), StaffUser.objects.count()) == (1, 1)


def test_two_series_of_one_title_have_an_address_for_every_date() -> None:
    office = make_office()
    venue = make_venue(office)
    results = at_once(*[lambda: weekly(office, venue)] * 2)
    assert failures(results) == []
    slugs = [sorted(s.events.values_list("slug", flat=True)) for s in results]
    first, second = sorted(slugs, key=lambda found: len(found[0]))
    assert first[:2] == ["town-hall-2026-06-04", "town-hall-2026-06-11"]
    assert second == [f"{slug}-2" for slug in first]


def test_a_series_is_extended_while_another_one_of_its_title_begins() -> None:
    office = make_office()
    venue = make_venue(office)
    first = weekly(office, venue)
    later = NOW + timedelta(days=70)
    results = at_once(lambda: extend_series(now=later), lambda: weekly(office, venue, now=later))
    assert failures(results) == []
    assert (results[0], first.events.count()) == (10, 62)
    assert results[1].events.count() == 62


def test_one_caller_written_down_by_two_hands_is_one_person() -> None:
    def write_down() -> Person:
        with operation(at=NOW):
            person = person_without_email(name="Dolores Vega", phone="555-0171", at=NOW)
            # Long enough for the others to have looked as well.
            time.sleep(0.3)
        return person

    results = at_once(*[write_down] * 4)
    assert failures(results) == []
    assert len({person.pk for person in results}) == 1


def test_two_events_of_one_title_have_an_address_each() -> None:
    office = make_office()
    venue = make_venue(office)

    def write() -> Event:
        draft = EventDraft(
            title="Town hall", event_type=EventType.TOWN_HALL, starts_at=NOW,
            ends_at=NOW + timedelta(hours=1), timezone=LOS_ANGELES, venue=venue,
        )  # fmt: skip
        return create_event(office=office, draft=draft, post=True, now=NOW)

    results = at_once(write, write)
    assert failures(results) == []
    assert {event.slug for event in results} == {"town-hall", "town-hall-2"}


def test_a_topic_that_is_renamed_while_an_event_takes_it_on_is_no_deadlock() -> None:
    topic = make_topic("housing")
    event = make_event(topics=[topic])
    other = make_event(event.office)
    renamed = threading.Event()

    def rename() -> None:
        save_topic(slug="housing", name="Homes", now=NOW)
        renamed.set()

    with operation(at=NOW):
        lock_event(event.pk)
        # It waits for the event, with the topic in hand.
        thread = in_a_thread(rename)
        assert not renamed.wait(1)
        edited = Event.objects.get(pk=other.pk)
        edited.topics.set([topic])
    thread.join(20)
    assert renamed.is_set()
    topic.refresh_from_db()
    assert topic.name == "Homes"


def test_two_managers_cannot_leave_at_once() -> None:
    office = make_office()
    for _number in range(2):
        make_staff(office)
    keys = list(Membership.objects.filter(office=office).values_list("pk", flat=True))
    results = at_once(
        *(lambda key=key: remove_staff(membership_id=key, now=NOW) for key in keys)  # type: ignore[misc]
    )
    assert [one.code for one in results if isinstance(one, Refused)] == ["last_manager"]
    assert Membership.objects.filter(office=office).count() == 1
