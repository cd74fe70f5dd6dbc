"""Small tags: languages of a page, addresses in its language, needs of a shift, pages of a list."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.translation import override

from events.context_processors import section
from events.languages import own_name
from events.models import Office
from events.templatetags import ui
from tests.factories import make_office


def languages(
    address: str, office: Any = None, language: str = "en", **more: str
) -> dict[str, tuple[str, bool]]:
    """Return the address of a page in each language, and whether search engines hear of it."""
    request: HttpRequest = RequestFactory().get(address)
    with override(language):
        found = ui.page_languages(Context({"request": request, "office": office, **more}))
    return {each.code: (each.url, bool(each.alternate)) for each in found}


def test_a_page_with_a_prefix_is_linked_under_the_other() -> None:
    assert languages("/accounts/login/?next=/staff/") == {
        "en": ("/accounts/login/?next=%2Fstaff%2F", True),
        "es": ("/es/accounts/login/?next=%2Fstaff%2F", True),
    }
    assert languages("/es/accounts/login/", language="es") == {
        "en": ("/accounts/login/", True),
        "es": ("/es/accounts/login/", True),
    }


def test_a_page_without_a_prefix_is_asked_for_its_language() -> None:
    assert languages("/no/such/page/?lang=es&x=1", language="es") == {
        "en": ("/no/such/page/?x=1", False),
        "es": ("/no/such/page/?x=1&lang=es", False),
    }


def test_the_answer_to_a_post_links_to_a_page_that_can_be_read() -> None:
    found = languages("/accounts/logout/", page_path="/accounts/login/")
    assert found["es"] == ("/es/accounts/login/", True)


def test_only_languages_that_the_office_speaks_are_offered() -> None:
    office = SimpleNamespace(languages=["en", "vi"])
    assert list(languages("/accounts/login/", office)) == ["en"]


def test_the_footer_says_in_each_other_language_how_to_ask_for_it() -> None:
    office = SimpleNamespace(
        languages=["en", "es", "ar", "hmn"], phone="555-0100", reply_to="office@example.org"
    )
    with override("en"):
        lines = ui.language_lines(Context({"office": office}))
    assert [(line.code, line.direction) for line in lines] == [
        ("es", "ltr"),
        ("ar", "rtl"),
        ("hmn", "ltr"),
    ]
    assert lines[0].text == "¿Necesita esto en español? Comuníquese con nosotros:"
    assert lines[2].text == "Hmoob:"


def test_without_a_way_to_ask_the_footer_promises_nothing() -> None:
    office = SimpleNamespace(languages=["en", "es"], phone="", reply_to="")
    assert ui.language_lines(Context({"office": office})) == []


@pytest.mark.parametrize(
    ("code", "name"), [("es", "Español"), ("vi", "Tiếng Việt"), ("tl", "Tagalog"), ("zz", "Zz")]
)
def test_a_language_is_named_as_its_speakers_write_it(code: str, name: str) -> None:
    assert own_name(code) == name


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "/accounts/login/"), ("es", "/es/accounts/login/")]
)
def test_a_path_follows_the_language_of_the_page(language: str, expected: str) -> None:
    with override(language):
        assert Template("{% load ui %}{% path '/accounts/login/' %}").render(Context()) == expected


@pytest.mark.parametrize(
    ("minimum", "capacity", "taken", "status", "need"),
    [
        (4, 6, 1, "confirmed", ("short", 3)),
        (2, 6, 2, "tentative", ("room", 4)),
        (2, None, 5, "confirmed", ("open", 0)),
        (2, 4, 4, "confirmed", ("full", 0)),
        (2, 4, 5, "confirmed", ("full", 0)),
        (4, 6, 1, "cancelled", ("cancelled", 0)),
        (4, 6, 1, "postponed", ("cancelled", 0)),
    ],
)
def test_a_shift_says_how_many_it_needs(
    minimum: int, capacity: int | None, taken: int, status: str, need: tuple[str, int]
) -> None:
    shift = SimpleNamespace(minimum=minimum, capacity=capacity, taken=taken, status=status)
    assert ui.shift_need(shift) == need


@pytest.mark.parametrize(
    ("offset", "count", "expected"),
    [
        (0, 0, (0, 0, None, None)),
        (0, 20, (1, 20, None, None)),
        (0, 21, (1, 20, None, 20)),
        (20, 57, (21, 40, 0, 40)),
        (40, 57, (41, 57, 20, None)),
        (7, 57, (8, 27, 0, 27)),
    ],
)
def test_a_page_of_a_list_links_those_beside_it(
    offset: int, count: int, expected: tuple[int, int, int | None, int | None]
) -> None:
    assert ui.page_links(offset, 20, count) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ""),
        ("/events/town-hall/", "events"),
        ("/es/calendar/2026/06/", "calendar"),
        ("/unsubscribe/token/", "updates"),
        ("/es/", ""),
    ],
)
def test_the_navigation_knows_where_a_page_belongs(path: str, expected: str) -> None:
    assert section(path) == expected


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("City Clerk", "C"),
        ("Office of Council Member Rosa Alvarez", "A"),
        ("Friends of the River", "F"),
        ("müll", "M"),
        ("", ""),
    ],
)
def test_an_office_without_a_logo_has_a_letter(name: str, letter: str) -> None:
    assert ui.initial(name) == letter


def test_a_telephone_link_holds_digits_alone() -> None:
    assert ui.telephone('+1 (510) 555-0142"><script>') == "tel:+15105550142"


def test_a_qr_code_is_drawn_inline_with_its_name() -> None:
    code = str(ui.qr_code("otpauth://totp/x", "Scan <me>"))
    assert code.startswith('<svg role="img"')
    assert "<title>Scan &lt;me&gt;</title>" in code
    assert "style=" not in code


@pytest.mark.django_db
def test_a_public_page_reads_its_offices_in_one_query_and_sets_no_cookie(
    client: Any, django_assert_num_queries: Any
) -> None:
    make_office(name="City Clerk")
    make_office(name="Parks")
    with django_assert_num_queries(1):
        response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert b"City Clerk" in response.content
    assert response.cookies == {}
    assert "Cookie" not in response.headers.get("Vary", "")
    assert Office.objects.count() == 2
