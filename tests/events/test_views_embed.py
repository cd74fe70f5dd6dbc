"""The list of events as it stands in a frame on the office's own site."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from events.actions.calling_off import cancel_event
from tests.clock import at
from tests.factories import NOW, make_event, make_office, make_topic
from tests.pages import page

pytestmark = pytest.mark.django_db


def test_it_shows_the_next_five_and_leads_to_the_rest(client: Client) -> None:
    office = make_office(slug="clerk", reply_to="")
    events = [make_event(office, title=f"Meeting {n}") for n in range(7)]
    with at(NOW):
        shown = page(client.get("/embed/events/"))
    listed = [f"/events/{event.slug}/" for event in events[:5]]
    assert shown.links == ["#main", "/", "/es/embed/events/", *listed, "/events/", "tel:5550100"]
    assert "See all 7 events" in shown.text


def test_the_query_narrows_it_as_the_list(client: Client) -> None:
    office, other = make_office(slug="clerk"), make_office(slug="council", palette="brick")
    make_event(office, title="At the clerk’s")
    make_event(other, title="About trees", topics=[make_topic("trees")])
    make_event(other, title="About nothing")
    with at(NOW):
        answer = client.get("/embed/events/?office=council&topic=trees&limit=1")
    shown = page(answer)
    assert 'class="palette-brick"' in answer.content.decode()
    assert "About trees" in shown.text
    assert "At the clerk’s" not in shown.text
    assert "About nothing" not in shown.text
    assert "/events/?topic=trees&office=council" in shown.links


def test_what_cannot_be_asked_is_said_in_the_frame(client: Client) -> None:
    make_office()
    for query in ("type=gone", "limit=0", "when=never"):
        answer = client.get(f"/embed/events/?{query}")
        assert answer.status_code == 422, query
    assert "Choose upcoming or past events." in page(answer).text


def test_an_empty_list_says_so(client: Client) -> None:
    make_office()
    shown = page(client.get("/es/embed/events/"))
    assert "Por ahora no hay eventos planeados" in shown.text


@pytest.mark.parametrize("rows", [1, 4])
def test_it_asks_four_queries(
    client: Client, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office = make_office()
    for _n in range(rows):
        make_event(office, translations={"es": {"title": "Reunión", "description": ""}})
        cancel_event(event_id=make_event(office).pk, reason="Water.", now=NOW)
    with at(NOW), django_assert_num_queries(4):
        client.get("/es/embed/events/")
