"""First start: an empty site leads to `/setup/`, and the code from the terminal opens it once."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from config import setup_code
from config.setup import SetupMiddleware
from events.models import Membership, Office, StaffUser, Topic
from tests.factories import make_office
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_been_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SetupMiddleware, "has_office", False)


@pytest.fixture
def code() -> Iterator[str]:
    yield setup_code.issue_code()
    setup_code.spend()


def answers(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Office of Council Member Rivera",
        "kind": "official",
        "jurisdiction": "City of San Arroyo",
        "timezone": "America/Los_Angeles",
        "languages": ["en", "es"],
        "phone": "555-0100",
        "postal_address": "200 Main Street",
        "sender_address": "office@example.org",
        "manager_name": "Rosa Rivera",
        "manager_email": "Rosa@example.org",
        "password": "a long and quiet sentence",
    } | changes


def test_an_empty_site_leads_every_page_to_the_set_up() -> None:
    client = Client()
    for path in ("/", "/events/", "/es/letters/", "/staff/", "/api/v1/events"):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].endswith("/setup/")
    assert client.get("/healthz").status_code == 200


def test_the_right_code_opens_the_office_and_signs_its_manager_in(code: str) -> None:
    client = Client()
    assert page(client.get(f"/setup/?code={code}")).fields["code"] == code
    answer = client.post("/setup/", answers(code=code.lower().replace("-", " ")))
    assert (answer.status_code, answer["Location"]) == (302, "/staff/")
    assert client.get("/staff/").status_code == 200
    office = Office.objects.get()
    assert (office.slug, office.languages) == ("office-of-council-member-rivera", ["en", "es"])
    membership = Membership.objects.get()
    assert (membership.user.email, membership.role) == ("rosa@example.org", "manager")
    slugs = list(Topic.objects.values_list("slug", flat=True))
    assert slugs == ["legislation", "town-halls", "events", "volunteer"]
    assert Topic.objects.get(slug="town-halls").in_language("es").name == "Asambleas públicas"


def test_an_account_that_is_there_already_is_named(code: str) -> None:
    StaffUser.objects.create_superuser("rosa@example.org", "another long sentence")
    answer = Client().post("/setup/", answers(code=code))
    assert answer.status_code == 422
    assert "There is a staff account with this address already." in page(answer).text
    assert not Office.objects.exists()


def test_once_there_is_an_office_the_set_up_is_gone(code: str) -> None:
    make_office()
    gone = Client().get("/setup/")
    assert (gone.status_code, list(gone.cookies)) == (404, [])
    assert Client().post("/setup/", answers(code=code)).status_code == 404


def test_a_wrong_code_keeps_what_was_typed_and_opens_nothing(code: str) -> None:
    answer = Client().post("/setup/", answers(code="AAAA-BBBB-CCCC"))
    assert answer.status_code == 422
    assert page(answer).fields["name"] == "Office of Council Member Rivera"
    assert "This is not the code in force" in page(answer).text
    assert not Office.objects.exists()


def test_guessing_the_code_is_stopped(code: str) -> None:
    client = Client()
    tries = [client.post("/setup/", answers(code=f"AAAA-BBBB-{n:04}")) for n in range(12)]
    assert [answer.status_code for answer in tries] == [422] * 10 + [429] * 2
    assert 0 < int(tries[-1]["Retry-After"]) <= 600
    assert page(tries[-1]).fields["name"] == "Office of Council Member Rivera"
    assert b"a long and quiet sentence" not in tries[-1].content


def test_a_weak_password_is_refused_and_says_why(code: str) -> None:
    answer = Client().post("/setup/", answers(code=code, password="rosa"))
    assert answer.status_code == 422
    assert "too short" in page(answer).text
    assert not Office.objects.exists()


def test_the_middleware_asks_no_more_once_there_is_an_office(
    django_assert_num_queries: Any,
) -> None:
    from django.http import HttpResponse
    from django.test import RequestFactory

    make_office()
    middleware = SetupMiddleware(lambda request: HttpResponse("ok"))
    with django_assert_num_queries(1):
        for _ in range(3):
            assert middleware(RequestFactory().get("/")).content == b"ok"
