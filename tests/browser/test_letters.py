"""Letters with everything that a letter can hold, and their desk, in a real browser."""

from datetime import date
from typing import NamedTuple

import pytest

from notifications.letters.posted import retract_letter, set_outcome
from notifications.models import Delivery, Letter, SubscriptionRequest
from notifications.subscriptions import addresses
from tests.browser.looking import Visitor
from tests.factories import NOW, PASSWORD, make_office, make_staff, make_topic
from tests.notifications.mailing import make_letter, make_reader, plan

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
    retracted: str
    #: Its page on the desk.
    posted: str
    confirm: str
    preferences: str
    unsubscribe: str
    draft: str
    staff: str


@pytest.fixture
def site(visitor: Visitor) -> Site:
    office = make_office(public_record_text="What you send us may be a public record.")
    topics = [
        make_topic("housing", description="Bills, votes and what they change for you."),
        make_topic("trees"),
    ]
    parking = make_topic("parking")
    for _ in range(4):
        make_reader(office, [parking])
    letter = make_letter(
        office,
        body=BODY,
        topics=[*topics, parking],
        translations={"es": {"title": LONG, "body": "Estimado director:"}},
    )
    make_letter(office, title=LONG, dated=date(2019, 5, 3), mails=False)
    draft = make_letter(office, topics=topics, post=False)
    wrong = make_letter(office, title="Trees")
    retract_letter(letter_id=wrong.pk, reason="A number was wrong.", now=NOW)
    set_outcome(letter_id=letter.pk, outcome="She will count.", on=date(2026, 6, 1), now=NOW)
    plan()
    _let_some_fail(letter)
    ana = make_reader(office, topics)
    make_reader(office, topics, proven=False)
    asked = SubscriptionRequest.objects.latest("pk")
    return Site(
        letter=letter.get_absolute_url(),
        retracted=wrong.get_absolute_url(),
        posted=f"/staff/letters/{letter.pk}/",
        confirm=addresses.confirm_path(asked.pk),
        preferences=addresses.preferences_path(ana.pk, office.pk),
        unsubscribe=addresses.unsubscribe_path(ana.pk, office.pk),
        draft=f"/staff/letters/{draft.pk}/",
        staff=make_staff(office).email,
    )


def _let_some_fail(letter: Letter) -> None:
    copies = list(Delivery.objects.filter(letter_id=letter.pk).order_by("pk"))
    assert len(copies) == 4
    for copy, state in zip(copies, ("failed", "unknown", "accepted"), strict=False):
        error = "" if state == "accepted" else "RCPT: 550 5.1.1 " + "No-such-user" * 8
        Delivery.objects.filter(pk=copy.pk).update(state=state, error=error, finished_at=NOW)


@pytest.mark.slow
def test_letters_and_what_is_behind_their_links(visitor: Visitor, site: Site) -> None:
    paths = [
        "/letters/", "/letters/?topic=gone", site.letter, f"/es{site.letter}", site.retracted,
        f"/es{site.retracted}", site.confirm,
        site.preferences, f"{site.preferences}?lang=es", site.unsubscribe,
        f"{site.unsubscribe}?lang=es",
    ]  # fmt: skip
    assert [fault for path in paths for fault in visitor.faults(path)] == []
    assert visitor.context.cookies() == []


@pytest.mark.slow
def test_the_desk_of_letters(visitor: Visitor, site: Site) -> None:
    visitor.log_in(site.staff, PASSWORD)
    paths = [
        "/staff/letters/", "/es/staff/letters/?view=posted", "/staff/letters/new/",
        site.draft, f"{site.draft}post/", f"/es{site.draft}post/", f"{site.draft}delete/",
        f"{site.posted}account/", f"/es{site.posted}account/", f"{site.posted}account/failed/",
        f"{site.posted}resend/failed/", f"/es{site.posted}resend/unknown/",
        f"{site.posted}retract/", f"{site.posted}outcome/", "/staff/letters/?view=scheduled",
        "/staff/letters/?view=retracted",
    ]  # fmt: skip
    found = [fault for path in paths for fault in visitor.faults(path)]
    page = visitor.open("/staff/letters/new/")
    page.click("button[value=check]")
    assert page.title().startswith("Error: ")
    assert found + visitor.faults_here("a refused letter") == []


def test_the_desk_writes_and_posts_a_letter_without_javascript(
    without_javascript: Visitor, site: Site
) -> None:
    sam = without_javascript
    sam.log_in(site.staff, PASSWORD)
    page = sam.open("/staff/letters/new/")
    page.fill("[name=title]", "Trees on Park Street")
    page.fill("[name=body]", "Dear *neighbors*,")
    page.click("label:has-text('Housing')")
    page.click("button[value=preview]")
    assert page.inner_text(".letter-preview em") == "neighbors"
    page.click("button[value=check]")
    assert "1 reader in all gets it, once." in page.inner_text("main")
    page.click("text=Post the letter")
    page.click("text=Public page")
    assert page.url == f"{sam.address}/letters/trees-on-park-street/"


def test_the_preview_follows_what_is_typed_and_saves_nothing(visitor: Visitor, site: Site) -> None:
    visitor.log_in(site.staff, PASSWORD)
    page = visitor.open("/staff/letters/new/")
    letters = Letter.objects.count()
    page.fill("[name=title]", "Trees")
    page.fill("[name=body]", "Plant *trees*.")
    preview = page.wait_for_selector("[data-live-preview] .letter-preview em")
    assert preview is not None
    assert preview.inner_text() == "trees"
    page.fill("[name=body]", "Plant **more**.")
    page.wait_for_selector("[data-live-preview] .letter-preview strong")
    assert page.url.endswith("/staff/letters/new/")
    assert Letter.objects.count() == letters
    assert visitor.complaints == []


def test_the_progress_of_a_letter_renews_itself(visitor: Visitor, site: Site) -> None:
    visitor.log_in(site.staff, PASSWORD)
    page = visitor.open(f"{site.posted}account/")
    assert "3 of 4 done" in page.inner_text("#progress")
    Delivery.objects.filter(state="due").update(state="accepted", finished_at=NOW)
    page.wait_for_selector("#progress:not([data-progress])", timeout=15_000)
    assert "2 Accepted" in page.inner_text("#progress").replace("\n", " ")
    assert visitor.complaints == []
