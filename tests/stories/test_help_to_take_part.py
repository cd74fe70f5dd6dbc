"""From "what do you need to take part?" to the interpreter who is there, or an honest no."""

from datetime import datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from events.models import Event
from tests.factories import make_event
from tests.stories.street import Street, words_of

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
ASL = "American Sign Language interpreter"


def june(text: str) -> datetime:
    """An instant on the wall clock of Los Angeles, in June 2026: "11 16:30"."""
    return datetime.fromisoformat(f"2026-06-{text}").replace(tzinfo=LOS_ANGELES)


def read(message: EmailMessage) -> str:
    """The words of a message in one line."""
    return " ".join(words_of(message).split())


@pytest.fixture
def town_hall(street: Street) -> Event:
    return make_event(
        street.office, title="Town hall on buses", starts_at=june("11 18:30"),
        venue=street.library, now=street.now,
    )  # fmt: skip


def test_an_interpreter_is_asked_for_arranged_told_and_there(
    street: Street, town_hall: Event
) -> None:
    ana, ben = street.neighbor("Ana"), street.neighbor("Ben")
    page = town_hall.get_absolute_url()
    asked = ana.rsvp(page, access_needs=["asl"], access_note="My father signs.")
    assert f"You asked for: - {ASL}" in read(asked)
    ana.confirm(asked, "rsvps")
    assert f"{ASL} We are working on it" in ana.page.text
    ben.confirm(ben.rsvp(page, access_needs=["asl"]), "rsvps")

    # Two days before it is wanted the desk sounds the alarm.
    sam = street.staff()
    street.go_to(june("06 09:00"))
    street.mail()  # the reminders of the week before
    sam.open("/staff/")
    assert "2 answers are wanted within two days." in sam.page.text
    sam.follow("What is to arrange")
    assert sam.page.text.count("Monday, June 8") == 2
    sam.follow(f"{ASL}, Ana")
    assert "My father signs." in sam.page.text
    sam.press("Save and tell them", arranged_with="Two interpreters, in front on the left.")
    assert "Nothing to arrange" in sam.open("/staff/access/").text
    for guest in (ana, ben):
        told = guest.letter()
        assert told["Subject"] == "Arranged for you: Town hall on buses, Thursday, June 11"
        assert "Two interpreters, in front on the left." in read(told)
        assert "signs" not in read(told)
    assert (
        "American Sign Language interpretation is arranged" in street.neighbor("X").open(page).text
    )

    # The town hall moves: whether they can come then, nobody knows yet.
    sam.open(f"/staff/events/{town_hall.pk}/")
    sam.follow("Move to another time")
    sam.press("Check who will be told", starts_on="2026-06-18", starts_time="18:30",
              ends_time="20:00")  # fmt: skip
    sam.press("Save and tell them")
    assert ana.letter()["Subject"].startswith("New date: Town hall on buses")
    assert "is arranged" not in ana.open(page).text
    assert "Monday, June 15" in sam.open("/staff/access/").text
    sam.follow(f"{ASL}, Ana")
    assert "It was arranged for another time." in sam.page.text
    sam.press("Save and tell them")
    assert ana.letter()["Subject"].endswith("Thursday, June 18")

    # The day before says what is arranged, and the page as well.
    street.go_to(june("17 11:00"))
    (day_before,) = [m for m in ana.mail() if "This is tomorrow." in read(m)]
    assert f"Arranged for you: - {ASL}: Two interpreters, in front on the left." in read(day_before)
    ana.open_from(day_before, "rsvps")
    assert f"{ASL} Arranged Two interpreters" in ana.open(ana.path.removesuffix("confirm/")).text


def test_a_no_has_a_name_a_reason_and_an_offer_and_can_become_a_yes(
    street: Street, town_hall: Event
) -> None:
    ana = street.neighbor("Ana")
    ana.confirm(ana.rsvp(town_hall.get_absolute_url(), access_needs=["captions"]), "rsvps")
    sam = street.staff()
    sam.open("/staff/access/")
    sam.press("I see to it: Live captions, Ana")
    no = {
        "instead": "Somebody types along on a large screen.",
        "reason": "No service has anybody free on that day.",
    }
    sam.press_in_vain("Save the refusal and tell them", **no)
    assert "Say who decided it, by name and position." in sam.page.text
    assert ana.mail() == []
    sam.press("Save the refusal and tell them", decided_by="Rosa Rivera, council member")
    told = read(ana.letter())
    for words in (*no.values(), "Rosa Rivera, council member", "another way together: 555-0100"):
        assert words in told

    # Taken back, and arranged before that went out: one message, which says that it is new.
    sam.press("Take the answer back")
    sam.press("Save and tell them", arranged_with="A captioner, on the screen in front.")
    told = read(ana.letter())
    assert "Earlier we wrote that it cannot be arranged. Now it can." in told


def test_who_has_no_address_is_called(street: Street, town_hall: Event) -> None:
    sam = street.staff()
    sam.open("/staff/access/")
    sam.follow("Somebody calls")
    sam.press("Show", event=str(town_hall.pk), q="Dolores")
    assert "Nobody of this name is on the list." in sam.page.text
    sam.follow("Write down somebody new")
    sam.press("Add the guest", name="Dolores Vega", phone="555-0171", party_size="2",
              access_needs=["wheelchair"])  # fmt: skip
    sam.open("/staff/access/")
    sam.follow("Wheelchair space, Dolores Vega")
    assert "2 people, 1 companion" in sam.page.text
    sam.press("Save what is arranged", arranged_with="Two places by the door")
    assert street.mail() == []
    sam.open("/staff/")
    sam.follow("1 guest whom no mail reaches does not know the answer")
    assert "555-0171" in sam.page.text
    sam.follow("Wheelchair space, Dolores Vega")
    sam.press("I have told them")
    assert "To call" not in sam.open("/staff/").text
