"""Reads with several callers: filters, pages, days, moves."""

from datetime import date, timedelta

import pytest
from django.http import QueryDict
from django.test import Client

from events import queries
from events.actions.calling_off import postpone_event
from events.actions.events import edit_event, post_event, reschedule_event
from events.actions.offices import edit_venue
from events.errors import Refused
from events.models import Event
from tests.clock import at
from tests.factories import NOW, make_event, make_office, make_rsvp, make_topic, make_venue
from tests.pages import page

pytestmark = pytest.mark.django_db


def listed(query: str) -> list[str]:
    return [event.title for event in queries.filtered_events(QueryDict(query), NOW)]


def test_filtered_events_are_the_posted_ones_still_to_come_soonest_first() -> None:
    office = make_office()
    make_event(office, title="Draft", post=False)
    make_event(office, title="Later", starts_at=NOW + timedelta(days=30))
    make_event(office, title="Soon", starts_at=NOW + timedelta(days=3))
    make_event(office, title="Going on", starts_at=NOW - timedelta(minutes=30))
    make_event(office, title="Yesterday", starts_at=NOW - timedelta(days=1))
    make_event(office, title="Last year", starts_at=NOW - timedelta(days=365))
    assert listed("") == listed("when=upcoming") == ["Going on", "Soon", "Later"]
    assert listed("when=past") == ["Yesterday", "Last year"]


def test_filters_narrow_by_type_topic_office_and_words_together() -> None:
    ours, theirs = make_office(slug="ours"), make_office(slug="theirs")
    roads = make_topic("roads")
    make_event(ours, title="A", event_type="hearing", topics=[roads])
    make_event(theirs, title="B", topics=[roads], cohosts=[ours], description="bike lanes")
    make_event(theirs, title="C", description="bike lanes")
    assert listed("type=hearing") == ["A"]
    assert listed("topic=roads") == ["A", "B"]
    assert listed("office=ours") == ["A", "B"]
    assert listed("office=theirs&q=bike+lanes") == ["B", "C"]
    assert listed("office=ours&topic=roads&q=bike&type=town_hall") == ["B"]
    assert listed("topic=no-such-topic") == listed("office=nobody") == []


def test_an_event_with_several_topics_and_cohosts_is_listed_once() -> None:
    office, other = make_office(slug="one"), make_office(slug="two")
    topics = [make_topic("a"), make_topic("b")]
    make_event(office, title="A", topics=topics, cohosts=[office, other])
    assert listed("topic=a&office=two") == ["A"]
    assert listed("office=one") == ["A"]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [("type=party", "unknown_type", "type"), ("when=soon", "unknown_when", "when")],
)
def test_a_filter_that_cannot_be_is_refused(query: str, code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        queries.read_filters(QueryDict(query))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_the_feed_of_a_choice_has_its_filters_and_no_time() -> None:
    asked = QueryDict("q=caf%C3%A9+%26+t%C3%A9&topic=&when=past&type=hearing&offset=20")
    filters = queries.read_filters(asked)
    assert filters.query() == "type=hearing&q=caf%C3%A9+%26+t%C3%A9"
    assert filters.past


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "offset=-1", "offset=10001", "offset=1e3", "offset=٣"],
)
def test_a_page_out_of_bounds_is_refused(query: str) -> None:
    with pytest.raises(Refused):
        queries.read_page(QueryDict(query), usual=20)


def test_a_page_within_bounds_is_read() -> None:
    assert queries.read_page(QueryDict("limit=200&offset=10000"), usual=20) == (200, 10_000)
    assert queries.read_page(QueryDict("limit=&offset="), usual=20) == (20, 0)


def test_days_are_those_of_the_place_where_it_happens() -> None:
    office = make_office()
    # 23:30 on June 30 in Los Angeles is July 1 in UTC; the evening ends after midnight.
    late = make_event(
        office, title="Late", starts_at=NOW.replace(month=7, day=1, hour=6, minute=30)
    )
    make_event(office, title="Far", starts_at=late.starts_at, timezone="Asia/Kolkata")
    june = queries.events_on_days(date(2026, 6, 1), date(2026, 6, 30))
    july = queries.events_on_days(date(2026, 7, 1), date(2026, 7, 31))
    assert ([e.title for e in june], [e.title for e in july]) == (["Late"], ["Far"])


def test_an_event_of_several_days_is_on_each_of_them() -> None:
    start = NOW.replace(day=30, hour=16)
    make_event(title="Fair", starts_at=start, hours=50)
    for day in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 2)):
        assert [e.title for e in queries.events_on_days(day, day)] == ["Fair"]
    assert queries.events_on_days(date(2026, 7, 3), date(2026, 7, 3)) == []


def test_who_waits_is_counted_by_parties_and_people_for_each_way() -> None:
    event = make_event(mode="both", capacity=2, remote_capacity=1)
    for mode, size in (("in_person", 2), ("in_person", 2), ("in_person", 1), ("remote", 1)):
        make_rsvp(event, mode=mode, party_size=size)
    assert queries.lines_at(event) == {"in_person": queries.Line(2, 3)}


def test_before_the_move_is_the_old_address_of_a_place() -> None:
    event = make_event()
    assert event.venue is not None
    later = NOW + timedelta(hours=1)
    edit_venue(venue_id=event.venue.pk, changes={"street": "14 Elm Street"}, now=later)
    earlier = queries.before_the_move(Event.objects.get(pk=event.pk))
    address = "Main Library, Community Room, 12 Oak Avenue, San Arroyo, CA 90000"
    assert earlier == queries.Earlier(at=later, address=address)
    with at(later):
        shown = page(Client().get(event.get_absolute_url())).text
    assert f"The place has a new address Before, the place was {address}." in shown


def test_before_the_move_is_what_the_public_knew() -> None:
    office = make_office()
    event = make_event(office, post=False)
    old = event.starts_at

    def known() -> queries.Earlier | None:
        return queries.before_the_move(Event.objects.get(pk=event.pk))

    reschedule_event(
        event_id=event.pk,
        starts_at=old + timedelta(days=1),
        ends_at=event.ends_at + timedelta(days=1),
        now=NOW,
    )
    assert known() is None, "a draft that moves moves for nobody"

    post_event(event_id=event.pk, now=NOW + timedelta(hours=1))
    assert known() is None
    at = NOW + timedelta(hours=2)
    elsewhere = make_venue(office, name="Town Hall, Room 3")
    edit_event(
        event_id=event.pk,
        changes={"starts_at": old, "ends_at": event.ends_at, "venue": elsewhere},
        now=at,
    )
    assert known() == queries.Earlier(
        at=at,
        starts_at=old + timedelta(days=1),
        ends_at=event.ends_at + timedelta(days=1),
        timezone="America/Los_Angeles",
        all_day=False,
        venue="Main Library, Community Room",
    )
    later = NOW + timedelta(hours=3)
    edit_event(event_id=event.pk, changes={"title": "Renamed"}, now=later)
    assert known() is not None


def test_a_new_date_for_a_postponed_event_tells_the_old_one() -> None:
    event = make_event()
    postpone_event(event_id=event.pk, reason="Storm.", now=NOW + timedelta(hours=1))
    day = timedelta(days=7)
    reschedule_event(
        event_id=event.pk, starts_at=event.starts_at + day, ends_at=event.ends_at + day,
        now=NOW + timedelta(hours=2),
    )  # fmt: skip
    earlier = queries.before_the_move(Event.objects.get(pk=event.pk))
    assert earlier is not None
    assert earlier.starts_at == event.starts_at
