"""Home, the board, a claim and a person's page in a real browser, and without JavaScript."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from events import clock, links
from events.actions.people import request_sign_in, sign_in_token
from events.models import Office, SignInLink
from tests.browser.test_parts import browser  # noqa: F401  a fixture
from tests.factories import make_claim, make_event, make_office, make_rsvp, make_shift, make_topic
from volunteers.models import ShiftClaim

pytestmark = pytest.mark.browser


@pytest.fixture
def office(live_server: LiveServer, settings, monkeypatch: pytest.MonkeyPatch) -> Office:
    # Playwright's loop runs in this thread, and Django would take us for a coroutine.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    settings.SITE_URL = live_server.url
    now = clock.now()
    office = make_office(name="Office of Council Member Rivera", now=now)
    make_topic("town-halls", now=now)
    event = make_event(office, title="Budget night", starts_at=now + timedelta(days=3), now=now)
    make_shift(event, now=now, minimum=2)
    full = make_shift(office=office, now=now, capacity=1)
    make_claim(full, now=now)
    return office


@pytest.fixture(params=[1280, 360])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:  # noqa: F811
    """A page of a browser without JavaScript, wide and narrow."""
    context = browser.new_context(
        viewport={"width": request.param, "height": 900}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def test_claim_without_scripts_from_the_home_page_to_giving_it_back(
    live_server: LiveServer, page: Page, office: Office
) -> None:
    page.goto(live_server.url)
    page.get_by_role("link", name="Greeter").first.click()
    page.get_by_role("button", name="Take this shift").click()
    assert page.title().startswith("Error: ")
    page.get_by_label("Your name").fill("Bea Cruz")
    page.get_by_label("Email address").fill("bea@example.org")
    page.get_by_role("button", name="Take this shift").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Check your email"
    claim = ShiftClaim.objects.get(name="Bea Cruz")
    # The link that was mailed.
    page.goto(f"{live_server.url}/claims/{links.token_for(links.CLAIM, claim)}/")
    page.get_by_role("button", name="Yes, I will come").click()
    assert page.get_by_role("heading", name="The shift is yours").is_visible()
    page.get_by_role("link", name="I cannot come").click()
    page.get_by_role("button", name="Give this shift back").click()
    assert page.get_by_role("heading", name="You gave this shift back").is_visible()


def test_sign_in_without_scripts_to_everything_and_out_again(
    live_server: LiveServer, page: Page, office: Office
) -> None:
    now = clock.now()
    event = make_event(office, title="Rent night", starts_at=now + timedelta(days=4), now=now)
    make_rsvp(event, email="ana@example.org", now=now)
    request_sign_in(email="ana@example.org", now=now)
    page.goto(f"{live_server.url}/me/{sign_in_token(SignInLink.objects.get())}/")
    page.get_by_role("button", name="Open my page").click()
    assert page.get_by_role("link", name="Rent night").is_visible()
    old = page.get_by_label("Address of the feed").input_value()
    page.get_by_text("Has somebody else got this address?").click()
    page.get_by_role("button", name="Make a new address").click()
    assert page.get_by_label("Address of the feed").input_value() != old
    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("button", name="Send me the link").is_visible()


@pytest.mark.parametrize("language", ["", "/es"])
def test_pages_are_accessible_and_fit_the_screen(
    live_server: LiveServer,
    browser: Browser,  # noqa: F811
    office: Office,
    language: str,
) -> None:
    claim = ShiftClaim.objects.get()
    own = f"/claims/{links.token_for(links.CLAIM, claim)}/"
    full = f"{language}/volunteer/shifts/{claim.shift_id}/"
    asked = "?lang=es" if language else ""
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for path in (
        f"{language}/",
        f"{language}/volunteer/",
        f"{language}/volunteer/?event=none",
        full,
        f"{full}claim/sent/",
        own + asked,
        f"{own}release/{asked}",
        f"/me/{asked}",
        "/api/v1/docs",
    ):
        page.goto(live_server.url + path)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], path
        page.set_viewport_size({"width": 320, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == 320, path
    assert complaints == []
    page.goto(live_server.url + full)
    page.locator("form.form button").click()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.activeElement.className") == "error-summary"
