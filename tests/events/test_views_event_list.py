"""The list of events, as a reader of the page meets it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.actions.calling_off import cancel_event
from tests.factories import NOW, make_event, make_office, make_rsvp, make_topic
from tests.pages import Page, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def look(client: Client, query: str = "", status: int = 200) -> Page:
    response = client.get(f"/events/{query}")
    assert response.status_code == status
    return page(response)


def test_an_empty_calendar_says_what_to_do(client: Client) -> None:
    seen = look(client)
    assert "No events are planned right now" in seen.text
    assert "/subscribe/" in seen.links
    assert "No event is over yet" in look(client, "?when=past").text


def test_a_choice_that_finds_nothing_leads_back_to_everything(client: Client) -> None:
    make_event(title="Town hall")
    seen = look(client, "?q=opera")
    assert "No event matches that" in seen.text
    assert "/events/" in seen.links
    assert seen.fields["q"] == "opera"


def test_events_stand_under_their_months_with_day_hours_and_place(client: Client) -> None:
    make_event(title="Budget town hall")
    make_event(title="Summer fair", starts_at=NOW + timedelta(days=40))
    text = look(client).text
    june, july = text.index("June 2026"), text.index("July 2026")
    assert june < text.index("Budget town hall") < july < text.index("Summer fair")
    assert "Thursday, June 11, 6:30–8:00 p.m. PDT (in 10 days)" in text
    assert "Main Library, Community Room" in text


def test_drafts_are_for_staff_alone(client: Client) -> None:
    make_event(title="Secret plan", post=False)
    assert "Secret plan" not in look(client).text


def test_a_cancelled_and_a_full_event_say_so(client: Client) -> None:
    off = make_event(title="Hearing")
    cancel_event(event_id=off.pk, reason="Storm.", now=NOW)
    full = make_event(title="Office hours", capacity=1)
    make_rsvp(full)
    text = look(client).text
    assert "Cancelled" in text
    assert "Full: waitlist open" in text


def test_every_choice_links_its_own_feed(client: Client) -> None:
    office = make_office(slug="ours")
    make_office(slug="theirs")
    make_topic("roads")
    make_event(office)
    assert "/feeds/events.ics" in look(client).links
    query = "type=town_hall&topic=roads&office=ours&q=bike+lanes"
    assert f"/feeds/events.ics?{query}" in look(client, f"?{query}").links
    past = look(client, f"?{query}&when=past")
    assert f"/feeds/events.ics?{query}" in past.links
    # The tabs keep the choice, the choice keeps the tab.
    assert {f"/events/?{query}", f"/events/?{query}&when=past"} <= set(past.links)
    assert past.fields["when"] == "past"


def test_the_filters_show_what_was_asked_for(client: Client) -> None:
    make_topic("roads")
    make_office()
    seen = look(client, "?type=hearing&topic=roads&q=bike")
    assert (seen.fields["type"], seen.fields["topic"], seen.fields["q"]) == (
        "hearing", "roads", "bike",
    )  # fmt: skip
    assert "office" not in seen.fields, "with one office the word never shows"
    # A topic that is gone narrows the list, so it has to be seen that it does.
    assert look(client, "?topic=gone").fields["topic"] == "gone"


@pytest.mark.parametrize("query", ["?type=party", "?when=soon", "?offset=x", "?limit=0"])
def test_a_filter_that_cannot_be_is_422_with_a_summary(client: Client, query: str) -> None:
    make_event(title="Town hall")
    seen = look(client, query, status=422)
    assert "There is a problem" in seen.text
    assert seen.title.startswith("Error:")


@pytest.mark.parametrize(
    "query", ["?q=%00", "?topic=%00&office=%00", "?q=%ff", "?type=town_hall%00"]
)
def test_strange_octets_are_no_error(client: Client, query: str) -> None:
    make_event()
    assert client.get(f"/events/{query}").status_code == 200


def test_a_long_list_has_pages_that_keep_the_choice(client: Client) -> None:
    office = make_office()
    for number in range(23):
        make_event(office, title=f"Event {number:02}", starts_at=NOW + timedelta(days=number + 1))
    first = look(client, "?type=town_hall")
    assert "Event 19" in first.text
    assert "Event 20" not in first.text
    assert "?type=town_hall&offset=20" in first.links
    second = look(client, "?type=town_hall&offset=20")
    assert "Event 20" in second.text
    assert "Event 22" in second.text
    assert "This page is past the end" in look(client, "?offset=40").text


def test_the_number_of_queries_is_the_same_for_3_events_and_for_30(client: Client) -> None:
    office = make_office()
    topic = make_topic("roads", translations={"es": {"name": "Calles"}})

    def add(count: int) -> None:
        for number in range(count):
            event = make_event(
                office,
                topics=[topic],
                cohosts=[office],
                translations={"es": {"title": "Asamblea"}},
                starts_at=NOW + timedelta(days=number + 1),
            )
            make_rsvp(event)
            if number % 3 == 0:
                cancel_event(event_id=event.pk, reason="Storm.", now=NOW)

    def queries(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    add(3)
    few = [queries("/events/"), queries("/es/events/?q=asamblea&limit=100")]
    add(27)
    assert [queries("/events/?limit=100"), queries("/es/events/?q=asamblea&limit=100")] == few
    # Offices, topics and their translations, the count, events and their translations.
    assert few == [6, 6]


def test_the_page_sets_no_cookie_and_is_answered_with_304_while_nothing_changes(
    client: Client,
) -> None:
    office = make_office()
    make_event(office)
    first = client.get("/events/")
    assert not first.cookies
    assert "Cookie" not in first.get("Vary", "")
    assert first["Cache-Control"] == "public, max-age=0, s-maxage=30"
    assert "csrfmiddlewaretoken" not in first.content.decode()
    again = client.get("/events/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    make_event(office)
    assert client.get("/events/", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_only_reading_is_possible(client: Client) -> None:
    assert client.post("/events/").status_code == 405


def test_the_spanish_page_shows_translations_and_marks_what_has_none(client: Client) -> None:
    office = make_office()
    make_event(office, title="Town hall", translations={"es": {"title": "Asamblea vecinal"}})
    make_event(office, title="Hearing on bikes")
    response = client.get("/es/events/")
    text = page(response).text
    assert "Asamblea vecinal" in text
    assert "jueves, 11 de junio" in text
    assert '<html lang="es"' in response.content.decode()
    assert ' lang="en">Hearing on bikes' in response.content.decode()
    assert "/es/calendar/" in page(response).links


def test_several_offices_are_named_and_a_chosen_one_is_the_pages_own(client: Client) -> None:
    first = make_office(slug="mayor", name="Office of the Mayor", position=1)
    second = make_office(slug="clerk", name="City Clerk", position=2)
    make_event(first, title="A")
    make_event(second, title="B")
    seen = look(client)
    assert seen.text.count("Office of the Mayor") > 1
    assert "City Clerk" in seen.text
    assert look(client, "?office=clerk").title.endswith("| City Clerk")
