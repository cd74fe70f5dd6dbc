"""The evening of the town hall: two phones at the door, walk-ins, a full room, a slip mended."""

from datetime import UTC, datetime

from events import links
from events.actions import door
from events.actions.offices import edit_venue
from events.models import RSVP, Event, Role
from tests.factories import make_event
from tests.stories.browser import Browser
from tests.stories.street import Street

#: Thursday, June 11, 2026, 18:30 in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)


def test_two_doors_walk_ins_and_a_full_room(street: Street) -> None:
    edit_venue(venue_id=street.library.pk, changes={"posted_occupancy": 9}, now=street.now)
    event = town_hall(street)
    ana, ben = street.neighbor("Ana"), street.neighbor("Ben")
    ana.confirm(ana.rsvp(event.get_absolute_url(), party_size="3"), "rsvps")
    ben.confirm(ben.rsvp(event.get_absolute_url(), party_size="2"), "rsvps")
    assert "Code for the door" in ana.page.text

    # Staff write down who calls: the same place in the same line as everybody.
    left, right = street.staff(Role.EDITOR), street.staff()
    left.open(f"/staff/events/{event.pk}/guests/new/")
    left.press("Add the guest", name="Rosa Díaz", phone="555-0142", party_size="1")
    assert "Rosa Díaz has a place." in left.page.text

    street.go_to(START)
    at_the_door(left, event)
    assert "0 inside 6 still expected 8 planned seats 9 allowed by the sign" in left.page.text

    # Ana holds up the code on her phone; the camera of the staff's phone opens her line alone.
    right.open(code_of(ana.email))
    assert "Ana" in right.page.text
    assert "Rosa" not in right.page.text
    assert door.inside(event) == 0, "to look changes nothing"
    right.press("Check in: Ana", people="2")
    assert "Ana: 2 people are in." in right.page.text

    # The left door has not seen that, and taps for the whole party.
    left.press_in_vain("Check in: Ana", people="3")
    assert "Another door was faster: 2 of 3 are inside already." in left.page.text
    left.press("Check in: Ana", people="1")
    assert "Ana: 1 person is in." in left.page.text

    # Two seats are free, five are asked for: the door decides, and knows what it does.
    at_the_door(left, event)
    left.press("+2 people")
    left.press_in_vain("+1 people")
    assert "0 seats are free" in left.page.text
    left.press("Let them in all the same")
    assert door.inside(event) == 6

    # The sign by the door is another matter.
    left.press_in_vain("+4 people")
    assert "No. The sign by the door allows 9 people, and 6 are inside." in left.page.text

    # A slip is taken back, and Ben, who came late, has his seats.
    at_the_door(right, event)
    right.press("Check in: Ben", people="2")
    right.press("Take back: Ben")
    assert "Ben: 2 taken back" in right.page.text
    right.press("Check in: Ben", people="2")
    assert door.inside(event) == 8
    assert "8 inside 1 still expected" in right.page.text

    # Afterwards the guest list says who came.
    right.open(f"/staff/events/{event.pk}/guests/")
    assert "5 came" in right.page.text
    assert street.mail() == [], "nobody gets mail about a door"


def town_hall(street: Street) -> Event:
    """A town hall in a room for eight."""
    return make_event(
        street.office, title="Town hall on buses", starts_at=START, venue=street.library,
        capacity=8, now=street.now,
    )  # fmt: skip


def at_the_door(staff: Browser, event: Event) -> None:
    staff.open(f"/staff/events/{event.pk}/door/")


def code_of(email: str) -> str:
    """Return the address in the code that this guest's page shows."""
    guest = RSVP.objects.get(person__email=email)
    return f"/rsvps/{links.token_for(links.DOOR, guest)}/door/"
