"""Letters and sign-ups in a real browser: accessible, narrow enough, and without JavaScript."""

import shutil
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from notifications.models import SubscriptionRequest
from notifications.subscriptions import addresses
from tests.factories import PASSWORD, make_office, make_staff, make_topic
from tests.notifications.mailing import make_letter, make_reader

pytestmark = pytest.mark.browser

BODY = """Dear Director,

## What we ask

1. Paint the curb **red**.
2. Answer [by June](https://example.org/a-very-long-address-that-does-not-want-to-break/notes.html).

> “I have been late eleven times.”

| Block | Cars on the sidewalk in front of the school |
|---|---|
| 7th to 8th | 12 |
"""
LONG = "Responsabilidades internacionalizadas de las administraciones metropolitanas"


class Site(NamedTuple):
    """Where the pages are."""

    letter: str
    confirm: str
    preferences: str
    unsubscribe: str
    draft: str
    staff: str


@pytest.fixture
def site(live_server: LiveServer) -> Site:
    office = make_office(public_record_text="What you send us may be a public record.")
    topics = [
        make_topic("housing", description="Bills, votes and what they change for you."),
        make_topic("trees"),
    ]
    letter = make_letter(
        office,
        body=BODY,
        topics=topics,
        translations={"es": {"title": LONG, "body": "Estimado director:"}},
    )
    make_letter(office, title=LONG, dated=date(2019, 5, 3), mails=False)
    draft = make_letter(office, topics=topics, post=False)
    ana = make_reader(office, topics)
    make_reader(office, topics, proven=False)
    asked = SubscriptionRequest.objects.latest("pk")
    return Site(
        letter=letter.get_absolute_url(),
        confirm=addresses.confirm_path(asked.pk),
        preferences=addresses.preferences_path(ana.pk, office.pk),
        unsubscribe=addresses.unsubscribe_path(ana.pk, office.pk),
        draft=f"/staff/letters/{draft.pk}/",
        staff=make_staff(office).email,
    )


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    """Start Debian's Chromium for one test, after the site has its letters."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


def faults(browser: Browser, addresses_: list[str]) -> list[str]:
    """What axe, a screen of 320 pixels and the console say of pages."""
    found: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: found.append(message.text))
    for address in addresses_:
        page.goto(address)
        found += faults_of(page, address)
    return found


def faults_of(page: Page, address: str) -> list[str]:
    found = []
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        for each in Axe().run(page).response["violations"]:
            found.append(f"{address} at {width}: {each['id']}: {each['nodes'][0]['html']}")
    page.set_viewport_size({"width": 320, "height": 900})
    if page.evaluate("document.documentElement.scrollWidth") != 320:
        found.append(f"{address} scrolls sideways at 320 pixels")
    return found


def test_the_public_pages(live_server: LiveServer, site: Site, browser: Browser) -> None:
    paths = [
        "/letters/", "/es/letters/", "/letters/?topic=gone", site.letter, f"/es{site.letter}",
        "/subscribe/", "/es/subscribe/", "/subscribe/sent/", site.confirm, site.preferences,
        f"{site.unsubscribe}?lang=es", site.unsubscribe,
    ]  # fmt: skip
    assert faults(browser, [f"{live_server.url}{path}" for path in paths]) == []


def test_a_refused_sign_up(live_server: LiveServer, site: Site, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 900})
    page.goto(f"{live_server.url}/es/subscribe/")
    page.click("form.form button[type=submit]")
    assert page.title().startswith("Error")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert faults_of(page, page.url) == []


def test_a_sign_up_without_javascript(
    live_server: LiveServer, site: Site, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}{site.letter}")
    # The topics of the letter are ticked: an address is all there is to type.
    page.fill("input[name=email]", "somebody.new@example.org")
    page.click("aside form button[type=submit]")
    assert page.url == f"{live_server.url}/subscribe/sent/"

    page.goto(f"{live_server.url}{site.confirm}")
    page.click("main form button[type=submit]")
    assert page.inner_text("h1") == "You are on the list"
    page.click("text=Change your topics")
    page.click("label:has-text('Trees')")
    page.click("main .form button[type=submit]")
    assert "Saved. This is what you get from now on." in page.inner_text("main")
    assert page.is_checked("input[value=housing]")
    assert not page.is_checked("input[value=trees]")
    page.click("aside form button[type=submit]")
    assert page.inner_text("h1") == "No more letters"
    assert [cookie["name"] for cookie in context.cookies()] == ["proof"]


def test_the_desk_writes_and_posts_a_letter_without_javascript(
    live_server: LiveServer, site: Site, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/staff/letters/new/")
    page.fill("[name=login]", site.staff)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.fill("[name=title]", "Trees on Park Street")
    page.fill("[name=body]", "Dear *neighbors*,")
    page.click("label:has-text('Housing')")
    page.click("button[value=preview]")
    assert page.inner_text(".letter-preview em") == "neighbors"
    page.click("button[value=check]")
    assert "1 reader in all gets it, once." in page.inner_text("main")
    page.click("text=Post the letter")
    page.click("text=Public page")
    assert page.url == f"{live_server.url}/letters/trees-on-park-street/"


def test_the_pages_of_the_desk(live_server: LiveServer, site: Site, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{live_server.url}/staff/letters/")
    page.fill("[name=login]", site.staff)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    found = []
    for path in (
        "/staff/letters/", "/staff/letters/?view=posted", "/staff/letters/new/",
        site.draft, f"{site.draft}post/", f"{site.draft}delete/",
    ):  # fmt: skip
        page.goto(f"{live_server.url}{path}")
        found += faults_of(page, path)
    page.goto(f"{live_server.url}/staff/letters/new/")
    page.click("button[value=check]")
    found += faults_of(page, "a refused letter")
    assert found == []
