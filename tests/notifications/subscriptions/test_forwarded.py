"""A letter goes from hand to hand: its links show nothing of its first reader, and do nothing."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from events.models import AuditEntry, Office, Person, Topic
from notifications.models import Subscription, SubscriptionRequest
from notifications.subscriptions.addresses import (
    confirm_path,
    preferences_path,
    unsubscribe_path,
)
from tests.clock import at
from tests.factories import (
    NOW,
    make_claim,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_topic,
)
from tests.notifications.mailing import make_letter, make_reader, plan
from tests.notifications.scenes import read
from tests.pages import page

pytestmark = pytest.mark.django_db

EMAIL = "ana.reyes@mail.example.org"
#: What a friend must not learn of Ana from a mail that she forwarded.
HERS = (
    "ana.reyes", "mail.example", "Ana Reyes", "555-0177", "/rsvps/", "/claims/", "/feeds/me/",
    "Friends of Ben", "They may write to me.", "June 1, 2026",
)  # fmt: skip


@pytest.fixture
def office() -> Office:
    return make_office(name="City Clerk", slug="clerk")


@pytest.fixture
def housing() -> Topic:
    return make_topic("housing")


@pytest.fixture
def ana(office: Office, housing: Topic) -> Person:
    """She gets letters of two offices, comes to an event, and takes a shift."""
    person = make_reader(office, [housing], email=EMAIL)
    Person.objects.filter(pk=person.pk).update(name="Ana Reyes", phone="555-0177")
    make_reader(make_office(kind="campaign", name="Friends of Ben"), [housing], email=EMAIL)
    event = make_event(office)
    make_rsvp(event, email=EMAIL)
    make_claim(make_shift(event), email=EMAIL)
    return person


def paths(ana: Person, office: Office) -> dict[str, str]:
    request = SubscriptionRequest.objects.filter(person=ana, office=office).latest("pk")
    return {
        "preferences": preferences_path(ana.pk, office.pk),
        "unsubscribe": unsubscribe_path(ana.pk, office.pk),
        "confirm": confirm_path(request.pk),
    }


@pytest.mark.parametrize("name", ["preferences", "unsubscribe", "confirm"])
def test_a_page_behind_a_link_shows_nothing_of_the_reader(
    client: Client, ana: Person, office: Office, name: str
) -> None:
    with at(NOW):
        shown = client.get(paths(ana, office)[name])
    assert shown.status_code == 200
    html = shown.content.decode()
    assert [secret for secret in HERS if secret in html] == []
    assert shown["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("name", ["preferences", "unsubscribe", "confirm"])
def test_opening_a_link_does_nothing(
    client: Client, ana: Person, office: Office, name: str
) -> None:
    make_reader(office, [make_topic("trees")], email=EMAIL, proven=False)
    before = list(Subscription.objects.order_by("pk").values())
    entries = AuditEntry.objects.count()
    path = paths(ana, office)[name]
    with at(NOW):
        for answer in (client.get(path), client.head(path), client.get(path + "?List=1")):
            assert answer.status_code == 200
            assert not answer.cookies
    assert list(Subscription.objects.order_by("pk").values()) == before
    assert AuditEntry.objects.count() == entries


def test_the_preferences_page_says_whose_topics_these_are(
    client: Client, ana: Person, office: Office
) -> None:
    shown = page(client.get(preferences_path(ana.pk, office.pk)))
    assert "Sent to a•••@m•••.org." in shown.text
    assert "Did somebody forward this mail to you? Then these are their topics." in shown.text
    assert "/subscribe/?office=clerk" in shown.links


def test_every_link_of_a_forwarded_letter_needs_a_button(
    client: Client, office: Office, housing: Topic
) -> None:
    """A scanner opens every address in the mail; Ana still gets letters."""
    later = NOW + timedelta(hours=1)
    make_reader(office, [housing], email=EMAIL)
    make_letter(office, topics=[housing], now=later)
    (delivery,) = [one for one in plan(later) if one.message == "letter_posted"]
    mail = read(delivery, later)
    links = set(re.findall(r'http://testserver(/[^\s"<>]+)', mail.html + mail.text))
    assert len(links) >= 3
    with at(later):
        for link in links | {mail.unsubscribe_url.removeprefix("http://testserver")}:
            assert client.get(link).status_code == 200, link
    assert Subscription.objects.live().count() == 1
