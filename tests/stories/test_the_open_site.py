"""What everybody can see without a cookie: home, lists, the month, Spanish pages, data, health."""

from datetime import UTC, datetime, timedelta

import pytest

from events.models import EventType
from notifications import tick
from tests.factories import make_event, make_role, make_shift
from tests.notifications.mailing import make_letter
from tests.stories.browser import Browser
from tests.stories.street import Street

#: Thursday, June 11, 2026, 18:30 in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)


@pytest.fixture
def rita(street: Street) -> Browser:
    """A visitor of a site with a town hall, a cleanup, a shift and a letter."""
    event = make_event(
        street.office, title="Town hall on buses", starts_at=START, venue=street.library,
        topics=[street.topics["town-halls"]], now=street.now,
        translations={"es": {"title": "Asamblea sobre autobuses", "description": ""}},
    )  # fmt: skip
    make_shift(event, role=make_role(street.office, now=street.now), now=street.now)
    make_event(
        street.office, title="Creek cleanup", event_type=EventType.COMMUNITY_EVENT,
        starts_at=START + timedelta(days=2), venue=street.library, now=street.now,
    )  # fmt: skip
    make_letter(
        street.office, title="Buses, and what we asked for", now=street.now,
        translations={"es": {"title": "Autobuses: lo que pedimos", "body": "Estimado director:"}},
    )  # fmt: skip
    return Browser()


def test_home_leads_to_everything(rita: Browser) -> None:
    rita.open("/")
    for thing in (
        "Town hall on buses", "Creek cleanup", "Greeter", "Buses, and what we asked for",
        "Get updates by email",
    ):  # fmt: skip
        assert thing in rita.page.text
    for section in ("Events", "Calendar", "Volunteer", "Letters"):
        rita.open("/")
        links = {href for words, href in rita.controls.links if words == section}
        assert len(links) == 1
        rita.follow(section)
    assert not rita.client.cookies


def test_the_list_is_narrowed_by_type_topic_and_words(rita: Browser) -> None:
    rita.open("/events/")
    rita.press("Show", type="community_event")
    assert "Creek cleanup" in rita.page.text
    assert "Town hall on buses" not in rita.page.text
    rita.open("/events/")
    rita.press("Show", topic="town-halls", q="bus")
    assert "Town hall on buses" in rita.page.text
    assert "Creek cleanup" not in rita.page.text


def test_the_month_as_a_table_and_as_a_list(rita: Browser) -> None:
    shown = rita.open("/calendar/2026/06/")
    assert shown.text.count("Town hall on buses") == 2
    rita.follow("July")
    assert rita.path == "/calendar/2026/07/"
    assert "Nothing is planned in this month" in rita.page.text


def test_the_same_page_in_the_other_language(rita: Browser) -> None:
    rita.open("/events/town-hall-on-buses/")
    rita.follow("Español")
    assert rita.path == "/es/events/town-hall-on-buses/"
    assert "Asamblea sobre autobuses" in rita.page.title
    assert "jueves, 11 de junio de 2026" in rita.page.text
    rita.open("/es/letters/")
    rita.follow("Autobuses: lo que pedimos")
    assert "Estimado director:" in rita.page.text
    rita.follow("English")
    assert "Buses, and what we asked for" in rita.page.title
    for page in ("/es/", "/es/events/", "/es/calendar/", "/es/volunteer/", "/es/feeds/"):
        assert rita.status(page) == 200


def test_the_same_as_data(rita: Browser) -> None:
    def items(path: str) -> list[dict[str, object]]:
        answer = rita.client.get(f"/api/v1/{path}")
        assert answer.status_code == 200
        found = answer.json()
        assert found["count"] == len(found["items"])
        return list(found["items"])

    event = items("events?type=town_hall")[0]
    assert event.items() >= {
        "slug": "town-hall-on-buses", "title": "Town hall on buses", "status": "confirmed",
        "starts_at": "2026-06-12T01:30:00Z", "timezone": "America/Los_Angeles",
        "places_left": 40, "url": "http://testserver/events/town-hall-on-buses/",
        "ics_url": "http://testserver/events/town-hall-on-buses.ics",
    }.items()  # fmt: skip
    assert [shift["starts_at"] for shift in items("shifts")] == ["2026-06-12T00:30:00Z"]
    assert [letter["title"] for letter in items("letters")] == ["Buses, and what we asked for"]
    assert {topic["slug"] for topic in items("topics")} >= {"legislation", "town-halls"}
    assert [office["slug"] for office in items("offices")] == ["district-4"]

    too_many = rita.client.get("/api/v1/events?limit=201")
    assert (too_many.status_code, too_many.json()["field"]) == (422, "limit")
    assert rita.client.post("/api/v1/events").status_code == 405
    described = rita.client.get("/api/v1/openapi.json").json()
    assert "/api/v1/events/{slug}" in described["paths"]
    assert "/api/v1/events" in rita.open("/api/v1/docs").text


def test_whoever_watches_the_site_knows_how_it_is(street: Street, rita: Browser) -> None:
    assert rita.client.get("/healthz").json() == {"status": "alive"}
    street.deliver(street.now)
    early = rita.client.get("/readyz")
    assert (early.status_code, early.json()["failed"]) == (503, ["tick"])
    tick.tick()
    assert rita.client.get("/readyz").json()["status"] == "ready"

    # A quarter of an hour later nothing has run, and a confirmation waits that nobody sends.
    rita.send("/events/town-hall-on-buses/rsvp/", name="Ana", email="ana@example.org")
    street.wait(minutes=16)
    assert rita.client.get("/readyz").json()["failed"] == ["tick", "deliveries"]
