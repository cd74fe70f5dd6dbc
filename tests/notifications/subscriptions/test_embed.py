"""The sign-up as it stands in a frame on the office's own site."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from events import proof
from events.models import Office, Topic
from notifications.models import Subscription
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import mailed, make_reader
from tests.pages import page

pytestmark = pytest.mark.django_db
EMAIL = "ana@example.org"
OURS = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def office() -> Office:
    return make_office(name="City Clerk", slug="clerk", palette="plum", reply_to="")


@pytest.fixture
def topics() -> list[Topic]:
    return [make_topic("housing", translations={"es": {"name": "Vivienda"}}), make_topic("trees")]


def test_it_carries_the_office_and_no_navigation(
    client: Client, office: Office, topics: list[Topic]
) -> None:
    answer = client.get("/embed/subscribe/")
    html = answer.content.decode()
    assert 'class="palette-plum"' in html
    assert '<base target="_top">' in html
    shown = page(answer)
    assert shown.links == ["#main", "/", "/es/embed/subscribe/", "tel:5550100"]
    assert shown.forms == ["/embed/subscribe/"]
    assert set(shown.fields) == {"email", "topics", "office"}


def test_the_query_chooses_office_topics_and_language(
    client: Client, office: Office, topics: list[Topic]
) -> None:
    make_office(name="Council", slug="council")
    shown = page(client.get("/es/embed/subscribe/?office=council&topic=housing&topic=gone"))
    assert shown.fields["office"] == "council"
    assert shown.fields["topics"] == ["housing"]
    assert "Vivienda" in shown.text
    action = "/es/embed/subscribe/?office=council&topic=housing&topic=gone"
    assert shown.forms == [action]


def test_without_an_office_the_reader_chooses(client: Client, office: Office) -> None:
    make_topic("housing")
    make_office(name="Council", slug="council")
    assert page(client.get("/embed/subscribe/")).fields["office"] == ["clerk", "council"]


def test_signing_up_answers_inside_the_frame(
    client: Client, office: Office, topics: list[Topic]
) -> None:
    path = "/embed/subscribe/?office=clerk"
    answer = client.post(path, {"email": EMAIL, "topics": ["housing"]}, headers=OURS)
    assert (answer.status_code, answer["Location"]) == (303, f"{path}&sent=1")
    assert not answer.cookies
    shown = page(client.get(answer["Location"]))
    assert "Check your email" in shown.text
    assert path in shown.links
    assert mailed("subscription_confirm") == [EMAIL]
    asked = Subscription.objects.get()
    assert (asked.consent_source, asked.confirmed_at) == ("/embed/subscribe/", None)


def test_the_answer_is_the_same_for_who_is_on_the_list(
    client: Client, office: Office, topics: list[Topic]
) -> None:
    make_reader(office, topics, email=EMAIL)
    client.cookies[proof.COOKIE] = "whatever the browser brings"
    answer = client.post("/embed/subscribe/", {"email": EMAIL, "topics": ["housing"]})
    assert answer["Location"] == "/embed/subscribe/?sent=1"
    assert mailed("subscription_repeated") == [EMAIL]


def test_what_was_typed_stays_when_something_is_wrong(
    client: Client, office: Office, topics: list[Topic]
) -> None:
    answer = client.post("/embed/subscribe/", {"email": "ana@", "topics": ["trees"]}, headers=OURS)
    assert answer.status_code == 422
    shown = page(answer)
    assert (shown.fields["email"], shown.fields["topics"]) == ("ana@", ["trees"])
    assert shown.title.startswith("Error: ")
    assert '<a href="#id_email" target="_self">' in answer.content.decode()


def test_a_flood_is_refused_inside_the_frame_and_keeps_what_was_typed(
    client: Client, office: Office, topics: list[Topic], settings: Settings
) -> None:
    settings.RATE_LIMITS = True
    for _n in range(5):
        client.post("/embed/subscribe/", {"email": EMAIL, "topics": ["trees"]})
    answer = client.post("/embed/subscribe/", {"email": EMAIL, "topics": ["trees"]})
    assert answer.status_code == 429
    html = answer.content.decode()
    assert "Volunteer" not in html, "the navigation of the whole site"
    assert '<form class="form" method="post" action="/embed/subscribe/" target="_self">' in html
    assert EMAIL in html


@pytest.mark.parametrize("rows", [1, 30])
def test_it_asks_three_queries(
    client: Client, office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(rows):
        make_topic(f"topic-{n}", translations={"es": {"name": f"Tema {n}"}}, now=NOW)
    with django_assert_num_queries(3):
        client.get("/es/embed/subscribe/")
