"""One's own page: no password, a link by mail; everything one has here, and a calendar of it."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from tests.calendars.readers import read_libical, read_vobject
from tests.factories import make_event, make_role, make_shift
from tests.stories.browser import Browser
from tests.stories.street import Neighbor, Street

#: Thursday, June 11, 2026, 18:30 in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)


@pytest.fixture
def ana(street: Street) -> Neighbor:
    """Ana comes to a town hall, sorts food on the day after, and reads letters."""
    make_event(
        street.office, title="Town hall on buses", starts_at=START, venue=street.library,
        now=street.now,
    )  # fmt: skip
    role = make_role(street.office, "Food sorter", now=street.now)
    shift = make_shift(
        office=street.office, role=role, starts_at=START + timedelta(days=1), now=street.now
    )
    ana = street.neighbor("Ana")
    ana.rsvp("/events/town-hall-on-buses/")
    ana.claim(shift.get_absolute_url())
    ana.send("/subscribe/", email=ana.email, topics=["legislation"])
    ana.confirm(ana.letter(), "subscribe")
    return ana


def sign_in(ana: Neighbor) -> None:
    ana.open("/me/")
    ana.press("Send me the link", email=ana.email)
    ana.open_from(ana.letter(), "me")
    ana.press("Open my page")


def private_feed(ana: Neighbor) -> str:
    """Return the path of the feed that the page offers."""
    (address,) = (link for words, link in ana.controls.links if words == "Add to my calendar")
    return urlsplit(address).path


def own_calendar(path: str) -> list[str]:
    data = Browser().client.get(path).content
    found = [f"{entry.summary} {entry.status}" for entry in read_libical(data)]
    assert found == [f"{entry.summary} {entry.status}" for entry in read_vobject(data)]
    return found


def test_everything_in_one_place(ana: Neighbor) -> None:
    sign_in(ana)
    for thing in ("Town hall on buses", "Food sorter", "Legislation"):
        assert thing in ana.page.text
    ana.press("Sign out")
    assert "You have no password here." in ana.open("/me/").text


def test_the_link_works_once_and_for_half_an_hour(street: Street, ana: Neighbor) -> None:
    ana.open("/me/")
    ana.press("Send me the link", email=ana.email)
    link = ana.letter()
    ana.open_from(link, "me")
    ana.press("Open my page")
    other = street.neighbor("Ana")
    with pytest.raises(AssertionError, match="404"):
        other.open_from(link, "me")

    other.open("/me/")
    other.press("Send me the link", email=ana.email)
    late = other.letter()
    street.wait(minutes=31)
    with pytest.raises(AssertionError, match="404"):
        other.open_from(late, "me")


def test_a_stranger_learns_nothing(street: Street, ana: Neighbor) -> None:
    eve = street.neighbor("Eve")
    eve.open("/me/")
    known = eve.press("Send me the link", email=ana.email).text
    eve.open("/me/")
    assert eve.press("Send me the link", email=eve.email).text == known
    assert eve.mail() == []
    assert len(ana.mail()) == 1


def test_the_private_calendar_follows_what_one_does(ana: Neighbor) -> None:
    sign_in(ana)
    feed = private_feed(ana)
    assert own_calendar(feed) == ["Town hall on buses CONFIRMED", "Food sorter CONFIRMED"]
    answer = Browser().client.get(feed)
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"

    ana.follow("Town hall on buses")
    ana.follow("Cancel my RSVP")
    ana.press("Cancel my RSVP")
    assert own_calendar(feed) == ["Food sorter CONFIRMED"]


def test_a_renewed_calendar_is_closed_to_whoever_had_the_old_address(ana: Neighbor) -> None:
    sign_in(ana)
    old = private_feed(ana)
    ana.press("Make a new address")
    new = private_feed(ana)
    assert new != old
    assert Browser().status(old) == 404
    assert len(own_calendar(new)) == 2
