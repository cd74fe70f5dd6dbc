"""The month as a table and as a list."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.actions.calling_off import cancel_event
from tests.factories import NOW, make_event, make_office
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_the_calendar_opens_on_this_month_where_the_office_is(client: Client) -> None:
    make_office()
    # 23:00 on June 30 in Los Angeles is July in UTC.
    with time_machine.travel(NOW.replace(month=7, day=1, hour=6), tick=False):
        seen = page(client.get("/calendar/"))
    assert "June 2026 as a list" in seen.text
    assert {"/calendar/2026/05/", "/calendar/2026/07/"} <= set(seen.links)
    assert "This month" not in seen.text


def test_each_event_of_the_month_is_in_the_table_and_in_the_list(client: Client) -> None:
    office = make_office()
    june = make_event(office, title="Budget town hall")
    make_event(office, title="August fair", starts_at=NOW + timedelta(days=70))
    make_event(office, title="Draft", post=False)
    seen = page(client.get("/calendar/2026/06/"))
    assert seen.text.count("Budget town hall") == 2
    assert seen.links.count(june.get_absolute_url()) == 2
    assert "August fair" not in seen.text
    assert "Draft" not in seen.text


def test_a_cancelled_event_stays_and_says_so(client: Client) -> None:
    event = make_event(title="Hearing")
    cancel_event(event_id=event.pk, reason="Storm.", now=NOW)
    assert "Hearing (cancelled)" in page(client.get("/calendar/2026/06/")).text


def test_an_event_of_several_days_goes_on_in_the_next_month(client: Client) -> None:
    make_event(title="Fair", starts_at=NOW.replace(day=30), hours=50)
    june = page(client.get("/calendar/2026/06/")).text
    july = page(client.get("/calendar/2026/07/")).text
    # In the table on each day, in the list once.
    assert (june.count("Fair (goes on)"), july.count("Fair (goes on)")) == (2, 2)
    assert july.count("Fair") == june.count("Fair") == 4


def test_an_empty_month_says_so(client: Client) -> None:
    seen = page(client.get("/calendar/2026/09/"))
    assert "Nothing is planned in this month" in seen.text
    assert "/events/" in seen.links


@pytest.mark.parametrize(
    "path", ["2026/13", "2026/00", "2026/6", "0000/01", "1899/12", "2200/01", "99999/01", "2026/xx"]
)
def test_a_month_that_is_none_is_404(client: Client, path: str) -> None:
    assert client.get(f"/calendar/{path}/").status_code == 404


def test_the_calendar_ends_where_its_addresses_end(client: Client) -> None:
    assert "/calendar/1899/12/" not in page(client.get("/calendar/1900/01/")).links
    assert "/calendar/2200/01/" not in page(client.get("/calendar/2199/12/")).links


@pytest.mark.parametrize(
    ("path", "hidden"),
    [("", False), ("2026/06/", False), ("2027/06/", False), ("2028/06/", True), ("2024/01/", True)],
)
def test_far_months_are_not_for_search_engines(client: Client, path: str, hidden: bool) -> None:
    html = client.get(f"/calendar/{path}").content.decode()
    assert ('name="robots" content="noindex' in html) is hidden


def test_the_number_of_queries_is_the_same_for_3_events_and_for_30(client: Client) -> None:
    office = make_office()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/es/calendar/2026/06/").status_code == 200
        return len(captured)

    def add(count: int) -> None:
        for number in range(count):
            make_event(
                office,
                starts_at=NOW + timedelta(hours=number + 1),
                translations={"es": {"title": "Asamblea"}},
            )

    add(3)
    few = queries()
    add(27)
    # Offices, events, translations.
    assert (few, queries()) == (3, 3)


def test_the_page_sets_no_cookie_and_is_answered_with_304(client: Client) -> None:
    make_event()
    first = client.get("/calendar/2026/06/")
    assert not first.cookies
    assert "Cookie" not in first.get("Vary", "")
    again = client.get("/calendar/2026/06/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_the_months_beside_it_have_their_year_where_it_changes(client: Client) -> None:
    make_office()
    seen = page(client.get("/calendar/2026/05/")).text
    assert "April This month June May 2026" in seen
    december = page(client.get("/calendar/2026/12/")).text
    assert "November 2026 This month January 2027 December 2026" in december
