"""The feeds over HTTP, as a subscriber's program meets them."""

from __future__ import annotations

import gzip
import re
import tracemalloc
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.actions import events as actions
from events.actions import offices as office_actions
from events.actions.calling_off import cancel_event, postpone_event
from events.actions.rsvps import cancel_rsvp
from events.links import FEED, token_for
from events.models import Event, Office
from notifications.calendars import blocks, vevent
from notifications.models import CalendarBlock
from tests import factories
from tests.calendars import readers
from tests.factories import NOW
from volunteers.actions import shifts as shift_actions
from volunteers.models import Shift

pytestmark = pytest.mark.django_db
FEEDS = ["/feeds/events.ics", "/feeds/town-halls.ics", "/feeds/shifts.ics"]


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office() -> Office:
    return factories.make_office(slug="ruiz", name="Office of Ana Ruiz, District 4")


def get(client: Client, path: str, **headers: str) -> Any:
    return client.get(path, headers=headers)


def body(client: Client, path: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return response.content


def uids(client: Client, path: str) -> list[str]:
    return [seen.uid for seen in readers.read_libical(body(client, path))]


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


# Answering without rendering


def test_unchanged_data_gives_the_same_bytes_rendered_again(client: Client, office: Office) -> None:
    factories.make_event(office)
    factories.make_event(office, timezone="Asia/Kolkata")
    first = body(client, "/feeds/events.ics")
    assert CalendarBlock.objects.count() == 2
    assert body(client, "/feeds/events.ics") == first
    CalendarBlock.objects.all().delete()
    assert body(client, "/feeds/events.ics") == first


def every_feed(office: Office) -> list[str]:
    """Something in each kind of feed; returns their paths."""
    topic = factories.make_topic("housing", translations={"es": {"name": "Vivienda"}})
    event = factories.make_event(
        office, topics=[topic], translations={"es": {"title": "Alquiler", "description": ""}}
    )
    cancel_event(event_id=factories.make_event(office).pk, reason="No.", now=NOW)
    factories.make_shift(event)
    return [
        *FEEDS,
        "/feeds/topics/housing.ics",
        f"/feeds/offices/{office.slug}.ics",
        f"/events/{event.slug}.ics",
        "/feeds/events.ics?q=hall&topic=housing&lang=es",
        "/feeds/shifts.ics?role=greeter",
    ]


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


@pytest.mark.parametrize("mark", ["", "W/"])
def test_what_a_reader_has_is_known_in_two_queries_and_nothing_is_rendered(
    client: Client, office: Office, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = every_feed(office)
    answers = {path: client.get(path) for path in paths}
    for name in ("feed_opening", "opening", "vevent", "zones"):
        monkeypatch.setattr(vevent, name, None)
    for path, first in answers.items():
        with CaptureQueriesContext(connection) as queries:
            response = get(client, path, if_none_match=f'"other", {mark}{first["ETag"]}')
        assert (response.status_code, response.content) == (304, b""), path
        assert len(queries) <= 2, path
        for name in ("ETag", "Cache-Control", "Vary", "Content-Language"):
            assert response[name] == first[name]


def test_a_feed_takes_as_many_queries_for_300_events_as_for_3(
    client: Client, office: Office
) -> None:
    paths = every_feed(office)
    factories.make_event(office)

    def counts() -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for path in paths:
            CalendarBlock.objects.all().delete()
            for _cold_then_warm in range(2):
                with CaptureQueriesContext(connection) as queries:
                    body(client, path)
                # SQLite takes 199 new blocks in one INSERT, PostgreSQL all of them.
                asked = [one for one in queries if not one["sql"].startswith("INSERT")]
                found.setdefault(path, []).append(len(asked))
        return found

    few = counts()
    model = Event.objects.first()
    assert model is not None
    multiply(model, 300)
    assert counts() == few
    assert few["/feeds/events.ics"] == [9, 4]
    # Two more the first time: the words of roles and of notes in other languages.
    assert few["/feeds/shifts.ics"] == [8, 4]


def multiply(event: Event, number: int) -> None:
    """Copies of an event at the same time, straight into the table."""
    copies = []
    for copy in range(number):
        columns = {name: value for name, value in vars(event).items() if name[0] != "_"}
        row = Event(**(columns | {"id": None}))
        row.slug, row.uid = f"copy-{event.pk}-{copy}", f"copy-{event.pk}-{copy}@plazuela"
        copies.append(row)
    Event.objects.bulk_create(copies, batch_size=500)


Change = tuple[str, Any]


def changes(event: Event, office: Office) -> list[Change]:
    def edit(**fields: Any) -> Any:
        return lambda: actions.edit_event(event_id=event.pk, changes=fields, now=NOW)

    housing = event.topics.get()
    return [
        ("title", edit(title="Another")),
        ("topic leaves", edit(topics=[])),
        ("topic comes back", edit(topics=[housing])),
        ("type", edit(event_type="hearing")),
        ("type back", edit(event_type="town_hall")),
        ("translation", edit(translations={"es": {"title": "Hola", "description": ""}})),
        ("topic's name", lambda: office_actions.save_topic(slug="housing", name="Rent", now=NOW)),
        ("venue", lambda: office_actions.edit_venue(
            venue_id=event.venue_id or 0, changes={"name": "Annex"}, now=NOW)),
        ("office's name", lambda: office_actions.edit_office(
            office_id=office.pk, changes={"name": "Ruiz"}, now=NOW)),
        ("cancelled", lambda: cancel_event(event_id=event.pk, reason="No.", now=NOW)),
        ("unpublished", lambda: Event.objects.filter(pk=event.pk).update(posted_at=None)),
    ]  # fmt: skip


def test_every_change_is_seen_by_the_next_conditional_get(client: Client, office: Office) -> None:
    """All at one instant: nothing hangs on the clock's resolution."""
    factories.make_event(office, topics=[factories.make_topic("housing")])
    event = factories.make_event(office, topics=[factories.make_topic("housing")])
    path = "/feeds/topics/housing.ics?lang=es"
    etag = client.get(path)["ETag"]
    unseen = []
    for name, change in changes(event, office):
        change()
        response = get(client, path, if_none_match=etag)
        # The type says nothing in a topic's feed, but it may: the revision rises.
        if response.status_code != 200:
            unseen.append(name)
            continue
        assert response["ETag"] != etag
        etag = response["ETag"]
    assert unseen == []


def test_every_change_of_a_shift_is_seen_and_shown(client: Client, office: Office) -> None:
    """Of its own, of its place, its role and its event; all at one instant."""
    event = factories.make_event(office)
    at_event = factories.make_shift(event)
    annex = factories.make_venue(office, name="Annex")
    alone = factories.make_shift(office=office, venue=annex)
    volunteer = "vic@example.org"
    for shift in (at_event, alone):
        factories.make_claim(shift, email=volunteer)
    own = reverse("feed-me", kwargs={"token": token_for(FEED, factories.make_person(volunteer))})

    def venue(pk: int | None, **fields: Any) -> Any:
        assert pk is not None
        return lambda: office_actions.edit_venue(venue_id=pk, changes=fields, now=NOW)

    def edit(**fields: Any) -> Any:
        return lambda: actions.edit_event(event_id=event.pk, changes=fields, now=NOW)

    def of_shift(**fields: Any) -> Any:
        return lambda: shift_actions.edit_shift(shift_id=alone.pk, changes=fields, now=NOW)

    def role() -> None:
        shift_actions.edit_role(role_id=at_event.role_id, changes={"name": "Usher"}, now=NOW)

    def role_in_spanish() -> None:
        words = {"translations": {"es": {"name": "Recepcionista"}}}
        shift_actions.edit_role(role_id=alone.role_id, changes=words, now=NOW)

    steps = [
        ("its own place", venue(annex.pk, name="New annex"), "New annex"),
        ("its own place's street", venue(annex.pk, street="9 Elm Street"), "9 Elm Street"),
        ("its event's place", venue(event.venue_id, name="Old mill"), "Old mill"),
        ("its event's title", edit(title="Hall"), "Hall"),
        ("its event's translation", edit(translations={"es": {"title": "Hola"}}), "Hola"),
        ("its role", role, "Usher"),
        ("its role in Spanish", role_in_spanish, "Recepcionista"),
        ("its notes", of_shift(notes="Bring water."), "Bring water."),
        ("its notes in Spanish", of_shift(translations={"es": {"notes": "Traiga agua."}}),
         "Traiga agua."),
        ("its place goes", of_shift(venue=None), "Usher"),
        ("its event is off", lambda: call_off(event), "CANCELLED"),
    ]  # fmt: skip
    paths = ["/feeds/shifts.ics?lang=es", f"{own}?lang=es"]
    etags = {path: client.get(path)["ETag"] for path in paths}
    unseen = []
    for name, change, shown in steps:
        change()
        for path in paths:
            response = get(client, path, if_none_match=etags[path])
            words = response.content.decode().replace("\r\n ", "")
            if response.status_code != 200 or shown not in words:
                unseen.append((name, path))
            etags[path] = response["ETag"]
    assert unseen == []
    # A place that is corrected moves calendar entries; so does another place.
    assert Shift.objects.effective().get(pk=alone.pk).sequence == 3


def call_off(event: Event) -> None:
    cancel_event(event_id=event.pk, reason="Storm.", now=NOW)


def test_what_leaves_the_window_as_another_enters_is_seen(client: Client, office: Office) -> None:
    factories.make_event(office, starts_at=NOW - timedelta(days=30), hours=1)
    factories.make_event(office, starts_at=NOW + timedelta(days=366, minutes=20))
    etag = client.get("/feeds/events.ics")["ETag"]
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        response = get(client, "/feeds/events.ics", if_none_match=etag)
    assert response.status_code == 200
    assert response.content.count(b"BEGIN:VEVENT") == 1


def test_a_shift_that_is_deleted_is_seen(client: Client, office: Office) -> None:
    shift = factories.make_shift(office=office)
    etag = client.get("/feeds/shifts.ics")["ETag"]
    type(shift).objects.filter(pk=shift.pk).delete()
    assert get(client, "/feeds/shifts.ics", if_none_match=etag).status_code == 200


# Headers


def test_head_says_what_get_says(client: Client, office: Office) -> None:
    for path in every_feed(office):
        for encoding in ("", "gzip"):
            seen = get(client, path, accept_encoding=encoding)
            head = client.head(path, headers={"accept-encoding": encoding})
            assert head.content == b""
            assert dict(head.headers) == dict(seen.headers)


def test_compressed_it_is_the_same(client: Client, office: Office) -> None:
    factories.make_event(office)
    plain = get(client, "/feeds/events.ics")
    packed = get(client, "/feeds/events.ics", accept_encoding="br, gzip")
    assert gzip.decompress(packed.content) == plain.content
    assert packed["ETag"] == "W/" + plain["ETag"]
    assert packed["Vary"] == plain["Vary"] == "Accept-Encoding"
    assert plain["Cache-Control"] == "public, max-age=300"
    assert not plain.cookies
    again = get(client, "/feeds/events.ics", accept_encoding="gzip", if_none_match=packed["ETag"])
    assert (again.status_code, again["ETag"]) == (304, packed["ETag"])


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_feed_is_only_read(office: Office, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for path in every_feed(office):
        response = getattr(client, method)(path)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


# Many


@pytest.mark.slow
def test_ten_thousand_events_are_streamed_in_pieces(client: Client, office: Office) -> None:
    event = factories.make_event(office)
    body(client, "/feeds/events.ics")
    multiply(event, 9_999)
    # Their blocks as well, but for the last 20, which are rendered on the way.
    block = CalendarBlock.objects.get()
    CalendarBlock.objects.bulk_create(
        CalendarBlock(
            uid=uid,
            language=block.language,
            revision=block.revision,
            render_version=block.render_version,
            block=bytes(block.block).replace(event.uid.encode(), uid.encode()),
        )
        for uid in Event.objects.exclude(pk=event.pk).values_list("uid", flat=True)[:9_979]
    )
    tracemalloc.start()
    response = client.get("/feeds/events.ics")
    assert response.streaming
    sizes, found = [], 0
    for piece in response.streaming_content:
        sizes.append(len(piece))
        found += piece.count(b"BEGIN:VEVENT")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == CalendarBlock.objects.count() == 10_000
    assert max(sizes) < 1_000_000
    assert peak < 4 * sum(sizes)

    packed = get(client, "/feeds/events.ics", accept_encoding="gzip")
    assert len(gzip.decompress(b"".join(packed.streaming_content))) == sum(sizes)
    assert get(client, "/feeds/events.ics", if_none_match=packed["ETag"]).status_code == 304


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


# One's own


def own_path(person: Any) -> str:
    person.refresh_from_db()
    return reverse("feed-me", kwargs={"token": token_for(FEED, person)})


def test_ones_own_feed_shows_places_and_shifts_with_their_links(
    client: Client, office: Office
) -> None:
    room = factories.make_event(office, title="Room", capacity=1)
    online = factories.make_event(
        office, title="Online", mode="remote", starts_at=NOW + timedelta(days=2)
    )
    factories.make_event(office, title="Not mine")
    shift = factories.make_shift(office=office)
    me = factories.make_rsvp(online, email="ana@example.org").person
    factories.make_rsvp(room, email="first@example.org")
    factories.make_rsvp(room, email="ana@example.org")
    factories.make_claim(shift, email="ana@example.org")
    data = body(client, own_path(me))
    seen = readers.read_libical(data)
    assert [(one.uid, one.status, one.summary) for one in seen] == [
        (online.uid, "CONFIRMED", "Online"),
        (shift.uid, "CONFIRMED", "Greeter"),
        (room.uid, "TENTATIVE", "Room"),
    ]
    assert "Join online: https://meet.example.org/hall" in seen[0].description
    assert "Change or cancel: http://testserver/rsvps/" in seen[0].description
    assert "Give the shift back: http://testserver/claims/" in seen[1].description
    assert seen[2].description.startswith("You are on the waitlist.")
    assert re.findall(rb"TRANSP:(\w+)", data) == [b"OPAQUE", b"OPAQUE", b"TRANSPARENT"]
    assert readers.libical_verdict(data) == (1, 0)


def test_ones_own_feed_changes_with_the_place_and_is_kept_by_nobody(
    client: Client, office: Office
) -> None:
    event = factories.make_event(office)
    rsvp = factories.make_rsvp(event)
    path = own_path(rsvp.person)
    response = client.get(path)
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    etag = response["ETag"]
    with CaptureQueriesContext(connection) as queries:
        assert get(client, path, if_none_match=etag).status_code == 304
    assert len(queries) == 2
    actions.edit_event(event_id=event.pk, changes={"title": "New"}, now=NOW)
    response = get(client, path, if_none_match=etag)
    assert response.status_code == 200
    cancel_rsvp(rsvp_id=rsvp.pk, now=NOW)
    response = get(client, path, if_none_match=response["ETag"])
    assert (response.status_code, response.content.count(b"BEGIN:VEVENT")) == (200, 0)


def test_a_renewed_feeds_old_address_is_gone_at_once(client: Client, office: Office) -> None:
    person = factories.make_rsvp(factories.make_event(office)).person
    old = own_path(person)
    assert client.get(old).status_code == 200
    person.link_version += 1
    person.save()
    assert client.get(old).status_code == 404
    assert client.get(own_path(person)).status_code == 200


def test_an_unproven_rsvp_and_a_draft_are_in_nobodys_feed(client: Client, office: Office) -> None:
    event = factories.make_event(office, capacity=1)
    person = factories.make_rsvp(event, proven=False).person
    Event.objects.filter(pk=event.pk).update(posted_at=None)
    assert uids(client, own_path(person)) == []
