"""A feed is added once and trusted: every kind, as calendars read it, and cheap to ask again."""

from datetime import UTC, datetime, timedelta

import pytest

from events.actions import events as event_actions
from events.actions.calling_off import cancel_event
from events.models import Event, EventType
from tests.calendars.readers import read_libical, read_vobject
from tests.factories import make_event, make_role, make_shift
from tests.stories.browser import Browser
from tests.stories.street import Street

#: Thursday, June 11, 2026, 18:30 in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)


@pytest.fixture
def town_hall(street: Street) -> Event:
    """A town hall on a topic with a shift, and a cleanup of another type on another topic."""
    event = make_event(
        street.office, title="Town hall on buses", starts_at=START, venue=street.library,
        topics=[street.topics["legislation"]], now=street.now,
    )  # fmt: skip
    make_shift(event, role=make_role(street.office, "Greeter", now=street.now), now=street.now)
    make_event(
        street.office, title="Creek cleanup", event_type=EventType.COMMUNITY_EVENT,
        starts_at=START + timedelta(days=2), venue=street.library, now=street.now,
        topics=[street.topics["events"]],
    )  # fmt: skip
    return event


def read(path: str) -> list[str]:
    """What two readers that did not write the feed find in it: they must agree."""
    answer = Browser().client.get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    found = read_libical(answer.content)
    facts = [(entry.summary, entry.starts, entry.status, entry.sequence) for entry in found]
    others = read_vobject(answer.content)
    assert facts == [(one.summary, one.starts, one.status, one.sequence) for one in others]
    return [f"{name}, {starts:%m-%d %H:%M} {status}" for name, starts, status, _sequence in facts]


def test_every_kind_of_feed(street: Street, town_hall: Event) -> None:
    hall = "Town hall on buses, 06-12 01:30 CONFIRMED"
    cleanup = "Creek cleanup, 06-14 01:30 CONFIRMED"
    shift = "Greeter: Town hall on buses, 06-12 00:30 CONFIRMED"
    assert {
        path: read(path)
        for path in (
            "/feeds/events.ics", "/feeds/town-halls.ics", "/feeds/shifts.ics",
            "/feeds/topics/legislation.ics", "/feeds/topics/volunteer.ics",
            "/feeds/offices/district-4.ics", "/events/town-hall-on-buses.ics",
            "/feeds/events.ics?type=community_event",
        )
    } == {
        "/feeds/events.ics": [hall, cleanup],
        "/feeds/town-halls.ics": [hall],
        "/feeds/shifts.ics": [shift],
        "/feeds/topics/legislation.ics": [hall],
        "/feeds/topics/volunteer.ics": [],
        "/feeds/offices/district-4.ics": [hall, cleanup],
        "/events/town-hall-on-buses.ics": [hall],
        "/feeds/events.ics?type=community_event": [cleanup],
    }  # fmt: skip


def test_every_list_leads_to_its_own_feed(street: Street, town_hall: Event) -> None:
    ana = street.neighbor("Ana")
    ana.open("/events/?topic=legislation")
    (feed,) = (
        link for label, link in ana.controls.links if label == "Calendar feed of this choice"
    )
    assert read(feed) == ["Town hall on buses, 06-12 01:30 CONFIRMED"]
    ana.open("/feeds/")
    assert {link.split(":")[0] for link in ana.page.links if "events.ics" in link} == {
        "webcal", "https", "http",
    }  # fmt: skip


def test_what_moves_moves_and_what_is_cancelled_stays_as_cancelled(
    street: Street, town_hall: Event
) -> None:
    street.wait(hours=1)
    event_actions.reschedule_event(
        event_id=town_hall.pk, starts_at=START + timedelta(days=1),
        ends_at=START + timedelta(days=1, hours=2), now=street.now,
    )  # fmt: skip
    assert read("/feeds/town-halls.ics") == ["Town hall on buses, 06-13 01:30 CONFIRMED"]
    assert read("/feeds/shifts.ics") == ["Greeter: Town hall on buses, 06-13 00:30 CONFIRMED"]
    cancel_event(event_id=town_hall.pk, reason="The roof leaks.", now=street.now)
    assert read("/feeds/town-halls.ics") == ["Town hall on buses, 06-13 01:30 CANCELLED"]
    assert read("/feeds/shifts.ics") == ["Greeter: Town hall on buses, 06-13 00:30 CANCELLED"]


def test_asking_again_costs_nothing_until_something_changes(
    street: Street, town_hall: Event
) -> None:
    calendar = Browser().client
    first = calendar.get("/feeds/events.ics")
    known = {"If-None-Match": first["ETag"]}
    again = calendar.get("/feeds/events.ics", headers=known)
    assert (again.status_code, again.content) == (304, b"")

    # An RSVP is nothing that the public sees of the event.
    street.neighbor("Ana").rsvp("/events/town-hall-on-buses/")
    assert calendar.get("/feeds/events.ics", headers=known).status_code == 304
    event_actions.edit_event(
        event_id=town_hall.pk, changes={"title": "All about buses"}, now=street.now
    )
    assert calendar.get("/feeds/events.ics", headers=known).status_code == 200
