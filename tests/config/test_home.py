"""The home page: what comes next, and how to take part."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from config import pages
from events.actions.calling_off import cancel_event
from events.actions.events import EventDraft
from events.actions.series import create_series
from events.models import Event, EventTranslation, EventType, Office
from notifications.models import Letter
from tests.clock import at
from tests.factories import (
    LOS_ANGELES,
    NOW,
    make_claim,
    make_event,
    make_office,
    make_shift,
    make_topic,
    make_venue,
)
from tests.pages import Page, page
from volunteers.models import Shift

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make_office(
        slug="rivera", name="Office of Council Member Rivera", jurisdiction="City of San Arroyo"
    )


def home(client: Client, path: str = "/") -> Page:
    with at(NOW):
        answer = client.get(path)
    assert answer.status_code == 200
    return page(answer)


def letter(office: Office, number: int, **columns: object) -> Letter:
    facts = {
        "office": office, "slug": f"letter-{number}", "title": f"Letter {number}", "body": "…",
        "dated": NOW.date(), "posted_at": NOW - timedelta(days=number), "signatories": "Ana Rivera",
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return Letter.objects.create(**(facts | columns))


def test_home_names_the_office_and_shows_what_comes_next(client: Client, office: Office) -> None:
    make_event(office, title="Budget night", slug="budget", capacity=40)
    make_event(office, title="Market day", event_type=EventType.COMMUNITY_EVENT, capacity=None)
    make_shift(office=office, minimum=2)
    letter(office, 1)
    read = home(client)
    for fact in (
        "Office of Council Member Rivera",
        "City of San Arroyo",
        "Next town hall in 10 days",
        "Budget night",
        "Thursday, June 11, 2026 6:30–8:00 p.m. PDT",
        "40 places left in the room",
        "Market day",
        "2 people still needed",
        "Letter 1",
        "Ana Rivera",
        "Get updates by email",
    ):
        assert fact in read.text
    for link in ("/events/budget/#rsvp", "/events/", "/volunteer/", "/letters/letter-1/"):
        assert link in read.links


def test_home_features_the_next_town_hall_that_takes_place(client: Client, office: Office) -> None:
    off = make_event(office, title="Called off", starts_at=NOW + timedelta(days=1))
    cancel_event(event_id=off.pk, reason="Rain.", now=NOW)
    make_event(
        office, title="Sooner", starts_at=NOW + timedelta(days=2), event_type=EventType.HEARING
    )
    make_event(office, title="The town hall", starts_at=NOW + timedelta(days=3))
    text = home(client).text
    featured = text[text.index("Next town hall") : text.index("More town halls")]
    assert "The town hall" in featured
    rest = text[text.index("More town halls") :]
    assert "Called off" in rest
    assert "Cancelled" in rest
    assert "Sooner" in rest


def test_home_without_town_halls_features_the_next_event(client: Client, office: Office) -> None:
    make_event(office, title="The hearing", event_type=EventType.HEARING)
    text = home(client).text
    assert "Next event" in text
    assert "Next town hall" not in text
    assert text.count("The hearing") == 1


def test_home_says_what_the_button_does_when_it_is_full(client: Client, office: Office) -> None:
    from tests.factories import make_rsvp

    event = make_event(office, capacity=1)
    make_rsvp(event)
    assert "Join the waitlist All places are taken." in home(client).text


def test_home_shows_one_date_of_a_series(client: Client, office: Office) -> None:
    draft = EventDraft(
        title="Office hours",
        event_type=EventType.OFFICE_HOURS,
        starts_at=NOW + timedelta(days=1),
        ends_at=NOW + timedelta(days=1, hours=1),
        timezone=LOS_ANGELES,
        venue=make_venue(office),
    )
    create_series(office=office, draft=draft, rule="FREQ=WEEKLY", post=True, now=NOW)
    make_event(office, title="Market day", event_type=EventType.COMMUNITY_EVENT)
    make_event(office, title="Budget night")
    titles = [link for link in home(client).links if link.startswith("/events/office-hours")]
    assert titles == ["/events/office-hours-2026-06-02/"]
    assert "Market day" in home(client).text
    # A week later it is the next one.
    with at(NOW + timedelta(days=7)):
        later = page(client.get("/")).links
    assert "/events/office-hours-2026-06-09/" in later
    assert "/events/office-hours-2026-06-02/" not in later


def test_home_hides_drafts_past_events_and_full_shifts(client: Client, office: Office) -> None:
    make_event(office, title="Secret plan", post=False)
    make_event(office, title="Long ago", starts_at=NOW - timedelta(days=3))
    full = make_shift(office=office, capacity=1)
    make_claim(full)
    letter(office, 1, title="Not yet posted", posted_at=None)
    text = home(client).text
    for hidden in ("Secret plan", "Long ago", "Greeter", "Not yet posted"):
        assert hidden not in text


def test_home_of_an_office_without_anything_says_what_to_do(client: Client, office: Office) -> None:
    text = home(client).text
    assert "No events are planned right now" in text
    assert "The office has not posted a letter yet." in text


def test_home_takes_sign_ups_with_an_address_and_topics(client: Client, office: Office) -> None:
    make_topic("town-halls")
    make_topic("legislation")
    read = home(client)
    assert "/subscribe/" in read.forms
    assert {"email", "topics"} <= set(read.fields)


def test_home_in_spanish_shows_what_is_translated(client: Client, office: Office) -> None:
    event = make_event(office, title="Budget night", slug="budget")
    EventTranslation.objects.create(event=event, language="es", title="Noche del presupuesto")
    read = home(client, "/es/")
    assert "Noche del presupuesto" in read.text
    assert "jueves, 11 de junio de 2026" in read.text
    assert "/es/events/budget/#rsvp" in read.links


def test_home_is_the_same_for_everybody(client: Client, office: Office) -> None:
    with at(NOW):
        answer = client.get("/")
        assert not answer.cookies
        assert answer["Cache-Control"] == "public, max-age=0, s-maxage=30"
        assert "csrf" not in answer.content.decode()
        again = client.get("/", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def fill(office: Office, number: int) -> None:
    """Events of both kinds, shifts and letters, with translations and some called off."""
    for event_type in (EventType.TOWN_HALL, EventType.HEARING):
        model = make_event(office, event_type=event_type)
        make_shift(model)
        Event.objects.bulk_create(
            Event(
                office=office, venue=model.venue, slug=str(uuid4()), uid=str(uuid4()),
                event_type=event_type, title=f"Event {n}", starts_at=model.starts_at,
                ends_at=model.ends_at, timezone=model.timezone, mode="in_person",
                status="cancelled" if n % 3 == 0 else "confirmed", posted_at=NOW, created_at=NOW,
                updated_at=NOW,
            )
            for n in range(number - 1)
        )  # fmt: skip
    events = list(Event.objects.order_by("pk"))
    EventTranslation.objects.bulk_create(
        EventTranslation(event=event, language="es", title=f"Evento {event.pk}") for event in events
    )
    shift = Shift.objects.get(event=events[0])
    Shift.objects.bulk_create(
        Shift(
            office=office, event=event, role=shift.role, uid=str(uuid4()), offset=shift.offset,
            duration=shift.duration, own_posted_at=NOW, created_at=NOW, own_updated_at=NOW,
        )
        for event in events
    )  # fmt: skip
    for n in range(min(number, 5)):
        letter(office, n)


@pytest.mark.parametrize("number", [3, 300])
def test_home_asks_twelve_queries_whatever_there_is(
    client: Client, office: Office, number: int, django_assert_num_queries
) -> None:
    make_topic("town-halls")
    fill(office, number)
    with at(NOW), django_assert_num_queries(12):
        text = page(client.get("/es/")).text
    assert text.count("Evento ") >= pages.TOWN_HALLS
