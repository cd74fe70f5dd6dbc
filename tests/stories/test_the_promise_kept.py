"""After the town hall: its minutes, what was promised there, and who waits for an answer."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from events.models import Event, Question, Role
from tests.factories import make_event
from tests.stories.browser import Browser
from tests.stories.street import Neighbor, Street, words_of

#: Thursday, June 11, 2026, 18:30 in Los Angeles.
START = datetime(2026, 6, 12, 1, 30, tzinfo=UTC)
BUS = "Two more buses on line 9"
TREES = "Trees on Oak Avenue"


def on(text: str) -> datetime:
    """An instant on the wall clock of Los Angeles in 2026: "06-11 16:30"."""
    zone = ZoneInfo("America/Los_Angeles")
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone)


def read(message: object) -> str:
    """The words of a message in one line."""
    return " ".join(words_of(message).split())  # type: ignore[arg-type]


def card(staff: Browser, heading: str) -> str:
    """What the desk's first page says under a heading; empty where nothing waits."""
    return staff.open("/staff/").text.partition(f"{heading} ")[2]


@pytest.fixture
def town_hall(street: Street) -> Event:
    return make_event(
        street.office, title="Town hall on buses", starts_at=START, venue=street.library,
        now=street.now,
    )  # fmt: skip


def test_minutes_and_promises_reach_who_took_part_and_are_followed_up(
    street: Street, town_hall: Event
) -> None:
    ana, ben, cleo = (street.neighbor(name) for name in ("Ana", "Ben", "Cleo"))
    sam, rosa = street.staff(), street.staff(Role.EDITOR, name="Rosa Ruiz")
    page, after = town_hall.get_absolute_url(), f"/staff/events/{town_hall.pk}/afterwards/"

    # Ana comes, Ben only asks, and Cleo, who has a place, stays at home.
    for neighbor in (ana, cleo):
        neighbor.confirm(neighbor.rsvp(page), "rsvps")
    asks(ben, page, "Why is bus 9 late?")
    sam.open(f"/staff/events/{town_hall.pk}/questions/")
    sam.press(f"Publish: Question {Question.objects.get().pk}")
    street.go_to(START)
    street.mail()
    sam.open(f"/staff/events/{town_hall.pk}/door/")
    sam.press("Check in: Ana")

    # While it goes on promises are written down already. Nobody outside sees them.
    sam.open(after)
    sam.press("Write it down", text=BUS, due="2026-06-30", owner=str(rosa.user.pk))
    sam.press("Write it down", text=TREES, due="2026-07-31")
    assert f"{BUS} By June 30, 2026 · Rosa Ruiz" in sam.page.text
    assert BUS not in ana.open(page).text

    # The minutes are a draft until somebody posts them, and say whom that tells.
    street.go_to(on("06-12 10:00"))
    sam.follow("Write the minutes")
    sam.press("Save", text="## Buses\n\nThirty people came.", text_es="Vinieron treinta personas.",
              recording_url="https://video.example.org/hall")  # fmt: skip
    assert "Thirty people" not in ana.open(page).text
    assert "2 people who came, asked or voted get one message each." in sam.page.text
    sam.press("Post the minutes and tell who took part")

    for neighbor in (ana, ben):
        told = neighbor.letter()
        assert told["Subject"] == "Minutes: Town hall on buses, Thursday, June 11"
        for words in ("https://video.example.org/hall", f"{BUS} (by June 30, 2026)"):
            assert words in read(told)
    assert cleo.mail() == [], "who stayed away is left alone"
    ana.open_from(told, "events")
    shown = ana.page.text
    assert "See or hear the recording Buses Thirty people came." in shown
    assert "Questions from the public Why is bus 9 late?" in shown
    assert f"What was promised {BUS} By June 30, 2026 {TREES} By July 31, 2026" in shown
    assert "Rosa" not in shown, "who sees to it is known to the office alone"
    assert "Vinieron treinta personas." in ana.open(f"/es{page}").text

    # An answer that is written later stands there, too, and goes to who asked.
    sam.open(f"/staff/events/{town_hall.pk}/questions/")
    sam.press("Publish the answer and mail it", answer="A driver is missing until July.")
    assert "A driver is missing until July." in read(ben.letter())
    assert "Answer A driver is missing until July." in ana.open(page).text

    # A correction shows at once and mails nobody.
    sam.open(after)
    sam.follow("Correct the minutes")
    sam.press("Save", text="## Buses\n\nForty people came.")
    assert "Forty people came." in ana.open(page).text
    assert street.mail() == []

    # The desk reminds of a promise a week before its day, and every day until it is kept.
    assert card(rosa, "Promises to keep") == ""
    street.go_to(on("06-23 09:00"))
    rosa.come_back()
    assert card(rosa, "Promises to keep").startswith(f"By June 30, 2026 {BUS} Rosa Ruiz")
    street.go_to(on("07-01 09:00"))
    assert card(rosa, "Promises to keep").startswith(f"Late: due June 30, 2026 {BUS}")
    rosa.follow(BUS)
    rosa.press_in_vain("Say that it is kept", outcome=" ")
    assert "Say what was done." in rosa.page.text
    rosa.press("Say that it is kept", outcome="They run since July 1.")
    for neighbor in (ana, ben):
        told = neighbor.letter()
        assert told["Subject"] == "Promise kept: Town hall on buses, Thursday, June 11"
        assert f"{BUS} This was done: They run since July 1." in read(told)
    assert f"{BUS} Kept July 1, 2026 They run since July 1." in ana.open(page).text

    # What cannot be kept is withdrawn with a reason, in sight of all. Then the desk is silent.
    street.go_to(on("08-01 09:00"))
    sam.come_back()
    assert card(sam, "Promises to keep").startswith(f"Late: due July 31, 2026 {TREES}")
    sam.follow(TREES)
    sam.press("Withdraw the promise", outcome="The pipes below leave no room for roots.")
    withdrawn = f"{TREES} Withdrawn August 1, 2026 The pipes below leave no room for roots."
    assert withdrawn in ana.open(page).text
    assert card(sam, "Promises to keep") == ""
    assert street.mail() == []


