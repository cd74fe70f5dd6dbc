"""One's own feed: places and shifts, behind an address that can be renewed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.actions import events as actions
from events.actions.rsvps import cancel_rsvp
from events.links import FEED, token_for
from events.models import Event, Office
from tests import factories
from tests.calendars import readers
from tests.calendars.asking import body, get, uids
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_monday")]


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
