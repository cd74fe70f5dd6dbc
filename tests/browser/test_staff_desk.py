"""The desk in a real browser: accessible, narrow enough, quiet, and without JavaScript."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from events import clock
from events.actions.calling_off import cancel_event
from events.actions.follow_ups import note_follow_up
from events.actions.preparation import TaskDraft, add_task
from events.actions.promises import make_promise
from events.models import (
    AccessRequest,
    Event,
    FollowUp,
    Mode,
    Office,
    Promise,
    StaffUser,
    Task,
    Topic,
)
from notifications.delivery.suppression import suppress
from tests.browser.looking import Visitor
from tests.factories import (
    PASSWORD,
    make_claim,
    make_event,
    make_office,
    make_question,
    make_rsvp,
    make_shift,
    make_staff,
    make_topic,
)
from tests.notifications.mailing import plan

pytestmark = pytest.mark.browser

PAGES = [
    "", "events/", "events/?view=drafts", "events/new/", "events/{event}/", "events/{event}/edit/",
    "events/{event}/guests/", "events/{event}/guests/new/", "events/{event}/guests/sheet/",
    "access/", "access/?show=arranged", "access/caller/?event={event}&q=a", "access/{access}/",
    "events/{event}/follow-ups/", "follow-ups/{note}/", "follow-ups/{note}/remove/",
    "events/{event}/preparation/", "tasks/{task}/",
    "offices/district-4/checklist/",
    "events/{over}/afterwards/", "events/{over}/minutes/", "promises/", "promises/{promise}/",
    "events/{event}/questions/", "events/{event}/agenda/", "offices/district-4/notice/",
    "events/{event}/history/", "events/{off}/poster/",
    "calls/", "events/{event}/reschedule/", "events/{event}/cancel/",
    "events/{draft}/post/", "events/{draft}/delete/", "venues/", "venues/new/", "topics/",
    "topics/new/", "offices/district-4/", "members/", "calendar/", "no-mail/",
    "subscribers/", "subscribers/import/",
    "embed/", "embed/?what=events&limit=0", "messages/", "messages/rsvp_confirmed/",
    "messages/letter_posted/?language=es", "deliveries/", "deliveries/?state=failed&since=x",
    "deliveries/{delivery}/", "deliveries/why/", "deliveries/why/?event={event}&email=a@b.example",
]  # fmt: skip


@pytest.fixture
def office(browser: Browser, live_server: LiveServer, settings: Settings) -> Office:
    settings.SITE_URL = live_server.url
    now = clock.now()
    office = make_office(slug="district-4", name="Office of Council Member Rivera", now=now)
    make_topic("town-halls", now=now)
    starts_at = now + timedelta(days=3)
    event = make_event(
        office, title="Budget night", mode=Mode.BOTH, capacity=2, remote_capacity=9,
        starts_at=starts_at, now=now,
    )  # fmt: skip
    make_event(office, title="Half written", post=False, starts_at=starts_at, now=now)
    make_rsvp(event, party_size=2, access_needs=["asl"], access_note="Front row", now=now)
    make_question(event, "Who pays for a broken street light?", now=now)
    make_question(event, "Where is the new bus stop?", publish=True, now=now)
    make_rsvp(event, name="Wilhelmina Featherstonehaugh-Montgomery", now=now)
    make_claim(make_shift(event, now=now), now=now)
    off = make_event(office, title="Called off", starts_at=starts_at, now=now)
    cancel_event(event_id=off.pk, reason="The river is over its banks.", now=now)
    add_task(
        event_id=event.pk, task=TaskDraft("Book the room", 30), now=now, actor=make_staff(office)
    )
    note_follow_up(
        event_id=event.pk, name="Wanda, 555-0177", words="A call about the bus stop",
        due=now.date() - timedelta(days=2), now=now, actor=make_staff(office),
    )  # fmt: skip
    over = make_event(office, title="Over", starts_at=now - timedelta(days=9), now=now)
    make_promise(
        event_id=over.pk, text="Count the cars on Park Street", due=now.date() - timedelta(days=2),
        now=now, actor=make_staff(office),
    )  # fmt: skip
    for reason in ("bounced", "complained"):
        email = f"wilhelmina.featherstonehaugh.montgomery@{reason}.example.org"
        guest = make_rsvp(event, email=email, now=now)
        said = "RCPT: 550 5.1.1 <(address)>: Recipient address rejected: User unknown"
        suppress(email=str(guest.person.email), scope="all", reason=reason, detail=said, now=now)
    return office


def signed_in(page: Page, live_server: LiveServer, user: StaffUser) -> Page:
    page.goto(f"{live_server.url}/staff/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


@pytest.fixture(params=[1280, 360])
def bare(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a browser without JavaScript, wide and narrow."""
    context = browser.new_context(
        viewport={"width": request.param, "height": 900}, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


@pytest.mark.slow
def test_every_page_is_accessible_and_fits_the_screen(visitor: Visitor, office: Office) -> None:
    visitor.log_in(make_staff(office).email, PASSWORD)
    keys = {
        "event": Event.objects.get(title="Budget night").pk,
        "draft": Event.objects.get(title="Half written").pk,
        "access": AccessRequest.objects.get().pk,
        "off": Event.objects.get(title="Called off").pk,
        "over": Event.objects.get(title="Over").pk,
        "task": Task.objects.get().pk,
        "note": FollowUp.objects.get().pk,
        "promise": Promise.objects.get().pk,
        "delivery": plan(clock.now())[0].pk,
    }
    paths = [f"/staff/{path.format(**keys)}" for path in PAGES]
    paths += ["/es/staff/", "/es/staff/events/", f"/es/staff/events/{keys['event']}/edit/"]
    paths += ["/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/password/change/"]
    assert [fault for path in paths for fault in visitor.faults(path)] == []


@pytest.mark.slow
def test_refused_forms_and_the_review_are_accessible(visitor: Visitor, office: Office) -> None:
    visitor.log_in(make_staff(office).email, PASSWORD)
    page = visitor.open("/staff/events/new/")
    page.get_by_role("button", name="Save and post").click()
    assert page.title().startswith("Error: ")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert visitor.faults_here("a refused event") == []
    event = Event.objects.get(title="Budget night")
    visitor.open(f"/staff/events/{event.pk}/edit/")
    page.get_by_label("Places in the room").fill("9")
    page.get_by_label("Link to join online").fill("https://meet.example.org/other")
    page.get_by_role("button", name="Save", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "Check before saving"
    assert visitor.faults_here("the review") == []
    visitor.open(f"/staff/access/{AccessRequest.objects.get().pk}/")
    page.get_by_role("button", name="Save the refusal and tell them").click()
    assert page.title().startswith("Error: ")
    assert visitor.faults_here("a refusal without reasons") == []


@pytest.mark.parametrize("language", ["", "/es"])
def test_the_parts_of_the_desk_take_two_lines_of_a_phone_and_open_by_keyboard(
    bare: Page, live_server: LiveServer, office: Office, language: str
) -> None:
    signed_in(bare, live_server, make_staff(office))
    bare.goto(f"{live_server.url}{language}/staff/topics/")
    parts = bare.locator(".side-nav")
    here = parts.locator("a[aria-current=page]")
    if bare.viewport_size == {"width": 1280, "height": 900}:
        assert parts.get_by_role("link").count() == parts.locator("a").count()
        assert here.is_visible()
        return
    bare.set_viewport_size({"width": 320, "height": 900})
    shown = [box for box in map(_box, parts.locator("a, summary").all()) if box]
    assert len(shown) == 4 + 3
    assert len({box["y"] for box in shown}) == 2
    # The group of the page is marked; its entries come with a key, those of the other groups go.
    group = parts.locator("summary[aria-current=true]")
    assert not here.is_visible()
    group.press("Enter")
    assert here.is_visible()
    assert _box(group)["y"] < _box(here)["y"]
    parts.locator("summary").first.press("Enter")
    assert not here.is_visible()
    people = parts.get_by_role("list", name="People" if not language else "Personas")
    assert people.get_by_role("link").count() > 1
    assert parts.get_by_role("link").count() == 4 + people.get_by_role("link").count()


def _box(entry: Locator) -> dict[str, float]:
    return dict(entry.bounding_box() or {})


def test_without_scripts_an_event_is_written_posted_and_called_off(
    live_server: LiveServer, bare: Page, office: Office
) -> None:
    signed_in(bare, live_server, make_staff(office))
    bare.get_by_role("link", name="New event").first.click()
    day = (clock.now() + timedelta(days=20)).date().isoformat()
    bare.get_by_label("Title (English)").fill("Coffee with the council member")
    bare.get_by_label("Date", exact=True).fill(day)
    bare.get_by_label("Starts").fill("08:30")
    bare.get_by_label("Ends").fill("10:00")
    bare.get_by_label("Place", exact=True).select_option(index=1)
    bare.get_by_role("button", name="Save and post").click()
    assert bare.get_by_text("Posted. Everybody can see it now.").is_visible()
    bare.get_by_role("link", name="Guests").click()
    bare.get_by_role("link", name="Add a guest").click()
    bare.get_by_label("Name").fill("Dolores Vega")
    bare.get_by_label("Phone number").fill("555-0171")
    bare.get_by_role("button", name="Add the guest").click()
    assert bare.get_by_text("Dolores Vega has a place.").is_visible()
    bare.get_by_role("link", name="Coffee with the council member").click()
    bare.get_by_role("link", name="Cancel", exact=True).click()
    bare.get_by_label("Why?").fill("The café is closed.")
    bare.get_by_role("button", name="Cancel the event").click()
    assert bare.get_by_text("The café is closed.").is_visible()


def test_what_was_typed_survives_being_signed_out(
    bare: Page, live_server: LiveServer, office: Office
) -> None:
    user = make_staff(office)
    signed_in(bare, live_server, user)
    bare.goto(f"{live_server.url}/staff/topics/new/")
    bare.get_by_label("Name", exact=True).fill("Trees & “shade”")
    bare.context.clear_cookies(name="sessionid")
    bare.get_by_role("button", name="Save").click()
    assert bare.get_by_role("heading", name="You have been signed out").is_visible()
    with bare.context.expect_page() as opened:
        bare.get_by_role("link", name="Sign in (opens in a new tab)").click()
    beside = opened.value
    beside.get_by_label("Email").fill(user.email)
    beside.get_by_label("Password").fill(PASSWORD)
    beside.get_by_role("button", name="Sign in").click()
    assert beside.get_by_role("heading", name="You are signed in").is_visible()
    bare.get_by_role("button", name="Continue").click()
    assert bare.get_by_text("Trees & “shade”").is_visible()
    bare.get_by_role("button", name="Send it again").click()
    assert bare.get_by_text("The topic is there.").is_visible()
    assert Topic.objects.filter(name="Trees & “shade”").count() == 1


@pytest.mark.slow
def test_pages_that_keep_a_form_are_accessible(visitor: Visitor, office: Office) -> None:
    user = make_staff(office)
    visitor.log_in(user.email, PASSWORD)
    page = visitor.open("/staff/topics/new/")
    page.get_by_label("Name", exact=True).fill("Trees")
    visitor.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Save").click()
    found = visitor.faults_here("signed out")
    page.get_by_role("button", name="Continue").click()
    found += visitor.faults_here("signed out, still")
    visitor.log_in(user.email, PASSWORD)
    page = visitor.open("/staff/topics/new/")
    page.get_by_label("Name", exact=True).fill("Trees")
    visitor.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("heading", name="Please send it once more").is_visible()
    assert found + visitor.faults_here("old token") == []
