"""The door of a town hall in real browsers: two phones at once, a line that breaks, no scripts."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from events import clock
from events.actions import door
from events.actions.offices import edit_venue
from events.models import Entry, Event, Office
from tests.browser.looking import OF_THE_ANSWER, Visitor
from tests.factories import PASSWORD, make_event, make_office, make_rsvp, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def office(live_server: LiveServer, settings: Settings) -> Office:
    settings.SITE_URL = live_server.url
    return make_office(now=clock.now())


@pytest.fixture
def event(office: Office) -> Event:
    """A town hall whose doors have just opened, in a room of 61 seats."""
    now = clock.now()
    starts_at = now - timedelta(minutes=5)
    return make_event(
        office, starts_at=starts_at, capacity=61, hours=3, now=now - timedelta(days=2)
    )


@pytest.fixture
def doors(browser: Browser, office: Office, live_server: LiveServer) -> Iterator[list[Visitor]]:
    """Two members of staff, each with a phone."""
    with ExitStack() as stack:
        phones = [stack.enter_context(Visitor(browser, live_server.url)) for _ in range(2)]
        for phone in phones:
            phone.log_in(make_staff(office, now=clock.now()).email, PASSWORD)
        yield phones


def guests_of(event: Event, number: int) -> None:
    for n in range(number):
        make_rsvp(event, name=f"Guest {n:02}", now=event.created_at)


def button(page: Page, name: str) -> Locator:
    """The button of this name, part of which only screen readers hear."""
    words = re.escape(name).replace(":", " ?:")
    return page.get_by_role("button", name=re.compile(f"^{words}$"))


def tap(page: Page, name: str) -> None:
    """Tap, without waiting for the answer."""
    button(page, name).click(no_wait_after=True)


def hold(route: Route, body: str, held: list[Route]) -> None:
    """Keep what is sent with ``body`` on its way; let all else go on."""
    if body in (route.request.post_data or ""):
        held.append(route)
    else:
        route.continue_()


def settled(page: Page) -> None:
    expect(page.locator(".htmx-request")).to_have_count(0)


@pytest.mark.slow
def test_two_doors_check_in_fifty_guests_and_count_eleven_others(
    doors: list[Visitor], event: Event
) -> None:
    guests_of(event, 50)
    left, right = (phone.open(f"/staff/events/{event.pk}/door/") for phone in doors)
    for n in range(25):
        for page, number in ((left, n), (right, 49 - n)):
            page.get_by_label("Name, email or phone").fill(f"Guest {number:02}")
            button(page, f"Check in: Guest {number:02}").wait_for()
        # Both at once.
        for page, number in ((left, n), (right, 49 - n)):
            tap(page, f"Check in: Guest {number:02}")
            if n < 5:
                expect(page.get_by_text(f"Guest {number:02}: 1 person is in.")).to_be_visible()
                tap(page, "+1 people")
        for page in (left, right):
            settled(page)
    tap(left, "+1 people")
    expect(left.get_by_text("1 person is in.", exact=True)).to_be_visible()
    assert door.inside(event) == 61
    assert Entry.objects.exclude(rsvp=None).values("rsvp").distinct().count() == 50
    # Each sees what the other has done, without a new page.
    for page in (left, right):
        expect(page.locator("#door-figures")).to_contain_text("61 inside", timeout=8000)
    assert [phone.complaints for phone in doors] == [[], []]


def test_a_tap_that_does_not_get_through_stays_and_is_safe_to_repeat(
    doors: list[Visitor], event: Event
) -> None:
    guests_of(event, 1)
    page = doors[0].open(f"/staff/events/{event.pk}/door/")
    failed = page.get_by_text("This did not get through. Tap again; nobody is counted twice.")

    doors[0].context.set_offline(True)
    tap(page, "+3 people")
    expect(failed.locator("visible=true")).to_have_count(1)
    doors[0].context.set_offline(False)
    tap(page, "+3 people")
    expect(page.get_by_text("3 people are in.", exact=True)).to_be_visible()
    assert door.inside(event) == 3
    # Who works with the keyboard is still where they were.
    expect(button(page, "+3 people")).to_be_focused()

    def lose_the_answer(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    page.route("**/door/guests/**", lose_the_answer)
    tap(page, "Check in: Guest 00")
    expect(failed.locator("visible=true")).to_have_count(1)
    assert door.inside(event) == 4, "it did get through"
    page.unroute("**/door/guests/**")
    tap(page, "Check in: Guest 00")
    expect(page.get_by_text("Guest 00: 1 person is in.")).to_be_visible()
    assert door.inside(event) == 4


def test_of_two_quick_taps_neither_is_lost_without_a_word(
    doors: list[Visitor], event: Event
) -> None:
    page = doors[0].open(f"/staff/events/{event.pk}/door/")
    held: list[Route] = []
    page.route("**/door/walk-in/", lambda route: hold(route, "people=2", held))

    def both() -> Route:
        tap(page, "+2 people")
        tap(page, "+1 people")
        expect(page.get_by_text("1 person is in.", exact=True)).to_be_visible()
        return held.pop()

    failed = page.get_by_text("This did not get through. Tap again; nobody is counted twice.")
    both().abort()
    expect(failed.locator("visible=true")).to_have_count(1)
    page.unroute("**/door/walk-in/")
    page.locator(".tap", has=failed.locator("visible=true")).get_by_role("button").click()
    expect(page.get_by_text("2 people are in.", exact=True)).to_be_visible()
    expect(failed.locator("visible=true")).to_have_count(0)
    assert door.inside(event) == 3

    page.route("**/door/walk-in/", lambda route: hold(route, "people=2", held))
    second = both()
    # The room is full by now: the second is told no, on the page that the first has brought.
    assert event.venue is not None
    edit_venue(venue_id=event.venue.pk, changes={"posted_occupancy": 4}, now=clock.now())
    second.continue_()
    expect(page.get_by_text("The sign by the door allows 4 people")).to_be_visible()
    expect(page.get_by_role("heading", name="Count people who are on no list")).to_have_count(1)
    assert door.inside(event) == 4


def test_a_door_whose_session_has_ended_leads_to_the_login_and_back(
    doors: list[Visitor], event: Event
) -> None:
    path = f"/staff/events/{event.pk}/door/"
    page = doors[0].open(path)
    doors[0].context.clear_cookies(name="sessionid")
    page.get_by_label("Name, email or phone").fill("guest")
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/accounts/login/\?next={path}$"))


def test_the_door_has_no_faults_open_closed_or_when_it_says_no(
    doors: list[Visitor], event: Event, office: Office
) -> None:
    guests_of(event, 2)
    make_rsvp(event, name="Wilhelmina Featherstonehaugh-Montgomery", party_size=4, now=clock.now())
    path = f"/staff/events/{event.pk}/door/"
    tomorrow = make_event(office, starts_at=clock.now() + timedelta(days=3), now=clock.now())
    assert doors[0].faults(path) == []
    assert doors[0].faults(f"/staff/events/{tomorrow.pk}/door/") == []
    page = doors[0].open(path)
    page.get_by_text("With a name").click()
    page.get_by_label("Name", exact=True).fill("Lu Chen")
    page.get_by_role("spinbutton", name="People", exact=True).fill("50")
    page.get_by_role("button", name="Let them in").click()
    expect(page.get_by_text("Lu Chen: 50 people are in.")).to_be_visible()
    tap(page, "+4 people")
    expect(page.get_by_text("4 people are in.", exact=True)).to_be_visible()
    # Six seats are kept for the guests, and one is free.
    tap(page, "+2 people")
    expect(page.get_by_role("button", name="Let them in all the same")).to_be_visible()
    # The browser's own line for an answer that says no.
    assert [line for line in doors[0].complaints if not line.startswith(OF_THE_ANSWER)] == []
    doors[0].complaints.clear()
    assert doors[0].faults_here("a door that says no") == []
    page.get_by_role("button", name="Let them in all the same").click()
    expect(page.get_by_text("2 people are in.", exact=True)).to_be_visible()


def test_the_door_works_without_scripts(
    without_javascript: Visitor, office: Office, event: Event
) -> None:
    guests_of(event, 2)
    without_javascript.log_in(make_staff(office, now=clock.now()).email, PASSWORD)
    page = without_javascript.open(f"/staff/events/{event.pk}/door/")
    page.get_by_label("Name, email or phone").fill("guest 01")
    page.get_by_role("button", name="Search").click()
    button(page, "Check in: Guest 01").click()
    assert page.get_by_text("Guest 01: 1 person is in.").is_visible()
    button(page, "+2 people").click()
    button(page, "Take back: Guest 01").click()
    assert door.inside(event) == 2
