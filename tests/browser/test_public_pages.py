"""Every public page of the demo, in both languages, in its different states."""

import pytest

from events import links
from events.models import RSVP, AccessRequest, Event, Question
from notifications.models import Letter
from tests.browser.looking import LANGUAGES, Visitor
from volunteers.models import Shift, ShiftClaim

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("demo")]


def event(word: str) -> str:
    return Event.objects.filter(title__icontains=word).earliest("starts_at").get_absolute_url()


def events() -> dict[str, str]:
    """The paths of the demo's events, each in another state."""
    return {
        "open": event("budget"),
        "full": event("Park Street"),
        "cancelled": event("Coffee"),
        "postponed": event("Movie"),
        "online": event("rent law"),
        "without RSVPs": event("creek"),
        "past": event("housing in"),
    }


def open_question() -> int:
    return Question.objects.published().filter(answered="").earliest("pk").pk


def questions() -> list[str]:
    """The paths of own questions in each state, and of a link to vote."""
    vote = links.sign(links.VOTE, open_question(), RSVP.objects.earliest("pk").person_id)
    asked = {one.state: one for one in Question.objects.order_by("-pk")}
    return [f"/votes/{vote}/"] + [
        f"/questions/{links.token_for(links.QUESTION, one)}/" for one in asked.values()
    ]


def public_paths() -> list[str]:
    open_shift = Shift.objects.filter(role__name="Note taker").earliest("pk").get_absolute_url()
    full_shift = ShiftClaim.objects.in_line().earliest("pk").shift.get_absolute_url()
    return [
        "/", "/events/", "/events/?when=past", "/events/?q=nothing+of+that+name",
        *events().values(), f"{event('budget')}rsvp/sent/", f"{event('budget')}agenda/",
        f"{event('budget')}notice/", f"{event('Coffee')}notice/", "/calendar/",
        f"{event('budget')}questions/", f"{event('budget')}questions/projector/",
        f"{event('budget')}questions/sent/", f"/questions/{open_question()}/vote/",
        "/volunteer/", open_shift, full_shift, f"{open_shift}claim/sent/",
        "/letters/", Letter.objects.posted().latest("pk").get_absolute_url(),
        "/subscribe/", "/subscribe/sent/", "/feeds/", "/accounts/login/",
        "/accounts/password/reset/", "/no/such/page/",
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_public_pages_are_open_to_everybody(visitor: Visitor, language: str) -> None:
    found = []
    for path in public_paths():
        found += visitor.faults(language + path)
    assert found == []
    cookies = [cookie["name"] for cookie in visitor.context.cookies()]
    assert cookies == ["csrftoken"], "of the staff's door; no other page sets one"


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_behind_mailed_links_are_open_to_everybody(visitor: Visitor, language: str) -> None:
    place = RSVP.objects.confirmed().filter(event__title__contains="budget").earliest("pk")
    waits = RSVP.objects.in_line().earliest("pk")
    shift = ShiftClaim.objects.confirmed().earliest("pk")
    waits_for_shift = ShiftClaim.objects.in_line().earliest("pk")
    own, in_line = (f"/rsvps/{links.token_for(links.RSVP, rsvp)}/" for rsvp in (place, waits))
    helped, not_helped = (
        f"/rsvps/{links.token_for(links.RSVP, one.rsvp)}/"
        for one in (
            AccessRequest.objects.wanted().arranged().earliest("pk"),
            AccessRequest.objects.wanted().cannot().earliest("pk"),
        )
    )
    claim, claim_in_line = (
        f"/claims/{links.token_for(links.CLAIM, one)}/" for one in (shift, waits_for_shift)
    )
    found = []
    for path in (
        own, f"{own}confirm/", f"{own}change/", f"{own}cancel/", in_line, f"{in_line}change/",
        f"{own}questions/", *questions(), helped, not_helped, claim, f"{claim}release/",
        claim_in_line, "/me/",
    ):  # fmt: skip
        found += visitor.faults(path + language.replace("/", "?lang="))
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_refused_forms_are_open_to_everybody(visitor: Visitor, language: str) -> None:
    shift = Shift.objects.filter(role__name="Note taker").earliest("pk")
    found = []
    for path in (event("budget"), event("Park Street"), shift.get_absolute_url(), "/subscribe/"):
        page = visitor.open(language + path)
        page.locator("main form.form button[type=submit]").last.click()
        assert page.title().startswith("Error: ")
        assert page.evaluate("document.activeElement.className") == "error-summary"
        found += visitor.faults_here(f"{language}{path}, refused")
    assert found == []


def test_a_first_visit_is_light(visitor: Visitor) -> None:
    for path in ("/", event("budget"), "/calendar/", "/volunteer/", "/letters/", "/subscribe/"):
        requests, size = visitor.weight(path)
        assert requests <= 8, path
        assert size <= 100_000, path


@pytest.mark.parametrize("language", ["", "/es"])
@pytest.mark.parametrize("width", [320, 360])
def test_the_navigation_stands_in_one_line_on_a_phone(
    visitor: Visitor, language: str, width: int
) -> None:
    visitor.page.set_viewport_size({"width": width, "height": 900})
    page = visitor.open(f"{language}/calendar/")
    entries = [entry.bounding_box() for entry in page.locator(".site-nav a").all()]
    assert len(entries) == 4
    assert len({entry["y"] for entry in entries if entry}) == 1
