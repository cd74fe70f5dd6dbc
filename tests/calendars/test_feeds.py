"""The feeds over HTTP, as a subscriber's program meets them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from events.actions import events as actions
from events.actions.calling_off import cancel_event, postpone_event
from events.models import Office
from notifications.calendars import blocks
from tests import factories
from tests.calendars import readers
from tests.calendars.asking import FEEDS, body, uids
from tests.factories import NOW
from volunteers.actions import shifts as shift_actions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_monday")]


def test_a_feed_shows_posted_events_of_its_window_by_start(client: Client, office: Office) -> None:
    make = factories.make_event
    late = make(office, starts_at=NOW + timedelta(days=360))
    soon = make(office, starts_at=NOW + timedelta(days=1))
    past = make(office, starts_at=NOW - timedelta(days=29))
    make(office, starts_at=NOW - timedelta(days=32))
    make(office, starts_at=NOW + timedelta(days=370))
    make(office, post=False)
    assert uids(client, "/feeds/events.ics") == [past.uid, soon.uid, late.uid]


@pytest.mark.parametrize("reader", readers.READERS)
def test_an_event_is_read_as_it_is(client: Client, office: Office, reader: str) -> None:
    topic = factories.make_topic("housing", name="Housing, rent")
    event = factories.make_event(
        office, title="Rent; and what to do", description="**Come** and ask.\n\n- One\n- Two",
        topics=[topic],
    )  # fmt: skip
    (seen,) = readers.READERS[reader](body(client, "/feeds/events.ics"))
    url = f"http://testserver/events/{event.slug}/"
    assert seen == readers.Seen(
        uid=event.uid,
        starts=event.starts_at,
        ends=event.ends_at,
        status="CONFIRMED",
        sequence=0,
        summary="Rent; and what to do",
        description=f"Come and ask.\n\n- One\n- Two\n\n{url}",
        location="Main Library, Community Room, 12 Oak Avenue, San Arroyo, CA 90000",
        url=url,
        categories=("Housing, rent",),
        dtstamp=NOW,
        last_modified=NOW,
    )


def test_the_head_names_the_feed_and_its_office(client: Client, office: Office) -> None:
    lines = readers.lines_of(body(client, "/feeds/town-halls.ics"))
    assert [line.decode() for line in lines] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Plazuela//Plazuela 1//EN",
        "CALSCALE:GREGORIAN",
        "NAME;LANGUAGE=en:Town halls – Office of Ana Ruiz\\, District 4",
        "X-WR-CALNAME:Town halls – Office of Ana Ruiz\\, District 4",
        "DESCRIPTION;LANGUAGE=en:Town halls of Office of Ana Ruiz\\, District 4",
        "X-WR-CALDESC:Town halls of Office of Ana Ruiz\\, District 4",
        "X-WR-TIMEZONE:America/Los_Angeles",
        "SOURCE;VALUE=URI:http://testserver/feeds/town-halls.ics",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "END:VCALENDAR",
    ]


@pytest.mark.parametrize("path", FEEDS)
def test_an_empty_feed_is_valid_even_before_there_is_an_office(client: Client, path: str) -> None:
    data = body(client, path)
    assert readers.libical_verdict(data) == (1, 0)
    assert [read(data) for read in readers.READERS.values()] == [[], [], []]


def test_feeds_by_type_topic_office_and_filter(client: Client, office: Office) -> None:
    host = factories.make_office(slug="host")
    housing, parks = factories.make_topic("housing"), factories.make_topic("parks")
    hall = factories.make_event(office, topics=[housing], title="Rent")
    hearing = factories.make_event(
        office, topics=[parks], event_type="hearing", title="Noise", cohosts=[host]
    )
    other = factories.make_event(host, event_type="other", topics=[housing, parks], title="Walk")
    everything = {event.uid for event in (hall, hearing, other)}
    expected = {
        "/feeds/events.ics": everything,
        "/feeds/town-halls.ics": {hall.uid},
        "/feeds/topics/housing.ics": {hall.uid, other.uid},
        "/feeds/offices/ruiz.ics": {hall.uid, hearing.uid},
        "/feeds/offices/host.ics": {hearing.uid, other.uid},
        "/feeds/events.ics?type=hearing": {hearing.uid},
        "/feeds/events.ics?topic=parks&office=host": {hearing.uid, other.uid},
        "/feeds/events.ics?q=noise": {hearing.uid},
        "/feeds/events.ics?topic=none": set(),
    }
    assert {path: set(uids(client, path)) for path in expected} == expected


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/feeds/topics/none.ics", 404),
        ("/feeds/offices/none.ics", 404),
        ("/events/none.ics", 404),
        ("/feeds/me/none.ics", 404),
        ("/feeds/events.ics?type=none", 422),
    ],
)
def test_what_is_not_there(client: Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_one_event_is_a_file_without_a_calendars_name(client: Client, office: Office) -> None:
    event = factories.make_event(office, starts_at=NOW - timedelta(days=400))
    factories.make_event(office, slug="draft", post=False)
    response = client.get(f"/events/{event.slug}.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == f'inline; filename="{event.slug}.ics"'
    assert not re.search(rb"^(NAME|X-WR|REFRESH|METHOD)", response.content, re.M)
    assert [seen.uid for seen in readers.read_libical(response.content)] == [event.uid]
    assert client.get("/events/draft.ics").status_code == 404


def test_uid_stays_sequence_and_stamps_rise(client: Client, office: Office) -> None:
    event = factories.make_event(office)
    steps: list[tuple[Any, dict[str, Any]]] = [
        (actions.edit_event, {"changes": {"title": "New name"}}),
        (actions.reschedule_event, {"starts_at": event.starts_at + timedelta(days=1),
                                    "ends_at": event.ends_at + timedelta(days=1)}),
        (cancel_event, {"reason": "The room is flooded."}),
    ]  # fmt: skip
    seen = []
    for hour, (action, arguments) in enumerate(steps, 1):
        action(event_id=event.pk, now=NOW + timedelta(hours=hour), **arguments)
        (one,) = readers.read_libical(body(client, "/feeds/events.ics"))
        seen.append(
            (one.uid, one.summary, one.sequence, one.status, one.dtstamp, one.last_modified)
        )
    at = [NOW + timedelta(hours=hour) for hour in (1, 2, 3)]
    assert seen == [
        (event.uid, "New name", 0, "CONFIRMED", at[0], at[0]),
        (event.uid, "New name", 1, "CONFIRMED", at[1], at[1]),
        (event.uid, "New name", 2, "CANCELLED", at[2], at[2]),
    ]
    assert one.description.startswith("This is cancelled. The room is flooded.\n\n")


def test_a_postponed_event_is_off_until_it_has_a_new_date(client: Client, office: Office) -> None:
    event = factories.make_event(office)
    postpone_event(event_id=event.pk, reason="The speaker is ill.", now=NOW)
    (seen,) = readers.read_libical(body(client, "/feeds/events.ics"))
    assert (seen.status, seen.sequence) == ("CANCELLED", 1)
    actions.reschedule_event(
        event_id=event.pk,
        starts_at=event.starts_at + timedelta(days=7),
        ends_at=event.ends_at + timedelta(days=7),
        now=NOW,
    )
    (seen,) = readers.read_libical(body(client, "/feeds/events.ics"))
    assert (seen.status, seen.sequence) == ("CONFIRMED", 2)


def test_uid_survives_another_host_and_links_follow_it(
    client: Client, office: Office, settings: Any
) -> None:
    event = factories.make_event(office)
    body(client, "/feeds/events.ics")
    settings.SITE_URL = "https://new.example"
    blocks.render_version.cache_clear()
    (seen,) = readers.read_libical(body(client, "/feeds/events.ics"))
    blocks.render_version.cache_clear()
    assert (seen.uid, seen.url) == (event.uid, f"https://new.example/events/{event.slug}/")


def test_shifts_follow_their_event_and_stand_alone(client: Client, office: Office) -> None:
    event = factories.make_event(office, title="Budget")
    at_event = factories.make_shift(event)
    alone = factories.make_shift(office=office)
    start = event.starts_at - timedelta(hours=1)
    seen = readers.read_libical(body(client, "/feeds/shifts.ics"))
    assert [(one.uid, one.summary, one.sequence) for one in seen] == [
        (alone.uid, "Greeter", 0),
        (at_event.uid, "Greeter: Budget", 0),
    ]
    assert seen[1].starts == start
    actions.reschedule_event(
        event_id=event.pk,
        starts_at=event.starts_at + timedelta(days=3),
        ends_at=event.ends_at + timedelta(days=3),
        now=NOW,
    )
    seen = readers.read_libical(body(client, "/feeds/shifts.ics"))
    assert (seen[1].starts, seen[1].sequence) == (start + timedelta(days=3), 1)
    cancel_event(event_id=event.pk, reason="No.", now=NOW)
    seen = readers.read_libical(body(client, f"/feeds/shifts.ics?event={event.slug}"))
    assert [(one.uid, one.status, one.sequence) for one in seen] == [(at_event.uid, "CANCELLED", 2)]


def test_spanish_words_come_with_spanish_links(client: Client, office: Office) -> None:
    event = factories.make_event(
        office, title="Rent", translations={"es": {"title": "Alquiler", "description": "Venga."}}
    )
    for _twice in range(2):
        (spanish,) = readers.read_libical(body(client, "/feeds/events.ics?lang=es"))
        (english,) = readers.read_libical(body(client, "/feeds/events.ics"))
        assert (spanish.summary, spanish.url) == (
            "Alquiler", f"http://testserver/es/events/{event.slug}/",
        )  # fmt: skip
        assert (english.summary, english.url) == (
            "Rent", f"http://testserver/events/{event.slug}/",
        )  # fmt: skip


def test_hostile_words_make_no_second_event(client: Client, office: Office) -> None:
    factories.make_event(
        office,
        title="a\r\nEND:VEVENT\r\nBEGIN:VEVENT\u2028b",
        description="c\rd\x0bEND:VEVENT\x7f \U0001f3db\n\\;,",
    )
    data = body(client, "/feeds/events.ics")
    lines = readers.lines_of(data)
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == 1
    assert max(map(len, lines)) <= 75
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]", data.decode())
    assert readers.libical_verdict(data) == (1, 0)


def test_feeds_carry_no_person_no_alarm_and_no_secret(client: Client, office: Office) -> None:
    event = factories.make_event(
        office, mode="both", remote_capacity=50, remote_url="https://meet.example/secret"
    )
    factories.make_rsvp(event, email="ana@example.org", name="Ana Reyes")
    data = body(client, "/feeds/events.ics") + body(client, f"/events/{event.slug}.ics")
    for word in (b"ana@", b"Ana Reyes", b"secret", b"ATTENDEE", b"VALARM", b"/rsvps/", b"METHOD"):
        assert word not in data


def test_how_to_join_is_public_where_nobody_needs_a_place(client: Client, office: Office) -> None:
    factories.make_event(
        office, mode="remote", takes_rsvps=False, remote_url="https://meet.example/all"
    )
    (seen,) = readers.read_libical(body(client, "/feeds/events.ics"))
    assert "Join online: https://meet.example/all" in seen.description
    assert seen.location == "Online or by phone"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("events.ics?topic=housing", "Events: Housing and rent – Office of Ana Ruiz, District 4"),
        ("events.ics?topic=housing&lang=es",
         "Eventos: Vivienda y renta – Office of Ana Ruiz, District 4"),
        ("events.ics?office=d4&q=hall&type=town_hall",
         "Town hall: Office of Ana Ruiz, District 4, hall – Office of Ana Ruiz, District 4"),
        ("events.ics?topic=gone", "Events: gone – Office of Ana Ruiz, District 4"),
        ("shifts.ics?role=usher", "Volunteer shifts: Usher – Office of Ana Ruiz, District 4"),
        ("shifts.ics?role=usher&event=hall&lang=es",
         "Turnos de voluntariado: Acomodo, Asamblea – Office of Ana Ruiz, District 4"),
        ("shifts.ics?event=secret", "Volunteer shifts: secret – Office of Ana Ruiz, District 4"),
        ("shifts.ics?role=ush%00er", "Volunteer shifts: Usher – Office of Ana Ruiz, District 4"),
    ],
)  # fmt: skip
def test_a_filtered_feed_is_called_what_people_call_its_filters(
    client: Client, office: Office, path: str, name: str
) -> None:
    Office.objects.filter(pk=office.pk).update(slug="d4")
    spanish = {"es": {"name": "Vivienda y renta"}}
    factories.make_topic("housing", name="Housing and rent", translations=spanish)
    shift_actions.create_role(
        office=office, name="Usher", translations={"es": {"name": "Acomodo"}}, now=NOW
    )
    factories.make_event(
        office, slug="hall", title="Hall", translations={"es": {"title": "Asamblea"}}
    )
    factories.make_event(office, slug="secret", title="Not yet known", post=False)
    lines = body(client, f"/feeds/{path}").decode().replace("\r\n ", "").split("\r\n")
    called = next(line for line in lines if line.startswith("X-WR-CALNAME:"))
    assert called.replace("\\,", ",") == f"X-WR-CALNAME:{name}"


# The web lists


@pytest.mark.parametrize("query", ["", "?type=town_hall", "?office=host", "?q=hall"])
def test_what_is_to_come_in_a_feed_is_what_its_list_shows(
    client: Client, office: Office, query: str
) -> None:
    host = factories.make_office(slug="host")
    for number in range(70):
        factories.make_event(
            office if number % 3 else host,
            title=f"Hall {number}" if number % 2 else f"Market {number}",
            event_type="town_hall" if number % 5 else "hearing",
            starts_at=NOW + timedelta(days=number - 3, hours=number % 7),
        )
    in_feed = {
        seen.url.removeprefix("http://testserver")
        for seen in readers.read_libical(body(client, f"/feeds/events.ics{query}"))
        if isinstance(seen.ends, datetime) and seen.ends > NOW
    }
    in_list: set[str] = set()
    separator = "&" if query else "?"
    for offset in range(0, 200, 10):
        page = client.get(f"/events/{query}{separator}limit=10&offset={offset}").content.decode()
        in_list |= set(re.findall(r'href="(/events/[\w-]+/)"', page))
    assert in_feed == in_list
