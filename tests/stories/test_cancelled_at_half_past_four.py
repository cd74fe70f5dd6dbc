"""The pipes burst two hours before the town hall. One button, and everybody knows."""

from collections import Counter
from datetime import UTC, datetime

from django.test import Client

from events.models import Event
from notifications.models import Delivery
from tests.calendars.readers import read_vobject
from tests.factories import make_shift
from tests.smtp_sink import DROP
from tests.stories.browser import Browser
from tests.stories.street import Street, heard, link_to, words_of

TOWN_HALL = {
    "title": "Town hall on water", "topics": ["town-halls"], "starts_on": "2026-06-11",
    "starts_time": "18:30", "ends_time": "20:00", "mode": "in_person", "venue_name": "Old Depot",
    "venue_street": "1 Depot Road", "venue_locality": "San Arroyo", "capacity": "60",
}  # fmt: skip
DAY_BEFORE = datetime(2026, 6, 10, 18, 0, tzinfo=UTC)  # 11:00 in Los Angeles
HALF_PAST_FOUR = datetime(2026, 6, 11, 23, 30, tzinfo=UTC)
GUESTS = [f"guest{n}@example.org" for n in range(35)]
CALLERS = ["Rosa Díaz", "Ilse Braun", "Tom Okafor", "Ada Moss", "Joe Finn"]
#: Guest 0 greets people, too.
VOLUNTEERS = ["guest0@example.org", *(f"volunteer{n}@example.org" for n in range(1, 6))]


def test_forty_guests_six_shifts_and_five_telephones(street: Street) -> None:
    sam = street.staff()
    event = posted_by(sam)
    forty_guests_come(street, event, sam)
    six_shifts_are_taken(street, event)
    street.mail()
    street.go_to(DAY_BEFORE)
    street.tick()
    assert len(street.mail()) == 40, "each guest and volunteer with an address is reminded once"

    # Two hours before it begins; the line to one mailbox breaks after the letter was handed over.
    street.go_to(HALF_PAST_FOUR)
    street.sink.answer_for("guest7@example.org", DROP, phase="taken")
    sam.open(f"/staff/events/{event.pk}/")
    sam.follow("Cancel")
    assert "35 guests and 5 volunteers will get one message each." in sam.page.text
    assert "5 people have no email address and have to be called." in sam.page.text
    sam.press("Cancel the event", reason="The pipes have burst.")
    told = street.mail()
    summaries = [m for m in told if m["Subject"].startswith("Cancelled: Town hall on water")]
    assert Counter(m["To"] for m in summaries) == Counter([*GUESTS, *VOLUNTEERS[1:]])
    assert all("The pipes have burst." in words_of(m) for m in summaries)

    # Every entry that anybody has in a calendar is taken back, once.
    ended: Counter[tuple[str, str]] = Counter()
    for message in told:
        if heard(message).method == "CANCEL":
            ended[message["To"], heard(message).starts] += 1
    begins, helpers_begin = "2026-06-12 01:30", "2026-06-12 00:30"
    assert ended == Counter(
        [*((guest, begins) for guest in GUESTS), *((v, helpers_begin) for v in VOLUNTEERS)]
    )

    # Nobody can say whether guest 7 has it: that message alone goes out once more, and is the same.
    street.sink.answer_for("guest7@example.org", None, phase="taken")
    street.wait(minutes=10)
    street.tick()
    assert [message["To"] for message in street.mail()] == ["guest7@example.org"]
    first, again = street.sink.to("guest7@example.org")[-2:]
    assert first["Message-ID"] == again["Message-ID"]

    # The calendar that everybody has subscribed to strikes it out, and nobody is reminded.
    feed = read_vobject(Client().get("/feeds/events.ics").content)
    assert [(entry.summary, entry.status) for entry in feed] == [
        ("Town hall on water", "CANCELLED")
    ]
    street.wait(hours=1)
    street.tick()
    assert street.mail() == []
    assert not Delivery.objects.filter(state__in=["due", "retry", "unknown"]).exists()

    # Five rows of the call sheet, each with what to say, crossed off one by one.
    sam.open("/staff/calls/")
    assert [name in sam.page.text for name in CALLERS] == [True] * 5
    for name in CALLERS:
        sam.open("/staff/calls/")
        sam.follow(f"{name}, Event cancelled")
        assert "The pipes have burst." in sam.page.text
        sam.press("Called")
    assert "Nobody to call" in sam.open("/staff/calls/").text


def posted_by(sam: Browser) -> Event:
    """The town hall that Sam has posted on the desk."""
    sam.open("/staff/events/new/")
    sam.press("Save and post", **TOWN_HALL)
    return Event.objects.get()


def forty_guests_come(street: Street, event: Event, sam: Browser) -> None:
    """Thirty-five send the form, five call and have no e-mail address."""
    for email in GUESTS:
        sent = Client().post(f"{event.get_absolute_url()}rsvp/",
                             {"name": email.split("@")[0], "email": email, "party_size": "1",
                              "mode": "in_person"})  # fmt: skip
        assert sent.status_code == 303
    for message in street.mail():
        own = link_to(message, "rsvps").removesuffix("confirm/")
        confirmed = Client().post(f"{own}confirm/")
        assert confirmed.status_code == 303
    for number, name in enumerate(CALLERS):
        sam.open(f"/staff/events/{event.pk}/guests/new/")
        sam.press("Add the guest", name=name, phone=f"555-010{number}")
        assert "has a place." in sam.page.text


def six_shifts_are_taken(street: Street, event: Event) -> None:
    for email in VOLUNTEERS:
        shift = make_shift(event, hours=2, capacity=1, now=street.now)
        sent = Client().post(f"{shift.get_absolute_url()}claim/",
                             {"name": email.split("@")[0], "email": email})  # fmt: skip
        assert sent.status_code == 303
