"""The room is full: there is room online, and a line that anybody can understand."""

from datetime import UTC, datetime

from events.models import Mode
from tests.factories import make_event
from tests.stories.browser import Browser
from tests.stories.street import Street, heard, link_to, words_of

#: Thursday, June 11, 2026, 18:30 in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)


def town_hall(street: Street, **draft: object) -> str:
    """A town hall in a room for three. Returns the address of its page."""
    return make_event(
        street.office, title="Town hall on buses", starts_at=START, venue=street.library,
        now=street.now, **{"capacity": 3, **draft},
    ).get_absolute_url()  # fmt: skip


def test_a_place_that_comes_free_goes_to_who_waits_and_they_are_told(street: Street) -> None:
    path = town_hall(street)
    ana, ben, caro, dora = (street.neighbor(name) for name in ("Ana", "Ben", "Caro", "Dora"))
    ana.confirm(ana.rsvp(path, party_size="2"), "rsvps")
    ben.confirm(ben.rsvp(path), "rsvps")

    shown = caro.open(path)
    assert "All places are taken" in shown.text
    waiting = caro.rsvp(path, "Join the waitlist", party_size="2")
    assert waiting["Subject"] == "You are on the waitlist: Town hall on buses, Thursday, June 11"
    assert heard(waiting).method == "", "nothing goes into the calendar before there is a place"
    assert "You are first in line." in caro.confirm(waiting, "rsvps").text
    dora.confirm(dora.rsvp(path, "Join the waitlist"), "rsvps")
    assert "You are number 2 in line. 1 party (2 in all) is ahead of you." in dora.page.text

    # Ben cannot come. One place does not fit Caro's two; Dora comes alone, and gets it.
    ben.follow("Cancel my RSVP")
    ben.press("Cancel my RSVP")
    assert ben.letter()["Subject"].startswith("Your RSVP is cancelled")
    promoted = dora.letter()
    assert promoted["Subject"] == "You have a place now: Town hall on buses, Thursday, June 11"
    assert heard(promoted).method == "REQUEST"
    assert caro.mail() == []

    # Ana cannot come either. Now it is Caro's turn.
    ana.follow("Cancel my RSVP")
    ana.press("Cancel my RSVP")
    promoted = caro.letter()
    assert promoted["Subject"].startswith("You have a place now")
    assert "We keep 2 places in the room for you." in words_of(promoted)


def test_a_large_party_can_come_with_fewer_at_once(street: Street) -> None:
    path = town_hall(street)
    ana, ben = street.neighbor("Ana"), street.neighbor("Ben")
    ana.confirm(ana.rsvp(path), "rsvps")
    ben.confirm(ben.rsvp(path, party_size="3"), "rsvps")
    assert "You are on the waitlist" in ben.page.text
    assert "2 places are free now" in ben.page.text
    ben.press("Come with 2 people")
    assert "You have 2 places" in ben.page.text
    assert heard(ben.letter()).method == "REQUEST"


def test_a_party_that_is_passed_over_hears_why_and_may_come_with_fewer(street: Street) -> None:
    path = town_hall(street)
    ana, ben, caro = (street.neighbor(name) for name in ("Ana", "Ben", "Caro"))
    ana.confirm(ana.rsvp(path, party_size="3"), "rsvps")
    ben.confirm(ben.rsvp(path, "Join the waitlist", party_size="3"), "rsvps")
    caro.confirm(caro.rsvp(path, "Join the waitlist"), "rsvps")

    # Two of Ana's three stay at home. Caro comes alone, and gets the first of their places.
    ana.follow("Change")
    ana.press("Save the change", party_size="1")
    assert caro.letter()["Subject"].startswith("You have a place now")
    passed = ben.letter()
    assert passed["Subject"] == "Some places came free: Town hall on buses, Thursday, June 11"
    said = words_of(passed)
    assert "One place came free. That is not enough for your party of 3" in said
    assert "You are first in line." in said
    assert "If only one of you comes, it is yours at once." in said
    ben.open(link_to(passed, "rsvps"))
    ben.press("Save the change", party_size="1")
    assert "You have a place" in ben.page.text
    assert heard(ben.letter()).method == "REQUEST"


def test_online_is_offered_at_once_and_the_room_follows(street: Street) -> None:
    path = town_hall(street, mode=Mode.BOTH, capacity=1, remote_capacity=50)
    ana, omar = street.neighbor("Ana"), street.neighbor("Omar")
    ana.confirm(ana.rsvp(path), "rsvps")

    shown = omar.open(path)
    assert "The room is full. There is room online." in shown.text
    assert shown.fields["mode"] == ["remote"], "proposed, and Omar can choose otherwise"
    omar.confirm(omar.rsvp(path), "rsvps")
    assert "You have a place online" in omar.page.text

    # He would rather be there: he keeps his place online while he waits for the room.
    omar.follow("Change")
    omar.press("Save the change", mode="in_person")
    assert "Until then you keep your place online." in omar.page.text
    assert omar.letter()["Subject"].startswith("You are on the waitlist")
    ana.follow("Cancel my RSVP")
    ana.press("Cancel my RSVP")
    promoted = omar.letter()
    assert promoted["Subject"].startswith("You have a place now")
    assert "Your place online went to somebody else." in words_of(promoted)


def test_addresses_that_nobody_has_confirmed_cannot_fill_a_room(street: Street) -> None:
    path = town_hall(street, capacity=20)
    for n in range(8):
        Browser().send(f"{path}rsvp/", name="Zed", email=f"zed{n}@example.org")
    ana = street.neighbor("Ana")
    asked = ana.rsvp(path)
    assert asked["Subject"].startswith("Please confirm your RSVP: Town hall on buses")
    assert "We hold no place for you until you confirm" in words_of(asked)
    assert "You have a place" in ana.confirm(asked, "rsvps").text
    assert heard(ana.letter()).method == "REQUEST"
    ben = street.neighbor("Ben")
    ben.rsvp(path)

    # Ben does not confirm. After two days his RSVP ends, and he can come back.
    street.wait(hours=49)
    street.tick()
    ended = ben.letter()
    assert ended["Subject"].startswith("Your RSVP has ended")
    assert "No place was held." in words_of(ended)
