"""A volunteer finds a shift, takes it, gives it back; nobody is ever promised in two places."""

from datetime import UTC, datetime

from tests.factories import make_event, make_role, make_shift
from tests.stories.street import Street, heard, words_of
from volunteers.models import Shift

#: Thursday, June 11, 2026, 18:30 in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)


def town_hall_shift(street: Street, **columns: object) -> str:
    """A greeter's shift at a town hall, from an hour before it. Returns the address of its page."""
    event = make_event(
        street.office, title="Town hall on buses", starts_at=START, venue=street.library,
        now=street.now,
    )  # fmt: skip
    role = make_role(street.office, "Greeter", now=street.now)
    return make_shift(event, role=role, now=street.now, **columns).get_absolute_url()


def food_bank_shift(street: Street, starts_at: datetime) -> str:
    """A shift of its own, at no event."""
    role = make_role(street.office, "Food sorter", now=street.now)
    return make_shift(
        office=street.office, role=role, starts_at=starts_at, capacity=12, now=street.now
    ).get_absolute_url()


def test_from_the_board_to_the_calendar_and_back(street: Street) -> None:
    town_hall_shift(street)
    vic = street.neighbor("Vic")
    assert "Town hall on buses" in vic.open("/volunteer/").text
    vic.follow("Greeter")
    vic.press("Take this shift", name="Vic", email=vic.email, phone="555-0123")
    assert "Check your email" in vic.page.text

    confirmation = vic.letter()
    assert confirmation["Subject"] == (
        "You have a shift: Greeter, Town hall on buses, Thursday, June 11"
    )
    assert (heard(confirmation).method, heard(confirmation).starts) == (
        "REQUEST", "2026-06-12 00:30",
    )  # fmt: skip
    assert "The shift is yours" in vic.confirm(confirmation, "claims").text

    vic.follow("I cannot come")
    vic.press("Give this shift back", reason="I have a cold.")
    assert "You gave this shift back" in vic.page.text
    assert heard(vic.letter()).method == "CANCEL"
    assert Shift.objects.get().taken == 0


def test_two_places_at_once_are_refused_by_mail(street: Street) -> None:
    vic = street.neighbor("Vic")
    vic.claim(town_hall_shift(street))

    # In a browser that has proven nothing, the page says nothing of what Vic has elsewhere.
    clash = food_bank_shift(street, datetime(2026, 6, 12, 0, 0, tzinfo=UTC))
    refused = vic.claim(clash)
    assert "Check your email" in vic.page.text
    assert refused["Subject"].startswith("You could not get this shift: Food sorter")
    assert "Greeter" in words_of(refused)
    assert heard(refused).method == ""

    # One day later he is free.
    taken = vic.claim(food_bank_shift(street, datetime(2026, 6, 13, 0, 0, tzinfo=UTC)))
    assert taken["Subject"].startswith("You have a shift: Food sorter")


def test_whoever_has_used_a_mailed_link_sees_the_reason_at_once(street: Street) -> None:
    vic = street.neighbor("Vic")
    vic.confirm(vic.claim(town_hall_shift(street)), "claims")
    vic.open(food_bank_shift(street, datetime(2026, 6, 12, 0, 0, tzinfo=UTC)))
    shown = vic.press_in_vain("Take this shift", name="Vic", email=vic.email)
    assert "You already have a shift at that time: Greeter, Thursday, June 11" in shown.text


def test_whoever_waits_gets_the_shift_unless_their_time_is_taken(street: Street) -> None:
    path = town_hall_shift(street, capacity=1)
    vic, wen, xin = (street.neighbor(name) for name in ("Vic", "Wen", "Xin"))
    vic.confirm(vic.claim(path), "claims")
    assert wen.claim(path, "Join the waitlist")["Subject"].startswith("You are on the waitlist")
    assert xin.claim(path, "Join the waitlist")["Subject"].startswith("You are on the waitlist")
    wen.claim(food_bank_shift(street, datetime(2026, 6, 12, 0, 0, tzinfo=UTC)))

    # Wen is first in line, but sorts food by now: the shift goes to Xin.
    vic.follow("I cannot come")
    vic.press("Give this shift back")
    promoted = xin.letter()
    assert promoted["Subject"].startswith("You have the shift now: Greeter")
    assert heard(promoted).method == "REQUEST"
    assert wen.mail() == []


def test_a_guest_may_help_at_the_event_they_come_to(street: Street) -> None:
    path = town_hall_shift(street)
    ana = street.neighbor("Ana")
    ana.rsvp("/events/town-hall-on-buses/")
    assert ana.claim(path)["Subject"].startswith("You have a shift: Greeter")
