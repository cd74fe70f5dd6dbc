"""A mail scanner opens every link of every mail and every page behind it, and changes nothing."""

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from tests.calendars.readers import read_vobject
from tests.factories import PASSWORD, make_event, make_shift, make_staff
from tests.notifications.mailing import make_letter
from tests.stories.browser import Browser, Controls
from tests.stories.snapshot import everything
from tests.stories.street import Street, invitation_in, links_in

#: Thursday, June 11, 2026, 18:30 in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)
#: Each year has twelve months, and a list as many filters as one likes.
ENDLESS = re.compile(r"/calendar/[0-9]|[?&](topic|office|type|role|when|view|show|about|copy)=")


def links_of(message: EmailMessage) -> set[str]:
    """Every link of a message: both texts, headers, and the invitation."""
    html = message.get_body(("html",))
    assert html is not None
    found = {link for _words, link in Controls(html.get_content()).links}
    found |= {link.strip("<> ") for link in (message["List-Unsubscribe"] or "").split(",")}
    invitation = invitation_in(message)
    if invitation is not None:
        found |= {entry.url for entry in read_vobject(invitation)}
    ours = {urlsplit(link).path for link in found if urlsplit(link).hostname == "testserver"}
    return ours | set(links_in(message))


def scan(client: Client, starts: set[str], within: str = "/") -> set[str]:
    """GET every address and whatever it leads to within that path; return what was opened."""
    seen: set[str] = set()
    waiting = sorted(starts)
    while waiting:
        path = waiting.pop()
        if path in seen or ENDLESS.search(path) or not path.startswith(within):
            continue
        seen.add(path)
        answer = client.get(path, follow=True)
        assert answer.status_code in (200, 403, 404), f"{path}: {answer.status_code}"
        if not answer["Content-Type"].startswith("text/html"):
            continue
        at = f"http://testserver{answer.request['PATH_INFO']}"
        for _words, link in Controls(answer.content.decode()).links:
            parts = urlsplit(urljoin(at, link))
            if (parts.scheme, parts.hostname) == ("http", "testserver"):
                waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return seen


@pytest.fixture
def mail(street: Street) -> list[EmailMessage]:
    """One message of every kind that carries a link with a token."""
    topics = list(street.topics.values())
    event = make_event(
        street.office, title="Town hall on buses", starts_at=START, venue=street.library,
        capacity=2, now=street.now,
    )  # fmt: skip
    shift = make_shift(event, capacity=1, now=street.now)
    ana, ben, vic, wen = (street.neighbor(name) for name in ("Ana", "Ben", "Vic", "Wen"))
    received = [
        ana.rsvp(f"/events/{event.slug}/", party_size="2"),
        ben.rsvp(f"/events/{event.slug}/", "Join the waitlist"),
        vic.claim(shift.get_absolute_url()),
        wen.claim(shift.get_absolute_url(), "Join the waitlist"),
    ]
    for name in ("Caro", "Dora"):
        reader = street.neighbor(name)
        reader.send("/subscribe/", email=reader.email, topics=[topic.slug for topic in topics])
        asked = reader.letter()
        received.append(asked)
        if name == "Dora":
            reader.confirm(asked, "subscribe")
    make_letter(street.office, topics=topics[:1], now=street.now)
    received += street.mail()
    street.go_to(START - timedelta(days=1, hours=6))
    ana.send("/me/", email=ana.email)
    return received + street.mail()


def test_every_link_of_every_mail(street: Street, mail: list[EmailMessage]) -> None:
    links = {link for message in mail for link in links_of(message)}
    kinds = {re.sub(r"/[^/]{30,}", "/TOKEN", link) for link in links}
    assert kinds >= {
        "/rsvps/TOKEN/", "/rsvps/TOKEN/confirm/", "/rsvps/TOKEN/cancel/", "/claims/TOKEN/",
        "/claims/TOKEN/confirm/", "/subscribe/confirm/TOKEN/", "/subscriptions/TOKEN/",
        "/unsubscribe/TOKEN/", "/me/TOKEN/",
    }  # fmt: skip
    before = everything()
    scanner = Client()
    for link in links:
        assert scanner.head(link).status_code == 200
    seen = scan(scanner, links)
    assert everything() == before
    assert set(scanner.cookies) == {"csrftoken"}, "of the staff's door; it has proven nothing"
    assert len(seen) > 80
    # What the scanner has opened still works for whom it was meant.
    (sign_in,) = (link for link in links if link.startswith("/me/"))
    ana = Browser()
    ana.open(sign_in)
    assert "Town hall on buses" in ana.press("Open my page").text


@pytest.mark.slow
def test_a_browser_that_loads_ahead_at_the_desk(street: Street, mail: list[EmailMessage]) -> None:
    sam = Browser().log_in(make_staff(street.office, now=street.now).email, PASSWORD)
    make_event(street.office, title="A draft", post=False, now=street.now)
    make_letter(street.office, title="A letter", post=False, now=street.now)
    before = everything()
    seen = scan(sam.client, {"/staff/"}, "/staff/") | scan(sam.client, {"/accounts/2fa/"}, "/acc")
    assert everything() == before
    assert len(seen) > 50
    assert sam.status("/staff/") == 200
