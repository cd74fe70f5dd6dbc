"""How the read API answers: bounds, errors, caches, other sites, and its documentation."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from events.models import Event, EventTranslation, Office
from notifications.models import LetterTranslation
from tests.clock import at
from tests.config.test_api import get, letter
from tests.factories import (
    NOW,
    make_claim,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_topic,
)
from volunteers.models import Shift

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make_office(slug="rivera", name="Office of Council Member Rivera")


# --- Lists ---------------------------------------------------------------------------------------


def test_lists_are_cut_by_limit_and_offset(client: Client, office: Office) -> None:
    for n in range(5):
        make_event(office, slug=f"event-{n}", starts_at=NOW + timedelta(days=n + 1))
    page = get(client, "events?limit=2&offset=1")
    assert [item["slug"] for item in page["items"]] == ["event-1", "event-2"]
    assert page["count"] == 5
    assert get(client, "events?offset=10000") == {"items": [], "count": 5}


LISTS = ["events", "shifts", "letters", "topics", "offices"]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("limit=201", "limit", "“limit” is a whole number from 1 to 200."),
        ("limit=0", "limit", "“limit” is a whole number from 1 to 200."),
        ("limit=many", "limit", "“limit” is a whole number from 1 to 200."),
        ("offset=10001", "offset", "“offset” is a whole number from 0 to 10000."),
        ("offset=-1", "offset", "“offset” is a whole number from 0 to 10000."),
    ],
)
def test_what_is_out_of_bounds_is_422(
    client: Client, name: str, query: str, field: str, message: str
) -> None:
    assert get(client, f"{name}?{query}", 422) == {
        "error": f"bad_{field}",
        "message": message,
        "field": field,
    }


@pytest.mark.parametrize(
    ("path", "field"),
    [("events?type=party", "type"), ("events?when=someday", "when"), ("shifts?when=now", "when")],
)
def test_a_filter_that_cannot_be_is_422_and_named(client: Client, path: str, field: str) -> None:
    body = get(client, path, 422)
    assert body["field"] == field
    assert len(body["message"]) > 20


def fill(office: Office, number: int) -> None:
    """Events with topics, translations and waiting parties, their shifts, and letters."""
    topics = [make_topic(f"topic-{n}") for n in range(3)]
    model = make_event(office)
    shift = make_shift(model)
    events = Event.objects.bulk_create(
        Event(
            office=office, venue=model.venue, slug=str(uuid4()), uid=str(uuid4()), mode="in_person",
            event_type="hearing", title=f"Event {n}", starts_at=model.starts_at,
            ends_at=model.ends_at, timezone=model.timezone, posted_at=NOW, created_at=NOW,
            updated_at=NOW, status="cancelled" if n % 3 == 0 else "confirmed",
        )
        for n in range(number - 1)
    )  # fmt: skip
    for event in events:
        event.topics.set(topics)
    EventTranslation.objects.bulk_create(
        EventTranslation(event=event, language="es", title="Evento") for event in events
    )
    Shift.objects.bulk_create(
        Shift(
            office=office, event=event, role=shift.role, uid=str(uuid4()), offset=shift.offset,
            duration=shift.duration, own_posted_at=NOW, created_at=NOW, own_updated_at=NOW,
        )
        for event in events
    )  # fmt: skip
    for n in range(number):
        LetterTranslation.objects.create(
            letter=letter(office, f"letter-{n}"), language="es", title="Carta", body="…"
        )


@pytest.mark.parametrize("number", [3, 200])
def test_lists_ask_as_many_queries_for_three_as_for_two_hundred(
    client: Client, office: Office, number: int, django_assert_num_queries
) -> None:
    fill(office, number)
    for name, queries in (
        ("events", 4), ("shifts", 3), ("letters", 4), ("topics", 3), ("offices", 2)
    ):  # fmt: skip
        with at(NOW), django_assert_num_queries(queries):
            answer = client.get(f"/api/v1/{name}?limit=200&lang=es").json()
        if name in ("events", "shifts", "letters"):
            assert len(answer["items"]) == number


def test_lists_hold_no_personal_data(client: Client, office: Office) -> None:
    event = make_event(office, capacity=1)
    make_rsvp(event, name="Ana Reyes", email="ana@example.org", access_note="I use a wheelchair.")
    make_claim(make_shift(event), name="Vic Ortiz", email="vic@example.org", phone="5550100123")
    told = json.dumps([get(client, name) for name in LISTS] + [get(client, f"events/{event.slug}")])
    for secret in ("Ana", "ana@", "wheelchair.", "Vic", "vic@", "5550100123"):
        assert secret not in told


# --- How it answers ------------------------------------------------------------------------------


def test_other_sites_may_read_it(client: Client, office: Office) -> None:
    with at(NOW):
        answer = client.get("/api/v1/events", headers={"Origin": "https://elsewhere.example"})
        asked = client.options(
            "/api/v1/events",
            headers={
                "Origin": "https://elsewhere.example",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "if-none-match",
            },
        )
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked["Access-Control-Allow-Origin"] == "*"
    assert asked["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert asked["Access-Control-Allow-Headers"] == "If-None-Match"


def test_it_only_reads(client: Client, office: Office) -> None:
    client = Client(enforce_csrf_checks=True)
    for path in ("events", "events/x", "no-such-thing"):
        for method in (client.post, client.put, client.delete):
            answer = method(f"/api/v1/{path}")
            assert answer.status_code == 405
            assert answer["Allow"] == "GET, HEAD, OPTIONS"
            assert answer.json()["error"] == "read_only"


def test_answers_are_cacheable_and_unchanged_ones_have_no_body(
    client: Client, office: Office
) -> None:
    event = make_event(office)
    with at(NOW):
        answer = client.get("/api/v1/events")
        etag = answer["ETag"]
        same = client.get("/api/v1/events", headers={"If-None-Match": etag})
        weak = client.get("/api/v1/events", headers={"If-None-Match": f"W/{etag}"})
        head = client.head("/api/v1/events")
        make_rsvp(event)
        changed = client.get("/api/v1/events", headers={"If-None-Match": etag})
    assert answer["Cache-Control"] == "public, max-age=60"
    assert not answer.cookies
    assert [(one.status_code, one.content) for one in (same, weak)] == [(304, b"")] * 2
    assert same["Access-Control-Allow-Origin"] == "*"
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", etag)
    assert head["Content-Length"] == str(len(answer.content))
    assert changed.status_code == 200


@pytest.mark.parametrize(
    "path", ["events/no-such-event", "letters/no-such-letter", "no-such-thing", "events/%00"]
)
def test_what_is_not_there_is_404_in_json(client: Client, path: str) -> None:
    body = get(client, path, 404)
    assert set(body) == {"error", "message"}
    assert body["message"]


def test_a_slash_too_many_is_led_to_the_right_address(client: Client, office: Office) -> None:
    answer = client.get("/api/v1/events/?limit=2")
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/events?limit=2")


def test_failure_inside_is_500_in_json(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("secret reason")

    monkeypatch.setattr("events.api.filtered_events", fail)
    body = get(client, "events", 500)
    assert body["error"] == "failed"
    assert "secret" not in body["message"]


# --- Its documentation ---------------------------------------------------------------------------


def test_openapi_document_describes_every_address(client: Client) -> None:
    document = get(client, "openapi.json")
    assert document["openapi"].startswith("3.")
    assert sorted(document["paths"]) == [
        "/api/v1/events",
        "/api/v1/events/{slug}",
        "/api/v1/letters",
        "/api/v1/letters/{slug}",
        "/api/v1/offices",
        "/api/v1/shifts",
        "/api/v1/topics",
    ]
    event = document["components"]["schemas"]["EventOut"]["properties"]
    assert event["status"]["enum"] == ["tentative", "confirmed", "cancelled", "postponed"]


def test_documentation_loads_nothing_from_elsewhere(client: Client, office: Office) -> None:
    answer = client.get("/api/v1/docs")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<script" not in html
    assert "https://cdn" not in html
    for said in ("/api/v1/shifts", "places_left", "venue.step_free", "number from 1 to 200"):
        assert said in html
    assert client.get("/api/v1/")["Location"] == "/api/v1/docs"
