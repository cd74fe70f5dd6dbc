"""The read API: exactly the fields that are promised, the filters of the pages, errors in JSON."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from events.actions.calling_off import cancel_event
from events.models import EventTranslation, EventType, Mode, Office
from notifications.models import Letter
from tests.clock import at
from tests.factories import (
    NOW,
    make_claim,
    make_event,
    make_office,
    make_role,
    make_rsvp,
    make_shift,
    make_topic,
    make_venue,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make_office(slug="rivera", name="Office of Council Member Rivera")


def get(client: Client, path: str, status: int = 200) -> Any:
    with at(NOW):
        answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/json")
    return answer.json()


def slugs(client: Client, query: str) -> list[str]:
    found = get(client, f"events?{query}")
    assert found["count"] == len(found["items"])
    return [event["slug"] for event in found["items"]]


def letter(office: Office, slug: str, **columns: Any) -> Letter:
    facts = {
        "office": office, "slug": slug, "title": "To the water agency", "body": "Fix the *leak*.",
        "dated": date(2026, 5, 20), "posted_at": NOW - timedelta(days=1),
        "signatories": "Ana Rivera\nTom Li", "addressees": "Water agency", "created_at": NOW,
        "updated_at": NOW,
    }  # fmt: skip
    return Letter.objects.create(**(facts | columns))


# --- Events --------------------------------------------------------------------------------------


def test_event_has_exactly_the_promised_fields(client: Client, office: Office) -> None:
    venue = make_venue(office, name="Main Library", wheelchair_spaces=4)
    topics = [make_topic("town-halls"), make_topic("legislation")]
    event = make_event(
        office, slug="budget", title="Budget night", capacity=3, mode=Mode.BOTH, venue=venue,
        remote_capacity=None, topics=topics,
    )  # fmt: skip
    make_rsvp(event, party_size=3)
    make_rsvp(event, mode="in_person", party_size=2)
    assert get(client, "events") == {
        "items": [
            {
                "slug": "budget",
                "uid": event.uid,
                "sequence": 0,
                "title": "Budget night",
                "event_type": "town_hall",
                "office": "rivera",
                "topics": ["town-halls", "legislation"],
                "starts_at": "2026-06-12T01:30:00Z",
                "ends_at": "2026-06-12T03:00:00Z",
                "timezone": "America/Los_Angeles",
                "all_day": False,
                "status": "confirmed",
                "mode": "both",
                "venue": {
                    "name": "Main Library",
                    "address": "12 Oak Avenue, San Arroyo, CA 90000",
                    "street": "12 Oak Avenue",
                    "locality": "San Arroyo",
                    "region": "CA",
                    "postal_code": "90000",
                    "entrance": "Use the door on Oak Avenue.",
                    "transit": "Bus 14 stops at the door.",
                    "step_free": True,
                    "accessible_restroom": None,
                    "accessible_parking": None,
                    "hearing_loop": None,
                    "wheelchair_spaces": 4,
                },
                "capacity": 3,
                "places_left": 0,
                "remote_capacity": None,
                "remote_places_left": None,
                "waitlist_length": 1,
                "posted_at": "2026-06-01T16:00:00Z",
                "updated_at": "2026-06-01T16:00:00Z",
                "url": "http://testserver/events/budget/",
                "ics_url": "http://testserver/events/budget.ics",
            }
        ],
        "count": 1,
    }


def test_addresses_in_an_event_lead_somewhere(client: Client, office: Office) -> None:
    make_event(office)
    (event,) = get(client, "events")["items"]
    with at(NOW):
        assert client.get(event["url"]).status_code == 200
        assert client.get(event["ics_url"])["Content-Type"].startswith("text/calendar")


def test_remote_event_has_no_venue_and_hides_the_link_to_join(
    client: Client, office: Office
) -> None:
    make_event(office, mode=Mode.REMOTE, remote_url="https://meet.example/secret", dial_in="555")
    answer = get(client, "events")
    assert answer["items"][0]["venue"] is None
    assert "secret" not in json.dumps(answer)


def test_events_take_the_filters_of_the_list_page(client: Client, office: Office) -> None:
    clerk = make_office(slug="clerk", name="City Clerk")
    parks = make_topic("parks")
    make_event(office, slug="budget", title="Budget night", topics=[parks])
    make_event(clerk, slug="rents", title="Rent rules", event_type=EventType.HEARING)
    make_event(clerk, slug="shared", title="Open day", cohosts=[office])
    make_event(office, slug="old", starts_at=NOW - timedelta(days=9))
    make_event(office, slug="older", starts_at=NOW - timedelta(days=19))
    make_event(office, slug="draft", post=False)
    assert slugs(client, "") == ["budget", "rents", "shared"]
    assert slugs(client, "type=hearing") == ["rents"]
    assert slugs(client, "topic=parks") == ["budget"]
    assert slugs(client, "office=rivera") == ["budget", "shared"]
    assert slugs(client, "q=rent") == ["rents"]
    assert slugs(client, "when=past") == ["old", "older"]
    assert slugs(client, "office=nobody") == []
    assert slugs(client, "type=&topic=&office=&q=&when=") == ["budget", "rents", "shared"]


def test_cancelled_event_stays_with_its_status(client: Client, office: Office) -> None:
    event = make_event(office, slug="budget")
    cancel_event(event_id=event.pk, reason="A storm.", now=NOW)
    (item,) = get(client, "events")["items"]
    assert (item["status"], item["sequence"]) == ("cancelled", 1)
    assert get(client, "events/budget")["status_reason"] == "A storm."


def test_one_event_adds_what_lists_leave_out(client: Client, office: Office) -> None:
    host = make_office(slug="clerk")
    make_event(
        office, slug="budget", description="Come and *ask*.", cohosts=[host],
        spoken_languages=["en", "ase"], access_services="Captions", takes_rsvps=False,
    )  # fmt: skip
    listed = get(client, "events")["items"][0]
    assert get(client, "events/budget") == listed | {
        "description": "Come and *ask*.",
        "status_reason": "",
        "takes_rsvps": False,
        "cohosts": ["clerk"],
        "spoken_languages": ["en", "ase"],
        "access_services": "Captions",
        "agenda": [],
        "speakers": [],
        "documents": [],
        "notice_hours": 0,
        "notice_url": "http://testserver/events/budget/notice/",
        "accommodation": "",
        "is_recorded": False,
    }


def test_texts_and_addresses_come_in_the_language_asked_for(client: Client, office: Office) -> None:
    event = make_event(office, slug="budget", title="Budget night")
    EventTranslation.objects.create(event=event, language="es", title="Noche", description="Sí")
    make_topic("parks", name="Parks", translations={"es": {"name": "Parques"}})
    assert get(client, "events")["items"][0]["title"] == "Budget night"
    (item,) = get(client, "events?lang=es")["items"]
    assert (item["title"], item["url"]) == ("Noche", "http://testserver/es/events/budget/")
    assert get(client, "events/budget?lang=es")["description"] == "Sí"
    assert [topic["name"] for topic in get(client, "topics?lang=es")["items"]] == ["Parques"]


# --- Shifts --------------------------------------------------------------------------------------


def test_shift_has_the_promised_fields(client: Client, office: Office) -> None:
    event = make_event(office, slug="budget")
    shift = make_shift(event, minimum=2, capacity=3)
    make_claim(shift)
    assert get(client, "shifts") == {
        "items": [
            {
                "id": shift.pk,
                "uid": shift.uid,
                "role": "greeter",
                "role_name": "Greeter",
                "event": "budget",
                "office": "rivera",
                "starts_at": "2026-06-12T00:30:00Z",
                "ends_at": "2026-06-12T02:30:00Z",
                "timezone": "America/Los_Angeles",
                "status": "confirmed",
                "minimum": 2,
                "capacity": 3,
                "places_left": 2,
                "url": f"http://testserver/volunteer/shifts/{shift.pk}/",
            }
        ],
        "count": 1,
    }


def test_shifts_take_the_filters_of_the_board(client: Client, office: Office) -> None:
    event = make_event(office, slug="budget")
    cook = make_shift(office=office, role=make_role(office, "Cook"))
    at_event = make_shift(event)
    other = make_shift(office=make_office(slug="clerk"), starts_at=NOW + timedelta(days=2))
    over = make_shift(office=office, starts_at=NOW - timedelta(days=2))
    make_shift(office=office, post=False)

    def found(query: str) -> list[int]:
        return [shift["id"] for shift in get(client, f"shifts?{query}")["items"]]

    assert found("") == [other.pk, cook.pk, at_event.pk]
    assert found("role=cook") == [cook.pk]
    assert found("event=budget") == [at_event.pk]
    assert found("office=clerk") == [other.pk]
    assert found("when=week") == [other.pk]
    assert found("when=past") == [over.pk]


# --- Letters, topics, offices --------------------------------------------------------------------


def test_letter_has_exactly_the_promised_fields(client: Client, office: Office) -> None:
    first = letter(office, "leak")
    first.topics.add(make_topic("water"))
    letter(office, "draft", posted_at=None)
    listed = {
        "slug": "leak",
        "title": "To the water agency",
        "posted_at": "2026-05-31T16:00:00Z",
        "dated": "2026-05-20",
        "topics": ["water"],
        "office": "rivera",
        "signatories": ["Ana Rivera", "Tom Li"],
        "url": "http://testserver/letters/leak/",
        "retracted_at": None,
        "outcome_on": None,
    }
    assert get(client, "letters") == {"items": [listed], "count": 1}
    assert get(client, "letters/leak") == listed | {
        "addressees": ["Water agency"],
        "body": "Fix the *leak*.",
        "retraction_reason": "",
        "outcome": "",
        "attachments": [],
    }
    assert get(client, "letters/draft", 404)["error"] == "not_found"


def test_letters_are_filtered_by_topic_and_office(client: Client, office: Office) -> None:
    old = letter(office, "old", posted_at=NOW - timedelta(days=9))
    old.topics.add(make_topic("water"))
    letter(make_office(slug="clerk"), "new")

    def found(query: str) -> list[str]:
        return [item["slug"] for item in get(client, f"letters?{query}")["items"]]

    assert found("") == ["new", "old"]
    assert found("topic=water") == ["old"]
    assert found("office=clerk") == ["new"]


def test_topics_and_offices(client: Client, office: Office) -> None:
    make_topic("water", name="Water", description="Pipes and bills.")
    assert get(client, "topics") == {
        "items": [{"slug": "water", "name": "Water", "description": "Pipes and bills."}],
        "count": 1,
    }
    assert get(client, "offices") == {
        "items": [
            {
                "slug": "rivera",
                "name": "Office of Council Member Rivera",
                "kind": "official",
                "jurisdiction": "",
                "timezone": "America/Los_Angeles",
                "languages": ["en", "es"],
                "phone": "555-0100",
                "website": "",
                "events_url": "http://testserver/events/?office=rivera",
            }
        ],
        "count": 1,
    }
