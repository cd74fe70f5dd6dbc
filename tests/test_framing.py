"""No page of ours shows inside a page of another site, but for the two made for it."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from events.models import StaffUser
from tests.factories import make_event, make_office, make_staff
from tests.test_architecture import ARGUMENTS, named_patterns

pytestmark = pytest.mark.django_db


def patterns() -> Iterator[tuple[str, URLPattern]]:
    return named_patterns(get_resolver().url_patterns)


def framed_by(whom: str) -> set[str]:
    return {
        pattern.name or route
        for route, pattern in patterns()
        if getattr(pattern.callback, "may_be_framed_by", "") == whom
    }


def test_two_pages_are_for_frames_of_any_site() -> None:
    assert framed_by("anybody") == {"embed-events", "embed-subscribe"}


def addresses() -> Iterator[tuple[str, str]]:
    """Name and address of every page that takes no argument, or one that need not exist."""
    for route, pattern in patterns():
        converters = getattr(pattern.pattern, "converters", {})
        if pattern.pattern.regex.groups > len(converters):
            continue  # A part of another package that names its parts by a regular expression.
        if ":" in (pattern.name or "") or route.startswith(("api/", "admin/")):
            continue
        if set(converters) <= set(ARGUMENTS):
            arguments = {name: ARGUMENTS[name] for name in converters}
            yield pattern.name or route, reverse(pattern.name or "", kwargs=arguments)


@pytest.fixture
def staff() -> StaffUser:
    office = make_office()
    make_event(office)
    return make_staff(office)


@pytest.mark.parametrize("is_staff", [False, True])
def test_every_other_page_refuses_to_be_framed(staff: StaffUser, is_staff: bool) -> None:
    client = Client(raise_request_exception=False)
    if is_staff:
        client.force_login(staff)
    framed = framed_by("anybody") | framed_by("ourselves")
    seen = 0
    for name, path in addresses():
        if name in framed:
            continue
        answer = client.get(path)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], path
        assert answer["X-Frame-Options"] == "DENY", path
        seen += 1
    assert seen > 50


def test_the_embeds_and_their_refusals_can_be_framed(staff: StaffUser) -> None:
    client = Client()
    answers = [
        client.get("/embed/events/"),
        client.get("/es/embed/events/?type=gone"),
        client.get("/embed/subscribe/"),
        client.post("/embed/subscribe/", {"email": ""}),
        client.post("/embed/subscribe/", {"email": ""}, headers={"Origin": "null"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 200, 422, 403]
    for answer in answers:
        policy = answer["Content-Security-Policy"].split("; ")
        assert "frame-ancestors *" in policy
        assert "default-src 'self'" in policy
        assert "X-Frame-Options" not in answer
        assert not answer.cookies


def test_what_the_desk_previews_is_framed_by_the_desk_alone(staff: StaffUser) -> None:
    client = Client()
    client.force_login(staff)
    for name, path in addresses():
        if name in framed_by("ourselves"):
            answer = client.get(path)
            assert "frame-ancestors 'self'" in answer["Content-Security-Policy"], path
            assert answer["X-Frame-Options"] == "SAMEORIGIN", path
