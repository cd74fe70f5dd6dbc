"""The page of all feeds and the links by which programs subscribe."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from notifications.calendars.subscribing import subscribe_links
from tests import factories

pytestmark = pytest.mark.django_db


def hrefs(client: Client, path: str) -> list[str]:
    page = client.get(path).content.decode()
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', page)]


def feeds_on(client: Client, path: str) -> list[str]:
    found = [link for link in hrefs(client, path) if re.match(r"http://testserver/feeds/.+", link)]
    return [link.removeprefix("http://testserver") for link in found]


def test_every_feed_is_listed_and_answers(client: Client) -> None:
    factories.make_office(slug="one")
    factories.make_topic("housing")
    paths = feeds_on(client, "/feeds/")
    assert paths == [
        "/feeds/events.ics",
        "/feeds/town-halls.ics",
        "/feeds/shifts.ics",
        "/feeds/topics/housing.ics",
    ]
    assert [client.get(path).status_code for path in paths] == [200] * 4
    # With one office the word never shows.
    factories.make_office(slug="two")
    assert feeds_on(client, "/feeds/")[4:] == ["/feeds/offices/one.ics", "/feeds/offices/two.ics"]


def test_each_feed_has_links_for_each_kind_of_calendar(client: Client) -> None:
    factories.make_office()
    links = hrefs(client, "/feeds/")
    assert [sum(link.startswith(start) for link in links) for start in (
        "webcal://testserver/feeds/",
        "https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Ftestserver%2Ffeeds%2F",
        "https://outlook.live.com/calendar/0/addfromweb?url=http%3A%2F%2Ftestserver%2Ffeeds%2F",
        "https://outlook.office.com/calendar/0/addfromweb?url=http%3A%2F%2Ftestserver%2Ffeeds%2F",
    )] == [6, 3, 3, 3]  # fmt: skip


def test_the_spanish_page_leads_to_spanish_feeds(client: Client) -> None:
    factories.make_office()
    factories.make_topic("housing", translations={"es": {"name": "Vivienda", "description": ""}})
    page = client.get("/es/feeds/").content.decode()
    assert "Vivienda" in page
    assert feeds_on(client, "/es/feeds/")[0] == "/feeds/events.ics?lang=es"


def test_the_page_takes_as_many_queries_for_many_topics(client: Client) -> None:
    factories.make_office()
    counts = []
    for number in range(12):
        factories.make_topic(f"topic-{number}")
        if number in (2, 11):
            with CaptureQueriesContext(connection) as queries:
                assert client.get("/feeds/").status_code == 200
            counts.append(len(queries))
    assert counts == [3, 3]


def test_the_page_sets_no_cookie_and_is_only_read(client: Client) -> None:
    factories.make_office()
    response = client.get("/feeds/")
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    assert client.post("/feeds/").status_code == 405


def test_a_filtered_feeds_query_survives_in_the_links() -> None:
    with override("es"):
        links = subscribe_links("/feeds/events.ics?topic=a&type=hearing", "Events & more")
    address = "http://testserver/feeds/events.ics?topic=a&type=hearing&lang=es"
    assert links.https == address
    assert links.webcal == address.replace("http:", "webcal:")
    assert parse_qs(urlsplit(links.google).query) == {"cid": [links.webcal]}
    assert parse_qs(urlsplit(links.outlook).query) == {"url": [address], "name": ["Events & more"]}
