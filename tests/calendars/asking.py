"""How the tests of feeds ask for them."""

from __future__ import annotations

from typing import Any

from django.test import Client

from events.actions.calling_off import cancel_event
from events.models import Office
from tests import factories
from tests.calendars import readers
from tests.factories import NOW

FEEDS = ["/feeds/events.ics", "/feeds/town-halls.ics", "/feeds/shifts.ics"]


def get(client: Client, path: str, **headers: str) -> Any:
    return client.get(path, headers=headers)


def body(client: Client, path: str) -> bytes:
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return response.content


def uids(client: Client, path: str) -> list[str]:
    return [seen.uid for seen in readers.read_libical(body(client, path))]


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
