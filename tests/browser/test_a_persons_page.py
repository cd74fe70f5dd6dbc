"""A person's own page, signed in by a mailed link, in a real browser."""

import pytest

from events import clock
from events.actions.people import request_sign_in, sign_in_token
from events.models import RSVP, SignInLink
from tests.browser.looking import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("demo")]


@pytest.fixture
def link() -> str:
    """The sign-in link that a guest of the demo was mailed."""
    guest = RSVP.objects.confirmed().filter(event__title__contains="budget").earliest("pk")
    assert guest.person.email
    request_sign_in(email=guest.person.email, now=clock.now())
    return f"/me/{sign_in_token(SignInLink.objects.get())}/"


@pytest.mark.slow
def test_the_page_in_both_languages(visitor: Visitor, link: str) -> None:
    found = visitor.faults(link)
    visitor.page.locator("main form button").click()
    for path in ("/me/", "/me/?lang=es"):
        found += visitor.faults(path)
        assert visitor.page.locator("#feed-address").is_visible()
    assert found == []
    visitor.page.locator("main form button").first.click()
    assert visitor.faults(link) == [], "a link that has been used up"


def test_everything_without_javascript(without_javascript: Visitor, link: str) -> None:
    page = without_javascript.open(link)
    page.get_by_role("button", name="Open my page").click()
    assert page.get_by_role("link", name="Town hall: the city budget").first.is_visible()
    old = page.get_by_label("Address of the feed").input_value()
    page.get_by_text("Has somebody else got this address?").click()
    page.get_by_role("button", name="Make a new address").click()
    assert page.get_by_label("Address of the feed").input_value() != old
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("button", name="Send me the link").is_visible()