def test_who_needs_an_answer_is_noted_at_the_door_and_gets_it(
    street: Street, town_hall: Event
) -> None:
    ana = street.neighbor("Ana")
    ana.confirm(ana.rsvp(town_hall.get_absolute_url()), "rsvps")
    sam, rosa = street.staff(), street.staff(Role.EDITOR, name="Rosa Ruiz")
    street.go_to(START)
    street.mail()

    # Two notes at the door: on a guest, and on somebody who is on no list.
    sam.open(f"/staff/events/{town_hall.pk}/door/")
    sam.follow("Needs an answer: Ana")
    sam.press("Note it", words="The form for shelters, in Spanish", due="2026-06-18",
              owner=str(rosa.user.pk))  # fmt: skip
    sam.open(f"/staff/events/{town_hall.pk}/door/")
    sam.follow("Somebody on no list needs an answer")
    sam.press_in_vain("Note it", words="A call about the stop on Elm Street")
    assert "Say who it is, and how to reach them." in sam.page.text
    sam.press("Note it", name="Wanda, 555-0177", due="2026-06-15", owner="")

    # The desk reminds of both, what is late first, until somebody has seen to it.
    street.go_to(on("06-16 09:00"))
    rosa.come_back()
    assert card(rosa, "Needs an answer").startswith(
        "Late: due June 15, 2026 Wanda, 555-0177 nobody sees to it yet "
        "By June 18, 2026 Ana Rosa Ruiz"
    )
    rosa.follow("Ana")
    rosa.press("It is done: Wanda, 555-0177")
    rosa.press("It is done: Ana")
    assert card(rosa, "Needs an answer") == ""

    # The whole list is a file, too. The public has seen nothing of it.
    answer = rosa.client.get(f"/staff/events/{town_hall.pk}/follow-ups.csv")
    assert answer.content.decode("utf-8-sig").splitlines()[1:] == [
        '"Wanda, 555-0177",,,A call about the stop on Elm Street,2026-06-15,,2026-06-16',
        f'Ana,{ana.email},,"The form for shelters, in Spanish",2026-06-18,Rosa Ruiz,2026-06-16',
    ]
    assert "Elm Street" not in ana.open(town_hall.get_absolute_url()).text
    assert street.mail() == []


def asks(neighbor: Neighbor, page: str, text: str) -> None:
    """Ask a question on the event's page, and prove the address."""
    neighbor.open(f"{page}questions/")
    neighbor.press("Send the question", email=neighbor.email, text=text)
    neighbor.confirm(neighbor.letter(), "questions")
