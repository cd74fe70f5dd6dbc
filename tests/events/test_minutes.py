"""Minutes and recording: written on the desk, posted once, read on the event's page."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.actions.minutes import post_minutes, write_minutes
from events.actions.questions import answer_in_writing, answer_live, decline_question
from events.errors import Refused
from events.models import AuditEntry, Event, Minutes, Office, Question, StaffUser
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_question, make_staff
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def sam(office: Office) -> StaffUser:
    return make_staff(office)


@pytest.fixture
def event(office: Office) -> Event:
    return make_event(office, starts_at=NOW - timedelta(days=2))


def seen(event: Event, prefix: str = "") -> str:
    return page(Client().get(f"{prefix}/events/{event.slug}/")).text


def test_staff_write_them_and_post_them_and_everybody_reads_them(
    event: Event, sam: StaffUser
) -> None:
    desk = Desk(sam)
    typed = {
        "text": "## Votes\n\nNone so far.", "text_es": "Todavía ninguno.",
        "recording_url": "video.example.org/x",
    }  # fmt: skip
    draft = desk.follow(desk.change("staff-minutes", typed, pk=event.pk))
    assert "Draft: only staff see it" in draft.text
    assert "Votes" not in seen(event)
    told = desk.follow(desk.send("staff-minutes-post", {}, pk=event.pk))
    assert "Posted. The event’s page shows it, and who took part is told." in told.text
    shown = page(Client().get(event.get_absolute_url()))
    assert "Minutes Posted June 1, 2026 See or hear the recording Votes None so far." in shown.text
    assert "https://video.example.org/x" in shown.links
    assert "Todavía ninguno." in seen(event, "/es")
    # What is posted is corrected in sight of all.
    before = Event.objects.get(pk=event.pk).revision
    desk.change("staff-minutes", {"text": "Two votes."}, pk=event.pk)
    assert "Two votes." in seen(event)
    assert Event.objects.get(pk=event.pk).revision == before + 1


def test_published_questions_stand_in_the_minutes_with_their_answers(
    event: Event, sam: StaffUser
) -> None:
    early = event.starts_at - timedelta(days=1)

    def asked(text: str, *, publish: bool = True, name: str = "") -> Question:
        return make_question(event, text, publish=publish, public_name=name, now=early)

    asked("Who pays?")
    live, written = asked("Why so late?"), asked("How long?", name="Dana from Elm Street")
    asked("Nobody has read this", publish=False)
    decline_question(
        question_id=asked("Buy my car", publish=False).pk,
        seen=None,
        reason="spam",
        now=NOW,
        actor=sam,
    )
    answer_live(question_id=live.pk, seen=live.decision, now=event.starts_at, actor=sam)
    answer_in_writing(
        question_id=written.pk, answer="Until\nJuly.", seen=written.decision, now=NOW, actor=sam
    )
    desk = Desk(sam)
    desk.change("staff-minutes", {"text": "No votes."}, pk=event.pk)
    told = desk.see("staff-afterwards", pk=event.pk).text
    assert (
        "3 published questions stand below the minutes, with their answers. 1 is not answered yet."
        in told
    )
    assert "Why so late?" not in seen(event)
    desk.send("staff-minutes-post", {}, pk=event.pk)
    shown = seen(event)
    assert "No votes. Questions from the public Why so late? Question" in shown
    assert "1 person wants to hear this Answered at the event. How long? Question" in shown
    assert "Dana from Elm Street" in shown
    assert "Answer Until July. Answered in writing, June 1, 2026 . Who pays? Question" in shown
    assert "1 person wants to hear this Not answered yet." in shown
    assert not any(words in shown for words in ("Nobody has read this", "Buy my car"))


def test_the_page_needs_the_same_queries_for_three_questions_and_for_thirty(
    office: Office, event: Event, sam: StaffUser
) -> None:
    def queries(of: Event, questions: int) -> int:
        for _number in range(questions):
            make_question(of, publish=True, now=of.starts_at - timedelta(days=1))
        write_minutes(event_id=of.pk, text="x", now=NOW, actor=sam)
        post_minutes(event_id=of.pk, now=NOW, actor=sam)
        with CaptureQueriesContext(connection) as captured:
            seen(of)
        return len(captured)

    other = make_event(office, starts_at=NOW - timedelta(days=2))
    assert (queries(event, 3), queries(other, 30)) == (14, 14)


def test_two_who_write_at_once_overwrite_nothing(event: Event, sam: StaffUser) -> None:
    desk = Desk(sam)
    desk.change("staff-minutes", {"text": "First"}, pk=event.pk)
    open_elsewhere = desk.fill("staff-minutes", pk=event.pk)
    desk.change("staff-minutes", {"text": "Second"}, pk=event.pk)
    answer = desk.send("staff-minutes", open_elsewhere | {"text": "Third"}, pk=event.pk)
    assert answer.status_code == 409
    assert Minutes.objects.get().text == "Second"


def test_they_are_posted_once_and_only_after_a_public_event(
    office: Office, event: Event, sam: StaffUser
) -> None:
    def post(of: Event) -> None:
        post_minutes(event_id=of.pk, now=NOW, actor=sam)

    with pytest.raises(Refused, match="nothing_to_post"):
        post(event)
    with pytest.raises(Refused, match="too_early"):
        write_minutes(event_id=make_event(office).pk, text="x", now=NOW, actor=sam)
    going_on = make_event(office, starts_at=NOW - timedelta(minutes=5))
    draft = make_event(office, post=False, starts_at=NOW - timedelta(days=1))
    for early, code in ((going_on, "too_early"), (draft, "not_public")):
        write_minutes(event_id=early.pk, text="x", now=NOW, actor=sam)
        with pytest.raises(Refused, match=code):
            post(early)
    write_minutes(event_id=event.pk, text="x", now=NOW, actor=sam)
    write_minutes(event_id=event.pk, text="x", now=NOW, actor=sam)
    post(event)
    post(event)
    facts = AuditEntry.objects.filter(event_id=event.pk, action__startswith="minutes.")
    assert [fact.action for fact in facts.order_by("pk")] == ["minutes.edited", "minutes.posted"]
    with pytest.raises(Refused, match="nothing_to_post"):
        write_minutes(event_id=event.pk, text=" ", now=NOW, actor=sam)
    with pytest.raises(IntegrityError), transaction.atomic():
        Minutes.objects.filter(event=event).update(text="")
