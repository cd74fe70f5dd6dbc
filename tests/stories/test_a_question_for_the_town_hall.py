"""From a question typed at home to its answer in the mail; and a refusal that somebody lifts."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from events.models import Event, Question, Role
from tests.factories import make_event
from tests.stories.street import Street, words_of


def read(message: object) -> str:
    """The words of a message in one line."""
    return " ".join(words_of(message).split())  # type: ignore[arg-type]


@pytest.fixture
def town_hall(street: Street) -> Event:
    start = datetime(2026, 6, 11, 18, 30, tzinfo=ZoneInfo("America/Los_Angeles"))
    return make_event(
        street.office, title="Town hall on buses", starts_at=start, venue=street.library,
        now=street.now,
    )  # fmt: skip


def test_a_question_is_asked_joined_voted_for_and_answered(
    street: Street, town_hall: Event
) -> None:
    ana, ben, cleo, sam = (
        street.neighbor("Ana"), street.neighbor("Ben"), street.neighbor("Cleo"), street.staff(),
    )  # fmt: skip
    page = f"{town_hall.get_absolute_url()}questions/"

    # Ana asks on the page; nobody sees it before she has confirmed, and somebody has read it.
    ana.open(page)
    ana.press("Send the question", email=ana.email, text="Why is bus 9 late?")
    assert "Press the button in it" in ana.page.text
    asks = ana.letter()
    assert "Why is bus 9 late?" not in read(asks)
    ana.confirm(asks, "questions")
    assert "Somebody reads your question" in ana.page.text
    assert "bus 9" not in cleo.open(page).text

    # Ben asks the same with his RSVP, which he confirms once for both.
    ben.confirm(ben.rsvp(town_hall.get_absolute_url(), question="When is bus 9 on time?"), "rsvps")
    assert "When is bus 9 on time?" in ben.page.text

    # Sam publishes the one and joins the other with it.
    first, _second = Question.objects.order_by("pk")
    sam.open(f"/staff/events/{town_hall.pk}/questions/")
    sam.press(f"Publish: Question {first.pk}")
    sam.press("Merge; the votes go along", into=str(first.pk))
    shown = cleo.open(page).text
    assert "Why is bus 9 late?" in shown
    assert "2 people want to hear this" in shown
    assert "Ana" not in shown

    # Cleo votes by mail: only the button counts, and only once.
    cleo.follow(f"I want to hear this, too: Question {first.pk}")
    cleo.press("Send me the link", email=cleo.email)
    assert "2 people want" in ana.open(page).text
    cleo.confirm(cleo.letter(), "votes")
    assert "Your vote counts" in cleo.page.text
    assert "3 people want" in ana.open(page).text

    # The answer is public, and all three have it in their mail.
    sam.open(f"/staff/events/{town_hall.pk}/questions/")
    sam.press("Publish the answer and mail it", answer="A driver is missing until July.")
    for neighbor in (ana, ben, cleo):
        told = neighbor.letter()
        assert told["Subject"].startswith("A question is answered: Town hall on buses")
        assert "A driver is missing until July." in read(told)
    assert "A driver is missing until July." in cleo.open(page).text


def test_a_refusal_has_a_reason_and_somebody_else_can_lift_it(
    street: Street, town_hall: Event
) -> None:
    ana, sam, rosa = street.neighbor("Ana"), street.staff(), street.staff(Role.EDITOR)
    page = f"{town_hall.get_absolute_url()}questions/"
    ana.open(page)
    ana.press("Send the question", email=ana.email, text="Why are you never here?")
    ana.confirm(ana.letter(), "questions")

    sam.open(f"/staff/events/{town_hall.pk}/questions/")
    sam.press("Decline and tell them", reason="off_topic")
    told = ana.letter()
    assert "The reason: It is not about this event or this office." in read(told)
    assert "It is not about this event or this office: 1" in ana.open(page).text
    ana.open_from(told, "questions")
    ana.press("Ask for a second reader")

    assert "you declined it" in sam.open(f"/staff/events/{town_hall.pk}/questions/").text
    rosa.open(f"/staff/events/{town_hall.pk}/questions/")
    rosa.press("Publish")
    shown = ana.open(page).text
    assert "Why are you never here?" in shown
    assert "Questions that we declined" not in shown
