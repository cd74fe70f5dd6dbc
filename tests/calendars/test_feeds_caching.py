"""What a subscriber has already: the same bytes, conditional requests, a constant cost."""

from __future__ import annotations

import gzip
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.actions import events as actions
from events.actions import offices as office_actions
from events.actions.calling_off import cancel_event
from events.links import FEED, token_for
from events.models import Event, Office
from notifications.calendars import vevent
from notifications.models import CalendarBlock
from tests import factories
from tests.calendars.asking import body, every_feed, get
from tests.factories import NOW
from volunteers.actions import shifts as shift_actions
from volunteers.models import Shift

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_monday")]


# Answering without rendering


def test_unchanged_data_gives_the_same_bytes_rendered_again(client: Client, office: Office) -> None:
    factories.make_event(office)
    factories.make_event(office, timezone="Asia/Kolkata")
    first = body(client, "/feeds/events.ics")
    assert CalendarBlock.objects.count() == 2
    assert body(client, "/feeds/events.ics") == first
    CalendarBlock.objects.all().delete()
    assert body(client, "/feeds/events.ics") == first


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
