"""Letters with everything that a letter can hold, and their desk, in a real browser."""

from datetime import date
from typing import NamedTuple

import pytest

from notifications.models import SubscriptionRequest
from notifications.subscriptions import addresses
from tests.browser.looking import Visitor
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
def site(visitor: Visitor) -> Site:
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


@pytest.mark.slow
def test_letters_and_what_is_behind_their_links(visitor: Visitor, site: Site) -> None:
    paths = [
        "/letters/", "/letters/?topic=gone", site.letter, f"/es{site.letter}", site.confirm,
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
